"""Packs without networks: a contract that holds, and models that answer as a test tells them."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from lumbar_core.errors import Cancelled
from lumbar_core.inference.contract import Contract, parse_contract
from lumbar_core.inference.packs import Pack
from lumbar_core.inference.session import OnnxModel

DATA = Path(__file__).parent / "data"
Answer = Callable[[NDArray[np.float32]], dict[str, NDArray[np.float32]]]


def an_input(**changes: Any) -> dict[str, Any]:
    """The input of a grader: crops of 4 × 4, a quarter of a disc distance to each side."""
    return {
        "name": "crop",
        "role": "crop",
        "shape": [None, 1, 4, 4],
        "dtype": "float32",
        "plane": "sagittal",
        "weighting": ["T2", "STIR"],
        "working_grid": {"long_side": 128, "filter": "area", "square": False},
        "crop": {"half_width_discs": 0.25, "side": 4},
        "normalisation": {"of": "spine", "percentiles": [0, 100]},
        **changes,
    }


def contract_fields(**changes: Any) -> dict[str, Any]:
    """contract.json of a grader of the canal, as plain values; every field is there and right."""
    return {
        "schema": "lumbar-pack/1",
        "name": "canal",
        "version": "1.0.0",
        "task": "grade",
        "conditions": ["spinal_canal_stenosis"],
        "inputs": [an_input()],
        "outputs": [{"name": "logits", "role": "logits", "classes": ["Normal/Mild", "Moderate", "Severe"]}],
        "calibration": {"temperature": [1.0], "fitted_on": "made up", "ece": 0.01},
        "operating_point": "argmax",
        "thresholds": {"check_p_severe": 0.15, "borderline_gap": 0.1},
        "metrics": [{"name": "acc", "value": 0.9, "ci95": [0.88, 0.92], "cells": 100, "protocol": "made up"}],
        "parity": {"max_abs_dp": {"1": 1e-6, "5": 2e-6}},
        "digest": "0" * 64,
        "trained_on": {"salt": "ab", "hashes": ["cd"]},
        "terms": "for tests only",
        "training": {"seed": 1},
        **changes,
    }


def a_contract(**changes: Any) -> Contract:
    """The grader's contract with changes."""
    return parse_contract(json.dumps(contract_fields(**changes)).encode())


def write_pack(folder: Path, model: str = "tiny_mean.onnx", **changes: Any) -> Path:
    """A pack on disk around one of the tiny networks; its digest is right unless changed."""
    folder.mkdir(parents=True)
    data = (DATA / model).read_bytes()
    (folder / "model.onnx").write_bytes(data)
    fields = contract_fields(digest=hashlib.sha256(data).hexdigest(), **changes)
    (folder / "contract.json").write_text(json.dumps(fields), encoding="utf-8")
    (folder / "MODEL_CARD.md").write_text("# For tests\n", encoding="utf-8")
    return folder


class FakeModel:
    """Answers by a function; `hangs` makes a run wait until it is stopped, as a network would."""

    provider = "CPU"
    notice = ""

    def __init__(self, answer: Answer, hangs: bool = False) -> None:
        self.answer, self.hangs = answer, hangs
        self.runs: list[NDArray[np.float32]] = []
        self.started = threading.Event()
        self._stopped = threading.Event()

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """The answer to the only input."""
        if self._stopped.is_set():
            raise Cancelled
        (batch,) = inputs.values()
        self.runs.append(batch)
        self.started.set()
        if self.hangs:
            assert self._stopped.wait(20), "nobody stopped the network"
            raise Cancelled
        return self.answer(batch)

    def stop(self) -> None:
        """End what runs."""
        self._stopped.set()

    def resume(self) -> None:
        """Run again."""
        self._stopped.clear()


def a_pack(model: FakeModel | None = None, **changes: Any) -> Pack:
    """A loaded pack: a contract with changes and a model that answers by itself."""
    return Pack(Path("nowhere"), a_contract(**changes), _model=cast("OnnxModel | None", model))


def model_of(pack: Pack) -> FakeModel:
    """The pack's made-up network."""
    return cast("FakeModel", pack._model)


def a_grader(logits: Callable[[int], tuple[float, float, float]], hangs: bool = False, **changes: Any) -> Pack:
    """A grader of the canal; logits gives those of the n-th crop since the start."""
    count = iter(range(1_000_000))
    answer: Answer = lambda batch: {"logits": np.array([logits(next(count)) for _ in batch], np.float32)}  # noqa: E731
    return a_pack(FakeModel(answer, hangs), **changes)


KINDS = ("sagittal_t1", "sagittal_t2", "axial_t1", "axial_t2", "other", "turned")


def a_recogniser(kind: str, probability: float = 0.99, hangs: bool = False) -> Pack:
    """A recogniser that sees the same kind in every picture."""
    rest = (1 - probability) / (len(KINDS) - 1)
    logits = np.log([probability if name == kind else rest for name in KINDS]).astype(np.float32)
    return a_pack(
        FakeModel(lambda batch: {"logits": np.tile(logits, (len(batch), 1))}, hangs),
        name="recognise",
        task="recognise",
        conditions=[],
        inputs=[_picture()],
        outputs=[{"name": "logits", "role": "logits", "classes": KINDS}],
        thresholds={"kind": 0.6, "turned": 0.7, "contradiction": 0.95},
        calibration=None,
    )


def a_localiser(
    scenes: Callable[[int], tuple[NDArray[np.float32], float]],
    hangs: bool = False,
    name: str = "localise_t2",
    disc_below: float | None = None,
) -> Pack:
    """A localiser on 64 × 64 pictures; scenes gives the maps (6, 32, 32) and the score of the n-th slice."""
    count = iter(range(1_000_000))

    def answer(batch: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        maps, scores = zip(*(scenes(next(count)) for _ in batch), strict=True)
        return {"heatmaps": np.stack(maps), "lumbar": np.array(scores, np.float32)[:, None]}

    return a_pack(
        FakeModel(answer, hangs),
        name=name,
        task="localise",
        conditions=[],
        inputs=[_picture()],
        outputs=[
            {"name": "heatmaps", "role": "heatmaps", "classes": ["L1/L2", "L2/L3", "L3/L4", "L4/L5", "L5/S1", "canal"]},
            {"name": "lumbar", "role": "visibility", "classes": ["lumbar"]},
        ],
        thresholds={"lumbar": 0.5, "visibility": 0.4, "confidence": 0.1, "numbering_margin": 1.0}
        | ({} if disc_below is None else {"disc_below": disc_below}),
        calibration=None,
    )


AXIAL_INPUT = {"plane": "axial", "weighting": ["T2"], "normalisation": {"of": "canal", "percentiles": [0, 100]}}


def an_axial_localiser(
    scenes: Callable[[NDArray[np.float32]], tuple[NDArray[np.float32], float]],
    half_width_mm: float = 24.0,
    whole_slices: bool = True,
) -> Pack:
    """A localiser of recesses that looks at 32 × 48 pixels; scenes gives maps (3, 8, 12) and the score of a picture.

    It takes a slice to be 128 mm wide. whole_slices: whether it was tried on slices without their study.
    """

    def answer(batch: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        maps, scores = zip(*(scenes(picture[0]) for picture in batch), strict=True)
        return {"heatmaps": np.stack(maps), "lumbar": np.array(scores, np.float32)[:, None]}

    crop = {"half_width_mm": half_width_mm, "mirrored": None}
    return a_pack(
        FakeModel(answer),
        name="localise_axial",
        task="localise",
        conditions=[],
        inputs=[an_input(**{**AXIAL_INPUT, "role": "picture", "shape": [None, 1, 32, 48], "crop": crop})],
        outputs=[
            {"name": "heatmaps", "role": "heatmaps", "classes": ["canal", "image_left", "image_right"]},
            {"name": "lumbar", "role": "visibility", "classes": ["lumbar"]},
        ],
        thresholds={"lumbar": 0.5, "confidence": 0.3}
        | ({"whole_evidence": 0.5, "whole_rival": 0.8} if whole_slices else {}),
        calibration=None,
    )


def by_spots(picture: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """Maps and score of a picture: the canal is its brightest spot, a recess a dimmer one on either side.

    Where brightest places lie far apart there is no spot.
    """
    rows = len(picture)
    canal = np.argwhere(picture > 0.98)
    if len(canal) == 0 or np.ptp(canal, axis=0).max() > rows / 3:
        return np.zeros((3, 8, 12), np.float32), 0.1
    place = canal.mean(axis=0)
    rest = np.argwhere((picture > 0.4) & (picture < 0.9))
    near = [rest[rest[:, 1] < place[1] - 2], rest[rest[:, 1] > place[1] + 2]]
    maps = np.zeros((3, 8, 12), np.float32)
    for heat, points in zip(maps, [canal, *near], strict=True):
        if len(points):
            row, column = (points.mean(axis=0) + 0.5) / (rows / 8) - 0.5
            heat[:] = 0.9 * gaussian(row, column, 12)[:8]
    return maps, 0.95


# Of a made-up grader that says of one slice what it says of three.
TRIED_ALONE = {"temperature": [1.0], "fitted_on": "made up", "ece": None, "alone": {"scale": 1.0, "bias": [0, 0, 0]}}


def a_recess_grader(
    logits: Callable[[NDArray[np.float32]], tuple[float, float, float]], calibration: dict[str, Any] = TRIED_ALONE
) -> Pack:
    """A grader of recesses, 16 mm wide; logits gives those of a crop (3, 16, 16)."""
    crop = {"half_width_mm": 8.0, "mirrored": "left"}
    return a_pack(
        FakeModel(lambda batch: {"logits": np.array([logits(each) for each in batch], np.float32)}),
        name="subarticular",
        conditions=["subarticular_stenosis"],
        inputs=[an_input(**{**AXIAL_INPUT, "shape": [None, 3, 16, 16], "crop": crop})],
        calibration=calibration,
    )


def an_axial_canal_grader(
    logits: Callable[[NDArray[np.float32]], tuple[float, float, float]], share: float = 0.3, **changes: Any
) -> Pack:
    """A second grader of the canal, 16 mm wide on axial slices; logits gives those of a crop (3, 16, 16)."""
    crop = {"half_width_mm": 8.0, "mirrored": None}
    return a_pack(
        FakeModel(lambda batch: {"logits": np.array([logits(each) for each in batch], np.float32)}),
        **{
            "name": "canal_axial",
            "inputs": [an_input(**{**AXIAL_INPUT, "shape": [None, 3, 16, 16], "crop": crop})],
            "thresholds": {"check_p_severe": 0.15, "borderline_gap": 0.1, "share": share},
            **changes,
        },
    )


def draw_heat(
    rows: Mapping[int, float],
    column: float = 16.0,
    *,
    cells: int = 32,
    peak: float = 0.9,
    unnamed: tuple[float, ...] = (),
    canal: float | None = None,
) -> NDArray[np.float32]:
    """Maps (6, cells, cells) with a Gaussian at each level's row; unnamed discs show in the last map only."""
    heat = np.zeros((6, cells, cells), np.float32)
    for level, row in rows.items():
        heat[level] += gaussian(row, column, cells) * np.float32(peak)
    for row in (*rows.values(), *unnamed):
        heat[-1] += gaussian(row, column, cells) * np.float32(peak if canal is None else canal)
    return heat


def gaussian(row: float, column: float, cells: int = 32) -> NDArray[np.float32]:
    """A blob of height 1 and 0.7 cells of standard deviation: discs 4 cells apart do not touch."""
    down, right = np.mgrid[:cells, :cells]
    blob: NDArray[np.float32] = np.exp(-((down - row) ** 2 + (right - column) ** 2) / 0.98).astype(np.float32)
    return blob


def _picture() -> dict[str, Any]:
    return an_input(
        name="picture",
        role="picture",
        shape=[None, 1, 64, 64],
        working_grid={"long_side": 64, "filter": "area", "square": True},
        crop=None,
        normalisation={"of": "picture", "percentiles": [1, 99]},
    )
