"""The graders as they ship: the crops of a slice, and ONNX Runtime beside PyTorch, OpenVINO and the arithmetic limit.

The shipped files run as the program runs them. PyTorch runs the same architecture built from the recipe, with fresh
weights, which do not change the time; so does DenseNet-121, the network that others take, on crops as the canal's.
The comparisons need .venv-train, whose requirements name the other runtimes. They are of a machine with nothing else
to do: where others use its cores, PyTorch's waiting threads spin against them (less so with OMP_WAIT_POLICY=passive).
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.material import REPOSITORY, study_folder
from benchmarks.row import Row
from lumbar_core.anatomy import LEVELS, Condition, Side, Target
from lumbar_core.findings import ImagePoint
from lumbar_core.grade.crops import CropPlace
from lumbar_core.grade.grader import Sight, grade_slice
from lumbar_core.inference.contract import CAM, Contract
from lumbar_core.inference.packs import MODEL, Pack, bundled_folder, load_pack_folders
from lumbar_core.inference.session import OnnxModel
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader

if TYPE_CHECKING:
    from torch import nn

BATCH, THREADS = 10, 2
REPEATS, PATIENCE_S = 30, 5.0  # where others use the cores, one run may take seconds
GEMM_SIDE = 1536
SLICE_MS = 25.0
SAGITTAL, GRADERS = ("canal", "foraminal"), ("canal", "foraminal", "subarticular")
DENSENET = "DenseNet-121"
ONNX_RUNTIME, CONTIGUOUS, CHANNELS_LAST, OPENVINO = (
    "ONNX Runtime",
    "PyTorch eager, contiguous",
    "PyTorch eager, channels_last",
    "OpenVINO",
)
BUDGETS = {CONTIGUOUS: 0.65, CHANNELS_LAST: 0.8, OPENVINO: None}  # of our time against theirs
LIMIT, LIMIT_BUDGET = "arithmetic limit", 2.0

Crops = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Subject:
    """A network in every form that is timed. model: ONNX bytes; contract: what `OnnxModel` is to make of them."""

    name: str
    contract: Contract
    model: bytes
    network: nn.Module


@dataclass(frozen=True, slots=True)
class Timed:
    """Best seconds of one network by runtime, and the operations of the batch."""

    name: str
    seconds: dict[str, float]
    flop: int


def rows() -> Iterator[Row]:
    """The crops of a slice; then times, and ratios of times, batch 10, fp32, best of 30."""
    for name in SAGITTAL:
        yield Row(f"{name}: all crops of a slice, cut and graded", 1000 * slice_seconds(shipped(name)), SLICE_MS, "ms")
    missing = [name for name in ("torch", "openvino") if importlib.util.find_spec(name) is None]
    if missing:
        reason = f"{' and '.join(missing)} not installed here; run in .venv-train"
        for what, budget in (*BUDGETS.items(), (LIMIT, LIMIT_BUDGET)):
            yield Row(f"{ONNX_RUNTIME} ÷ {what}", None, budget, "×", reason)
        return
    peak = gemm_flop_a_second()
    theirs = timed(densenet_121(shipped("canal").contract))
    for name in GRADERS:
        ours = timed(grader(shipped(name)))
        yield from compared(ours, peak, BUDGETS, LIMIT_BUDGET)
        for runtime, seconds in ours.seconds.items():
            yield Row(f"{name} ÷ {DENSENET}, both in {runtime}", seconds / theirs.seconds[runtime], None, "×")
    yield from compared(theirs, peak, dict.fromkeys(BUDGETS), None)


def shipped(name: str) -> Pack:
    """A pack of the program's own, on as many threads as the budgets are for."""
    (pack,) = load_pack_folders([bundled_folder() / name], threads=THREADS).all
    return pack


def slice_seconds(pack: Pack) -> float:
    """From a sagittal slice on which five levels are located to its graded views."""
    (condition,), wanted = pack.contract.conditions, pack.contract.inputs[0]
    series = next(
        each
        for each in read_study([study_folder()[0]]).series
        if each.kind.orientation is wanted.orientation and each.kind.weighting in wanted.weighting
    )
    instance = series.instances[len(series.instances) // 2]
    pixels = DirectReader().read(instance)
    apart = instance.rows / 8  # pixels between discs: any chain down the middle costs what a located one does
    places = [CropPlace((2 + index) * apart, instance.columns / 2, apart) for index in range(len(LEVELS))]
    side = Side.LEFT if condition is Condition.NEURAL_FORAMINAL_NARROWING else None
    sights = [
        Sight(Target(condition, level, side), ImagePoint(place.row, place.column, 1.0, 1.0), place)
        for level, place in zip(LEVELS, places, strict=True)
    ]
    return best_seconds(lambda: grade_slice(instance, pixels, sights, places, pack))


def compared(
    network: Timed, peak: float, budgets: dict[str, float | None], limit_budget: float | None
) -> Iterator[Row]:
    """One network's own time, and that time over each other runtime's and over the arithmetic limit."""
    ours = network.seconds[ONNX_RUNTIME]
    yield Row(f"{network.name}: {BATCH} crops, {THREADS} threads, {ONNX_RUNTIME}", 1000 * ours, None, "ms")
    for runtime, budget in budgets.items():
        yield Row(f"{network.name}: {ONNX_RUNTIME} ÷ {runtime}", ours / network.seconds[runtime], budget, "×")
    yield Row(f"{network.name}: {ONNX_RUNTIME} ÷ {LIMIT}", ours * peak / network.flop, limit_budget, "×")


def grader(pack: Pack) -> Subject:
    """A shipped grader, and its architecture with fresh weights."""
    return Subject(pack.name, pack.contract, (pack.folder / MODEL).read_bytes(), built(pack.name))


def built(name: str) -> nn.Module:
    """A recipe's network in torch; where it names another beside it, both, and the mean of what they say."""
    import torch

    from training.config import load_config
    from training.grade import build

    class BothScales(torch.nn.Module):
        """As `export.two_scales` joins them: the nearer crop lies in the middle of the wider one."""

        def __init__(self, near: nn.Module, wide: nn.Module, near_side: int, wide_side: int) -> None:
            super().__init__()
            self.near, self.wide = near, wide
            start = (wide_side - near_side) // 2
            self.middle = slice(start, start + near_side)

        def forward(self, crop: torch.Tensor) -> torch.Tensor:
            mean: torch.Tensor = (self.near(crop[:, :, self.middle, self.middle]) + self.wide(crop)) / 2
            return mean

    configs = REPOSITORY / "training" / "configs"
    config = load_config(configs / f"{name}.toml")
    network: nn.Module = build(config)
    if config.beside:
        beside = load_config(configs / f"{config.beside}.toml")
        network = BothScales(network, build(beside), config.side, beside.side)
    return network.eval()


def densenet_121(like: Contract) -> Subject:
    """The published network on one-channel crops, exported as ours are. like: the contract whose crops it gets."""
    from export.to_onnx import to_onnx
    from training.densenet import named

    network = named("densenet121", len(like.outputs[0].classes), 0.0, 1).eval()
    wanted, logits = like.inputs[0], [output for output in like.outputs if output.role != CAM]
    model = to_onnx(network, [side or 0 for side in wanted.shape[1:]], wanted.name, [output.name for output in logits])
    return Subject(DENSENET, replace(like, name=DENSENET, outputs=tuple(logits)), model, network)


def timed(subject: Subject) -> Timed:
    """A network on made-up crops in every runtime."""
    import openvino
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    torch.set_num_threads(THREADS)
    wanted = subject.contract.inputs[0]
    crops: Crops = np.random.default_rng(1).random((BATCH, *(side or 0 for side in wanted.shape[1:])), np.float32)
    runs = OnnxModel(subject.contract, subject.model, "cpu", THREADS)
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(subject.model), "CPU", {"INFERENCE_NUM_THREADS": THREADS})
    tensor = torch.from_numpy(crops)
    with torch.inference_mode():
        seconds = {ONNX_RUNTIME: best_seconds(lambda: runs.run({wanted.name: crops}))}
        for runtime, layout in ((CONTIGUOUS, torch.contiguous_format), (CHANNELS_LAST, torch.channels_last)):
            network, laid = subject.network.to(memory_format=layout), tensor.to(memory_format=layout)
            seconds[runtime] = best_seconds(lambda network=network, laid=laid: network(laid))  # type: ignore[misc]
        seconds[OPENVINO] = best_seconds(lambda: compiled(crops))
        with FlopCounterMode(display=False) as counter:
            subject.network(tensor)
    return Timed(subject.name, seconds, counter.get_total_flops())


def gemm_flop_a_second() -> float:
    """The peak that was measured: a square product of matrices in single precision."""
    import torch

    torch.set_num_threads(THREADS)
    left, right = torch.randn(GEMM_SIDE, GEMM_SIDE), torch.randn(GEMM_SIDE, GEMM_SIDE)
    with torch.inference_mode():
        return 2 * GEMM_SIDE**3 / best_seconds(lambda: left @ right)


def best_seconds(work: Callable[[], object]) -> float:
    """The shortest of the repeated times; the first run is not counted."""
    work()
    times: list[float] = []
    while len(times) < REPEATS and sum(times) < PATIENCE_S:
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)
