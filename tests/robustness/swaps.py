"""R14: series shuffled, renumbered, turned and stripped of tags: left stays left, or no side is said.

Each file is known to lie so many millimetres to the patient's left of the canal; a finding that points to a file of
the other side, or a series out of order, is a swap.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lumbar_core.anatomy import Condition, Orientation, Side
from lumbar_core.inference.packs import PackSet
from lumbar_core.pipeline import analyse
from lumbar_core.reading import read_study
from lumbar_core.report.result import StudyResult
from lumbar_core.study import Study
from tests.core.fake_packs import a_grader, a_localiser, draw_heat
from tests.core.fake_studies import FakePixels
from tests.core.reading.dicom_files import T1_TIMES, T2_TIMES, pattern, write
from tests.robustness.gate import Check, Gate, Outcome, told

FORAMEN = Condition.NEURAL_FORAMINAL_NARROWING
LEVELS_AT = {0: 6.0, 1: 10.0, 2: 14.0, 3: 18.0, 4: 22.0}
SLICES, STEP_MM = 13, 4.0
NAMES = ("localise_t2", "localise_t1")
Read = Callable[[list[Path]], Study]


@dataclass(frozen=True, slots=True)
class Made:
    """A generated study: its files in any order, and what is true of them.

    along: by file name, millimetres to the patient's left of the canal (sagittal) or towards the feet (axial).
    """

    paths: list[Path]
    along: dict[str, float]
    has_geometry: bool


def make(folder: Path, number: int) -> Made:
    """The study of this number."""
    chance = random.Random(f"14:{number}")
    middle, tilt = chance.uniform(-60, 60), np.deg2rad(chance.uniform(-30, 30))
    missing = None if chance.random() > 0.15 else chance.choice(("ImagePositionPatient", "ImageOrientationPatient"))
    names, along, paths = chance.sample(range(10_000), 3 * SLICES), {}, []
    for uid, times, axial in (("1.2.3.1", T2_TIMES, False), ("1.2.3.2", T1_TIMES, False), ("1.2.3.3", T2_TIMES, True)):
        turned = chance.random() < 0.2
        numbers = chance.choice((list(range(SLICES)), [1] * SLICES, chance.sample(range(99), SLICES)))
        for index in range(SLICES):
            place = (index - SLICES // 2) * STEP_MM
            values = _axial(place, tilt, turned) if axial else _sagittal(middle, place, tilt / 2, turned)
            name = f"{names.pop()}.dcm"
            paths.append(
                write(
                    folder,
                    name,
                    pixels=pattern(128, 96) + np.uint16(len(along)),
                    SeriesInstanceUID=uid,
                    SOPInstanceUID=f"{uid}.{index + 1}",
                    InstanceNumber=numbers[index],
                    SeriesDescription=chance.choice(("T1 left", "RIGHT to LEFT", "")),
                    **{**times, **values, **({missing: None} if missing else {})},
                )
            )
            along[name] = place
    chance.shuffle(paths)
    return Made(paths, along, missing is None)


def _sagittal(middle: float, place: float, turn: float, turned: bool) -> dict[str, Any]:
    """A sagittal plane, oblique by `turn` about the axis from head to feet; turned: seen from the other side."""
    right = np.array([np.sin(turn), np.cos(turn), 0.0]) * (-1 if turned else 1)
    normal = np.array([np.cos(turn), -np.sin(turn), 0.0])
    canal = np.array([middle, 0.0, 0.0]) + normal * place
    return _plane(canal - right * 99 + np.array([0, 0, 128.0]), right, np.array([0, 0, -1.0]))


def _axial(place: float, tilt: float, turned: bool) -> dict[str, Any]:
    """An axial plane tilted about the left–right axis; turned: stored mirrored, its normal to the feet."""
    right = np.array([-1.0 if turned else 1.0, 0.0, 0.0])
    down = np.array([0.0, np.cos(tilt), np.sin(tilt)])
    towards_feet = np.array([0.0, np.sin(tilt), -np.cos(tilt)])
    return _plane(towards_feet * place - right * 96 - down * 96, right, down)


def _plane(corner: Any, right: Any, down: Any) -> dict[str, Any]:
    return {
        "ImagePositionPatient": [round(float(value), 4) for value in corner],
        "ImageOrientationPatient": [round(float(value), 6) for value in (*right, *down)],
        "PixelSpacing": [2.0, 2.0],
    }


def graders() -> PackSet:
    """Localisers that see all levels on every slice, and a grader that always gives the same."""
    localisers = (a_localiser(lambda _: (draw_heat(LEVELS_AT, unnamed=(2.0, 26.0)), 0.95), name=name) for name in NAMES)
    return PackSet((*localisers, a_grader(lambda _: (0.0, 4.0, 0.0), name="foraminal", conditions=[FORAMEN.value])))


def run(count: int, folder: Path, read: Read = read_study) -> Outcome:
    """Read and grade this many studies."""
    faults, sides, unsaid, disorder, wrong, invented = [], 0, 0, 0, 0, 0
    for number in range(count):
        made = make(folder / "study", number)
        study = read(made.paths)
        out_of_order = _out_of_order(study, made)
        result = analyse(study, graders(), pixels=FakePixels())
        right, swapped, without_geometry = _sides(result, made)
        sides, disorder = sides + right + swapped, disorder + out_of_order
        wrong, invented = wrong + swapped, invented + without_geometry
        unsaid += not right
        if out_of_order or swapped or without_geometry:
            faults.append(f"study {number}: {out_of_order} series out of order, {swapped} sides swapped")
        shutil.rmtree(folder / "study")
    checks = (
        Check("sides swapped", wrong, 0),
        Check("series out of order", disorder, 0),
        Check("sides said without geometry", invented, 0),
        Check("sides never said", int(sides == 0), 0),
    )
    done = f"{3 * count:,} series of {count:,} studies, {sides:,} findings with a side, {unsaid} studies without"
    return Outcome(done, checks, told(faults))


def _out_of_order(study: Study, made: Made) -> int:
    """Series whose images, from the patient's right to left or from head to foot, do not follow each other."""
    wrong = 0
    for series in study.series:
        places = [made.along[image.source.path.name] for image in series.instances]
        known = series.kind.orientation in (Orientation.SAGITTAL, Orientation.AXIAL)
        wrong += known and places != sorted(places)
    return wrong


def _sides(result: StudyResult, made: Made) -> tuple[int, int, int]:
    """How many findings are on their own side, how many are not, and how many have one that cannot be known."""
    right = swapped = invented = 0
    for finding in result.assessed:
        if finding.condition is not FORAMEN or finding.side is None:
            continue
        for place in finding.evidence:
            on_left = made.along[Path(place.file).name] > 0
            right += on_left is (finding.side is Side.LEFT)
            swapped += on_left is not (finding.side is Side.LEFT)
            invented += not made.has_geometry
    return right, swapped, invented


GATE = Gate("R14", "sides and order", 25, 334, run)
