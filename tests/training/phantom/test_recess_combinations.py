"""Recesses keep their side and level from the axial files to the finding, however a scanner stores its slices.

The true places are painted into the scans as spots: the canal brightest, the left recess brighter than the right. A
localiser that finds spots and a grader that calls the brighter one Severe then tell what the program made of them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lumbar_core.analysis.job import Job, Options
from lumbar_core.analysis.recesses import RECESS, find_sections, grade_recesses
from lumbar_core.analysis.views import Seen
from lumbar_core.anatomy import LEVELS, STUDY_TARGETS, Condition, Level, Reason, Side, Target
from lumbar_core.geometry import Points3
from lumbar_core.inference.packs import PackSet
from lumbar_core.localise.frame import LevelFrame, Vote, fit_frame
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.study import Study
from tests.core.fake_packs import TRIED_ALONE, a_recess_grader, an_axial_localiser, by_spots
from tests.training.phantom.test_combinations import SEED, WAYS, Storing, coarse, written
from training.phantom.body import Patient
from training.phantom.disease import healthy
from training.phantom.protocols import T2_AXIAL, Stack
from training.phantom.scan import Pose, Scan, pose_of, scan
from training.phantom.spine import Variant, build_spine
from training.phantom.truth import structures_of

TARGETS = [target for target in STUDY_TARGETS if target.condition is RECESS]
SPOTS = {None: 4000, Side.LEFT: 3200, Side.RIGHT: 2400}
DIMMEST = 800  # of the rest
SHOWN_MM = 7.0  # so far from its slice a structure still shows
NORMAL, SEVERE = (4.0, 1.0, -3.0), (-3.0, 0.0, 5.0)
Places = dict[tuple[Condition, Level, Side | None], Points3]


MADE = [(-14.0, Stack.BLOCKS), (14.0, Stack.STRAIGHT)]


@pytest.fixture(scope="module", params=MADE, ids=["blocks, bowed to the right", "one stack, bowed to the left"])
def made(request: pytest.FixtureRequest) -> tuple[Scan, Places]:
    return spotted(*request.param)


def spotted(bow: float, kind: Stack) -> tuple[Scan, Places]:
    patient = Patient.of(build_spine(SEED, healthy(SEED), Variant(scoliosis_mm=bow)))
    usual = pose_of(SEED)
    pose = replace(usual, shift_mm=np.array([-2 * bow, *usual.shift_mm[1:]]))  # off the middle, to the other side
    slices = T2_AXIAL.slices if kind is Stack.BLOCKS else 42
    axial = scan(patient, replace(coarse(T2_AXIAL), stack=kind, slices=slices), pose)
    places = true_places(patient, pose)
    return painted(axial, places), places


def true_places(patient: Patient, pose: Pose) -> Places:
    return {(e.condition, e.level, e.side): pose.to_patient(e.point_mm) for e in structures_of(patient)}


def painted(one: Scan, places: Places) -> Scan:
    """The scan, dim, with a spot where canal and recesses lie near a slice."""
    images = []
    for image, plane in zip(one.pixels, one.planes, strict=True):
        dim = (image * (DIMMEST / image.max())).astype(np.uint16)
        for (condition, _, side), place in places.items():
            if condition is not Condition.NEURAL_FORAMINAL_NARROWING and abs(plane.distance_mm(place)) < SHOWN_MM:
                row, column = np.rint(plane.to_pixels(place)).astype(int)
                dim[row - 1 : row + 2, column - 1 : column + 2] = SPOTS[side]
        images.append(dim)
    return Scan(one.protocol, tuple(images), one.planes)


def frame_of(places: Places, moved_mm: Points3 | float = 0.0) -> LevelFrame:
    canal = {level: places[Condition.SPINAL_CANAL_STENOSIS, level, None] + moved_mm for level in LEVELS}
    frame = fit_frame([Vote("t2", "1", canal, 1.0, True)])
    assert frame is not None
    return frame


def by_side(crop: NDArray[np.float32]) -> tuple[float, float, float]:
    return SEVERE if crop[1, 6:10, 6:10].max() > 0.7 else NORMAL


def seen_in(study: Study, frame: LevelFrame, calibration: dict[str, Any] = TRIED_ALONE) -> Seen:
    localiser, grader = an_axial_localiser(by_spots), a_recess_grader(by_side, calibration)
    job = Job(PackSet((localiser, grader)), DirectReader(), lambda _: None, lambda: False, Options())
    return grade_recesses(find_sections(study.series, LEVELS, frame, localiser, job), TARGETS, grader, job)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_every_recess_is_graded_at_its_level_and_on_its_side(
    way: Storing, made: tuple[Scan, Places], tmp_path: Path
) -> None:
    axial, places = made
    seen = seen_in(written([axial], way, tmp_path), frame_of(places))
    assert seen.missing == []
    assert {view.target for view in seen.views} == set(TARGETS)
    for view in seen.views:
        assert view.instance.plane is not None
        here = view.instance.plane.to_patient(np.array([view.point.row, view.point.column]))
        true = places[RECESS, view.target.level, view.target.side]
        assert np.linalg.norm(here - true) < 8.0, "another level is 30 mm away, the other side 12"
        assert int(view.logits.argmax()) == (2 if view.target.side is Side.LEFT else 0)
    assert set(seen.doubts.values()) == {()}


@pytest.mark.parametrize("way", [WAYS[0], WAYS[-1]], ids=str)
def test_a_level_farther_than_5_mm_from_every_slice_is_refused(
    way: Storing, made: tuple[Scan, Places], tmp_path: Path
) -> None:
    axial, places = made
    above = [plane for plane in axial.planes if float(plane.origin_mm[2]) > places[RECESS, Level.L3_L4, Side.LEFT][2]]
    kept = len(axial.planes) - len(above)
    lower = Scan(axial.protocol, axial.pixels[-kept:], axial.planes[-kept:])
    seen = seen_in(written([lower], way, tmp_path), frame_of(places))
    lost = {gap.target for gap in seen.missing}
    assert {Target(RECESS, level, side) for level in LEVELS[:2] for side in Side} <= lost
    assert {(gap.code, gap.reason) for gap in seen.missing} == {(Reason.OUTSIDE_COVERAGE, "no axial slice within 5 mm")}
    assert {view.target.level for view in seen.views} >= set(LEVELS[3:])


# Of each block's five slices those that are kept, and how many neighbours its middle one, at the disc, then lacks.
CUT_SHORT = (
    (slice(0, 5), 0),
    (slice(2, 5), 1),
    (slice(0, 3), 1),
    (slice(2, 3), 2),
    (slice(1, 4), 0),
)


@pytest.mark.parametrize("way", [WAYS[0], WAYS[5], WAYS[-1]], ids=str)
def test_what_a_block_cut_short_lacks_is_known_and_set_right(way: Storing, tmp_path: Path) -> None:
    axial, places = spotted(*MADE[0])
    kept = [number for block, (part, _) in enumerate(CUT_SHORT) for number in range(5 * block, 5 * block + 5)[part]]
    cut = Scan(axial.protocol, tuple(axial.pixels[n] for n in kept), tuple(axial.planes[n] for n in kept))
    corrected = TRIED_ALONE | {name: {"scale": 1.0, "bias": [-by, 0.0, by]} for name, by in (("edge", 1), ("alone", 2))}
    seen = seen_in(written([cut], way, tmp_path), frame_of(places), corrected)
    assert seen.missing == []
    for view in seen.views:
        _, missing = CUT_SHORT[LEVELS.index(view.target.level)]
        told = SEVERE if view.target.side is Side.LEFT else NORMAL
        np.testing.assert_allclose(view.logits, np.array(told) + missing * np.array([-1.0, 0.0, 1.0]))
