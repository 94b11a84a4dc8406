"""contract.json: all that the program knows about a network (DESIGN.md §3)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import SEVERITY_LABELS, USED_ON, Condition, Orientation, Side, Weighting
from lumbar_core.choices import Choices
from lumbar_core.errors import ModelError
from lumbar_core.picture import Cutout

SCHEMA = "lumbar-pack/1"
TASKS = ("recognise", "localise", "grade", "fuse", "segment")
# What the program asks a pack of each task for; a pack without would fail in the middle of a study.
THRESHOLDS: Mapping[str, tuple[str, ...]] = {
    "recognise": ("kind", "turned", "contradiction"),
    "localise": ("lumbar", "visibility", "confidence", "numbering_margin"),
    "grade": ("check_p_severe", "borderline_gap"),
}
# An axial slice has one level, so nothing is counted on it.
AXIAL_LOCALISER_THRESHOLDS = ("lumbar", "confidence")
# Asked of a grader of axial slices whose condition sagittal ones tell first: how much its logits weigh beside theirs.
SHARE = "share"
AXIAL_SLICES = 3  # that an axial grader sees as channels: the one before, the slice itself, the one after
OUTPUTS: Mapping[str, int] = {"recognise": 1, "localise": 2, "grade": 1}
CAM = "cam"  # the role of a grader's class activation maps, which a pack may have after its logits
OPERATING_POINTS = ("argmax", "ordinal_median", "sensitive")
# Figures as training names them, for people.
_FIGURES: Mapping[str, str] = {
    "wll": "weighted log loss",
    "acc": "accuracy",
    "auc_severe": "AUC of Severe",
    "macro_auc": "mean AUC of the grades",
    "kappa": "linear weighted κ",
    "ece": "calibration error",
    "ece_bound": "calibration error of a perfect pack, 95 % bound",
    "recall_moderate": "recall of Moderate",
    "recall_severe": "recall of Severe",
    "within6": "marks found within 6 pixels",
    "median_px": "distance from the mark in pixels, median",
    "not_off_by_one": "slices not counted a level off",
    "axial_t1": "axial T1",
    "axial_t2": "axial T2",
    "sagittal_t1": "sagittal T1",
    "sagittal_t2": "sagittal T2",
}
# A pack's name is also the name of its folder: never a way out of the packs' folder.
_NAME = "[A-Za-z0-9][A-Za-z0-9_.-]*"
_DIGEST = "[0-9a-f]{64}"

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class WorkingGrid:
    """The grid every input is brought to before it is cut or fed.

    long_side: of the image, pixels. square: whether the image is centred on a black square of that side.
    """

    long_side: int
    square: bool


@dataclass(frozen=True, slots=True)
class CropRule:
    """How a crop is cut: half its width in local disc distances, its side in pixels."""

    half_width_discs: float
    side: int


@dataclass(frozen=True, slots=True)
class AxialRule:
    """How a piece of an axial slice is cut, which has no chain of discs to be scaled by.

    half_width_mm: in the patient; the height follows from the input's shape.
    mirrored:      the patient's side whose crops are mirrored, so that the network sees one side only; None for none.
    """

    half_width_mm: float
    mirrored: Side | None


@dataclass(frozen=True, slots=True)
class Normalisation:
    """Brightness percentiles that become 0 and 1; `of` the whole "picture" or of the box around "spine" or "canal"."""

    of: str
    percentiles: tuple[float, float]


@dataclass(frozen=True, slots=True)
class NetworkInput:
    """One input of the network: its name, shape (None is the batch) and how an image becomes it."""

    name: str
    role: str
    shape: tuple[int | None, ...]
    orientation: Orientation | None
    weighting: tuple[Weighting, ...]
    working_grid: WorkingGrid
    crop: CropRule | AxialRule | None
    normalisation: Normalisation

    @property
    def is_axial(self) -> bool:
        """Whether it is cut from an axial slice."""
        return isinstance(self.crop, AxialRule)

    def cutout(self, centre: tuple[float, float], spacing_mm: tuple[float, float]) -> Cutout:
        """What it sees of an axial slice about a (row, column); spacing_mm: (between rows, between columns)."""
        if not isinstance(self.crop, AxialRule):
            raise ValueError(f"input {self.name!r} is not cut from an axial slice")  # noqa: TRY004  a contract's fault
        rows, columns = (int(side or 0) for side in self.shape[2:])
        half_width = self.crop.half_width_mm
        return Cutout.around(
            centre, (half_width * rows / columns / spacing_mm[0], half_width / spacing_mm[1]), (rows, columns)
        )


@dataclass(frozen=True, slots=True)
class NetworkOutput:
    """One output of the network and what its channels stand for."""

    name: str
    role: str
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """What a grader of three slices says where neighbours are missing: its logits, set right by grade.

    Where a slice stands for a missing neighbour too, the grader misses what narrows from one to the next, and says
    Normal/Mild too often.
    """

    scale: float
    bias: tuple[float, ...]

    def of(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logits (3, …) over the temperature."""
        bias = np.array(self.bias).reshape(-1, *[1] * (logits.ndim - 1))
        right: NDArray[np.float64] = self.scale * logits + bias
        return right


@dataclass(frozen=True, slots=True)
class Calibration:
    """Temperature by number of fused views; more views than listed take the last.

    alone, edge: of a grader that was tried on axial slices without their neighbours, and without one of them. None:
                 it grades no single slices, and what it says at the end of a block stands as it is.
    """

    temperature: tuple[float, ...]
    fitted_on: str
    ece: float | None
    alone: Correction | None = None
    edge: Correction | None = None

    def correction(self, missing: int) -> Correction | None:
        """How a word on a slice is set right whose block lacks so many of its two neighbours."""
        return (None, self.edge, self.alone)[missing]

    def for_views(self, views: int) -> float:
        """The temperature for a finding fused from that many views."""
        return self.temperature[min(views, len(self.temperature)) - 1]


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured figure with its 95 % interval, the cells it rests on and how it was measured."""

    name: str
    value: float
    ci95: tuple[float, float] | None
    cells: int
    protocol: str


@dataclass(frozen=True, slots=True)
class Contract:
    """A pack's contract, checked: what the network expects, gives and was measured at.

    thresholds: by name ("check", "borderline", "visibility", …), as the task uses them. A grader that only adds to
                another's (`adds_to_another`) has a `share`, and its calibration, thresholds and operating point are
                those of the two together.
    trained_on: salt and hashes of the studies that the network has seen.
    """

    name: str
    version: str
    task: str
    conditions: tuple[Condition, ...]
    inputs: tuple[NetworkInput, ...]
    outputs: tuple[NetworkOutput, ...]
    calibration: Calibration | None
    operating_point: str
    thresholds: Mapping[str, float]
    metrics: tuple[Metric, ...]
    parity: float
    digest: str
    trained_on_salt: str
    trained_on: frozenset[str]
    terms: str
    training: Mapping[str, Any]

    @property
    def cam(self) -> NetworkOutput | None:
        """A grader's class activation maps, (B, grades, rows, columns), whose mean over places is the logits."""
        return next((output for output in self.outputs if output.role == CAM), None)

    @property
    def adds_to_another(self) -> bool:
        """Whether it grades axial slices of what sagittal ones tell first, so that its say is fused with theirs."""
        axial = self.task == "grade" and self.inputs[0].is_axial
        return axial and any(USED_ON[condition][0] is not Orientation.AXIAL for condition in self.conditions)

    @property
    def accuracy(self) -> float | None:
        """The share of findings graded as a radiologist did, where it was measured."""
        return next((metric.value for metric in self.metrics if metric.name in ("acc", "accuracy")), None)

    def in_words(self) -> list[str]:
        """What a pack is for, what it was measured at and its terms, a line each: to be read before it is used."""
        conditions = ", ".join(condition.value.replace("_", " ") for condition in self.conditions)
        lines = [f"{self.task}: {conditions}" if conditions else self.task, f"digest {self.digest[:16]}"]
        for metric in self.metrics:
            interval = f" ({metric.ci95[0]:.3f} – {metric.ci95[1]:.3f})" if metric.ci95 else ""
            figure = re.sub(r"\w+", lambda word: _FIGURES.get(word[0], word[0]), metric.name)
            lines.append(f"{figure}: {metric.value:.3f}{interval}, {metric.cells} cells, {metric.protocol}")
        return [*lines, self.terms] if self.terms else lines

    def threshold(self, name: str) -> float:
        """A threshold by name, one of `THRESHOLDS` of its task."""
        return self.thresholds[name]

    def with_choices(self, choices: Choices) -> Contract:
        """A grader's contract with what the user chose in the place of what it says."""
        return replace(
            self,
            operating_point=choices.operating_point or self.operating_point,
            thresholds={**self.thresholds, **choices.thresholds},
        )


def parse_contract(data: bytes) -> Contract:
    """Read and check contract.json. Raises ModelError naming the field that is missing or wrong."""
    try:
        raw = json.loads(data)
    except ValueError as error:
        raise ModelError("The model pack's contract.json is not JSON.", "Install the pack again.") from error
    name = raw.get("name", "?") if isinstance(raw, dict) else "?"
    try:
        return _contract(raw)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ModelError(
            f"Model pack {name}: contract.json does not fit ({type(error).__name__}: {error}).",
            "Install a pack made for this version of the program.",
        ) from error


def _contract(raw: dict[str, Any]) -> Contract:
    def read(key: str, convert: Callable[[Any], Value]) -> Value:
        value = raw[key]
        try:
            return convert(value)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise ValueError(f"{key}: {type(error).__name__} {error}") from error

    read("schema", lambda value: _one_of(value, (SCHEMA,)))
    contract = Contract(
        name=read("name", lambda value: _matching(value, _NAME)),
        version=read("version", str),
        task=read("task", lambda value: _one_of(value, TASKS)),
        conditions=read("conditions", lambda value: tuple(Condition(each) for each in value)),
        inputs=read("inputs", lambda value: _some(_input(each) for each in value)),
        outputs=read("outputs", lambda value: _some(_output(each) for each in value)),
        calibration=read("calibration", _calibration),
        operating_point=read("operating_point", lambda value: _one_of(value or "argmax", OPERATING_POINTS)),
        thresholds=read("thresholds", lambda value: {name: _number(each) for name, each in value.items()}),
        metrics=read("metrics", lambda value: tuple(_metric(each) for each in value)),
        parity=read("parity", lambda value: max(_number(each) for each in value["max_abs_dp"].values())),
        digest=read("digest", lambda value: _matching(value, _DIGEST)),
        trained_on_salt=read("trained_on", lambda value: str(value["salt"])),
        trained_on=read("trained_on", lambda value: frozenset(value["hashes"])),
        terms=read("terms", str),
        training=read("training", lambda value: dict(value)),
    )
    _check_task(contract)
    return contract


def _check_task(contract: Contract) -> None:
    """Raises ValueError where inputs and outputs are not what the program feeds and reads for the task."""
    axial = contract.inputs[0].is_axial
    needed = AXIAL_LOCALISER_THRESHOLDS if axial and contract.task == "localise" else THRESHOLDS.get(contract.task, ())
    missing = [name for name in needed if name not in contract.thresholds]
    if missing:
        raise ValueError(f"thresholds: {', '.join(missing)} missing")
    _check_outputs(contract)
    if contract.task != "grade":
        return
    if any(output.classes != SEVERITY_LABELS for output in contract.outputs):
        raise ValueError(f"outputs: a grader's classes are {', '.join(SEVERITY_LABELS)}")
    if any(each.crop is None for each in contract.inputs if each.role == "crop"):
        raise ValueError("inputs: a crop without a rule for cutting it")
    if axial and contract.inputs[0].shape[1] != AXIAL_SLICES:
        raise ValueError(f"inputs: a grader of axial crops sees {AXIAL_SLICES} slices")
    if contract.adds_to_another and not 0 <= contract.thresholds.get(SHARE, -1.0) <= 1:
        raise ValueError(f"thresholds: {SHARE}, from 0 to 1, has to say how much this grader weighs beside another")


def _check_outputs(contract: Contract) -> None:
    """Raises ValueError where there are other outputs than the task's; a grader may have its maps after the logits."""
    outputs = OUTPUTS.get(contract.task)
    found = contract.outputs[:-1] if contract.task == "grade" and contract.outputs[-1].role == CAM else contract.outputs
    if outputs is not None and len(found) != outputs:
        raise ValueError(f"outputs: a pack to {contract.task} has {outputs}, not {len(found)}")


def _matching(value: str, pattern: str) -> str:
    if not re.fullmatch(pattern, value):
        raise ValueError(f"{value!r} is not of the form {pattern}")
    return value


def _one_of(value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"{value!r} is not one of {', '.join(known)}")
    return value


def _some(values: Iterable[Value]) -> tuple[Value, ...]:
    """At least one: the program feeds the first input and reads the first output."""
    found = tuple(values)
    if not found:
        raise ValueError("there is none")
    return found


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is not a number")
    return number


def _positive(raw: dict[str, Any], key: str) -> float:
    number = _number(raw[key])
    if number <= 0:
        raise ValueError(f"{key} must be positive")
    return number


def _output(raw: dict[str, Any]) -> NetworkOutput:
    return NetworkOutput(raw["name"], raw["role"], tuple(raw["classes"]))


def _input(raw: dict[str, Any]) -> NetworkInput:
    grid, crop, scale = raw["working_grid"], raw["crop"], raw["normalisation"]
    if raw["dtype"] != "float32":
        raise ValueError(f"input dtype {raw['dtype']!r} is not float32")
    low, high = (_number(value) for value in scale["percentiles"])
    if not 0 <= low < high <= 100:
        raise ValueError(f"percentiles {low}, {high} are not a range")
    return NetworkInput(
        name=raw["name"],
        role=raw["role"],
        shape=tuple(None if value is None else int(value) for value in raw["shape"]),
        orientation=Orientation(raw["plane"]) if raw["plane"] else None,
        weighting=tuple(Weighting(value) for value in raw["weighting"]),
        working_grid=WorkingGrid(int(_positive(grid, "long_side")), bool(grid["square"])),
        crop=_crop(crop, raw["plane"]) if crop else None,
        normalisation=Normalisation(scale["of"], (low, high)),
    )


def _crop(raw: dict[str, Any], plane: str | None) -> CropRule | AxialRule:
    """Raises ValueError where the rule does not fit the plane: discs are counted on sagittal slices alone."""
    if plane == Orientation.AXIAL:
        return AxialRule(_positive(raw, "half_width_mm"), Side(raw["mirrored"]) if raw.get("mirrored") else None)
    return CropRule(_positive(raw, "half_width_discs"), int(_positive(raw, "side")))


def _calibration(raw: dict[str, Any] | None) -> Calibration | None:
    if raw is None:
        return None
    temperature = tuple(_number(value) for value in raw["temperature"])
    if not temperature or min(temperature) <= 0:
        raise ValueError("calibration temperatures must be positive")
    return Calibration(temperature, raw["fitted_on"], raw["ece"], _correction(raw, "alone"), _correction(raw, "edge"))


def _correction(calibration: dict[str, Any], name: str) -> Correction | None:
    raw = calibration.get(name)
    if raw is None:
        return None
    bias = tuple(_number(value) for value in raw["bias"])
    if _positive(raw, "scale") and len(bias) != len(SEVERITY_LABELS):
        raise ValueError(f"{name}: there has to be a bias for each grade")
    return Correction(_number(raw["scale"]), bias)


def _metric(raw: dict[str, Any]) -> Metric:
    interval = raw["ci95"]
    return Metric(
        raw["name"],
        float(raw["value"]),
        (float(interval[0]), float(interval[1])) if interval else None,
        int(raw["cells"]),
        raw["protocol"],
    )
