"""Recesses on axial T2: the right slice, the right side, and no grade where either is in doubt.

The made-up axial slices show a bright canal between a dim recess on the patient's right and a dimmer one on the left;
the made-up localiser finds all three by their brightness.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lumbar_core.anatomy import LEVELS, Condition, Level, Orientation, Reason, Severity, Side, Weighting
from lumbar_core.errors import Damaged
from lumbar_core.geometry import Plane, Points3
from lumbar_core.inference.packs import PackSet
from lumbar_core.pipeline import Options, Progress, analyse
from lumbar_core.report.result import Finding, StudyResult
from lumbar_core.study import Instance, KindBasis, Pixels, Series, SeriesKind, Study
from tests.core.fake_packs import (
    a_grader,
    a_localiser,
    a_recess_grader,
    an_axial_localiser,
    by_spots,
    draw_heat,
    gaussian,
    model_of,
)
from tests.core.fake_studies import (
    COLUMN,
    ROWS_OF,
    SAGITTAL_T1,
    FakePixels,
    a_series,
    a_study,
    an_image,
    noise,
    sagittal_plane,
)

RECESS = Condition.SUBARTICULAR_STENOSIS
AXIAL_T2 = SeriesKind(Orientation.AXIAL, Weighting.T2, KindBasis.HEADER)
ROWS, COLUMNS = 120, 96
FLIPS = [(False, False), (True, False), (False, True), (True, True)]
ASIDE_MM, CANAL, RIGHT, LEFT = 8.0, 200.0, 120.0, 160.0  # how far beside the canal; brightness of each
BACK, UP = np.eye(3)[1:]
NORMAL, SEVERE = (4.0, 1.0, -3.0), (-3.0, 0.0, 5.0)


def beside(aside_mm: float) -> Points3:
    return np.array([aside_mm, 0.0, 0.0])


def canal_mm(level: Level, middle_mm: float = 0.0) -> Points3:
    """Where the made-up sagittal series, whose middle slice lies at middle_mm, has a level's canal."""
    return sagittal_plane(middle_mm).to_patient(np.array([ROWS_OF[level], COLUMN]))


def axial_plane(through: Points3, tilt_deg: float = 0.0, flips: tuple[bool, bool] = (False, False)) -> Plane:
    """1 mm pixels whose middle lies on a point, tilted forwards; flips: rows, columns the other way round."""
    angle = np.deg2rad(tilt_deg)
    down, right = np.array([0.0, np.cos(angle), np.sin(angle)]), np.array([1.0, 0.0, 0.0])
    down, right = (-down if flips[0] else down), (-right if flips[1] else right)
    return Plane(through - down * (ROWS - 1) / 2 - right * (COLUMNS - 1) / 2, down, right, (1.0, 1.0))


def axial_series(planes: list[Plane], name: str = "ax", frame_uid: str = "1.3") -> Series:
    images = [
        replace(an_image(number, root=Path("made-up") / name, rows=ROWS, plane=plane), frame_of_reference_uid=frame_uid)
        for number, plane in enumerate(planes)
    ]
    return Series(name, "1.2.3", "made up", tuple(images), AXIAL_T2, 4.0)


def block(level: Level, middle_mm: float = 0.0, tilt_deg: float = 0.0, off_mm: float = 0.0,
          flips: tuple[bool, bool] = (False, False)) -> list[Plane]:  # fmt: skip
    """Three slices 4 mm apart, the middle one off_mm above the level."""
    plane = axial_plane(canal_mm(level, middle_mm), tilt_deg, flips)
    up = plane.normal if plane.normal[2] > 0 else -plane.normal
    return [replace(plane, origin_mm=plane.origin_mm + (off_mm - step) * up) for step in (-4.0, 0.0, 4.0)]


def stack(**how: object) -> Series:
    return axial_series([plane for level in LEVELS for plane in block(level, **how)])  # type: ignore[arg-type]


def shows(middle_mm: float, aside_mm: float = ASIDE_MM, without: str = "") -> FakePixels:
    """Axial slices with a canal at x = middle_mm and its recesses, so far in front as the slice's middle."""

    def read(image: Instance) -> Pixels:
        rows, columns = np.ogrid[: image.rows, : image.columns]
        pixels = ((rows + columns) % 7).astype(np.float32)
        plane = image.plane
        if plane is None or plane.orientation is not Orientation.AXIAL:
            return pixels
        marks = {"canal": (0.0, CANAL), "right": (-aside_mm, RIGHT), "left": (aside_mm, LEFT)}
        level = min(LEVELS, key=lambda each: abs(float(plane.distance_mm(canal_mm(each, middle_mm)))))
        for name, (aside, brightness) in marks.items():
            if name != without:
                row, column = np.rint(plane.to_pixels(canal_mm(level, middle_mm) + beside(aside))).astype(int)
                pixels[row - 1 : row + 2, column - 1 : column + 2] = brightness
        return pixels

    return FakePixels(read)


def moved_at(levels: tuple[Level, ...], aside_mm: float, *, joint: bool = False) -> FakePixels:
    """Slices whose canal lies aside at some levels; joint: with what looks like half of one where it should be."""
    usual, elsewhere, half = shows(0.0), shows(aside_mm), shows(0.0, without="left")

    def read(image: Instance) -> Pixels:
        plane = image.plane
        if plane is None or min(LEVELS, key=lambda each: abs(float(plane.distance_mm(canal_mm(each))))) not in levels:
            return usual.read(image)
        return np.maximum(elsewhere.read(image), half.read(image)) if joint else elsewhere.read(image)

    return FakePixels(read)


def by_side(crop: NDArray[np.float32]) -> tuple[float, float, float]:
    """The patient's left recess is brighter than the right one: call it Severe."""
    return SEVERE if crop[1, 6:10, 6:10].max() > 0.7 else NORMAL


def packs() -> PackSet:
    scene = draw_heat({0: 6.0, 1: 10.0, 2: 14.0, 3: 18.0, 4: 22.0}, unnamed=(2, 26)), 0.95
    return PackSet(
        (
            a_localiser(lambda _: scene),
            an_axial_localiser(by_spots),
            a_grader(lambda _: NORMAL),
            a_recess_grader(by_side),
        )
    )


def run(*axial: Series, pixels: FakePixels | None = None, middle_mm: float = 0.0, **options: object) -> StudyResult:
    study = a_study(a_series(3, name="t2", first_mm=middle_mm - 4.0), *axial)
    return graded(study, pixels or shows(middle_mm), **options)


def graded(study: Study, pixels: FakePixels, chosen: PackSet | None = None, **options: object) -> StudyResult:
    return analyse(study, chosen or packs(), pixels=pixels, options=Options(**options))  # type: ignore[arg-type]


def recesses(result: StudyResult) -> dict[tuple[Side | None, Level], Finding]:
    return {(f.side, f.level): f for f in result.findings if f.condition is RECESS}


def reasons(result: StudyResult) -> set[tuple[Reason | None, str]]:
    return {(finding.reason_code, finding.reason) for finding in recesses(result).values() if not finding.assessed}


@pytest.mark.parametrize("middle_mm", [-40.0, 0.0, 40.0])
@pytest.mark.parametrize("flips", FLIPS)
def test_each_side_is_the_patient_s_wherever_the_patient_lies_and_however_the_slice_is_stored(
    middle_mm: float, flips: tuple[bool, bool]
) -> None:
    result = run(stack(middle_mm=middle_mm, tilt_deg=12.0, flips=flips), middle_mm=middle_mm)
    found = recesses(result)
    assert len(found) == 10
    for (side, level), finding in found.items():
        assert finding.grade is (Severity.SEVERE if side is Side.LEFT else Severity.NORMAL_MILD)
        assert finding.location is not None
        aside = ASIDE_MM if side is Side.LEFT else -ASIDE_MM
        assert finding.location.patient_mm == pytest.approx(canal_mm(level, middle_mm) + beside(aside), abs=0.6)
        assert finding.location.file.endswith(f"{3 * LEVELS.index(level) + 1:02d}.dcm"), "the slice nearest to the disc"
    assert not [finding for finding in found.values() if finding.check]


def test_the_crop_of_the_left_is_the_mirror_of_the_right() -> None:
    crops: list[NDArray[np.float32]] = []

    def keep(crop: NDArray[np.float32]) -> tuple[float, float, float]:
        crops.append(crop)
        return NORMAL

    chosen = PackSet((*packs().all[:3], a_recess_grader(keep)))
    graded(a_study(a_series(3, name="t2", first_mm=-4.0), stack()), shows(0.0), chosen)
    right, left = crops[:2]
    # The canal lies beside the recess, towards the picture's right, on both: 8 mm are 8 pixels of the 16.
    for crop in (right, left):
        assert crop[1, 7:9, -1].mean() > 0.9
        assert crop[1, 7:9, 0].mean() < 0.1
    assert right.shape == (3, 16, 16)


@pytest.mark.parametrize("flips", FLIPS[1:])
def test_the_networks_see_a_slice_alike_however_it_is_stored(flips: tuple[bool, bool]) -> None:
    picture = noise(ROWS, COLUMNS)
    heat = 0.9 * np.stack([gaussian(4, column, 12)[:8] for column in (6, 3, 9)])

    def seen(stored: tuple[bool, bool]) -> list[NDArray[np.float32]]:
        ways = slice(None, None, -1 if stored[0] else 1), slice(None, None, -1 if stored[1] else 1)
        localiser, grader = an_axial_localiser(lambda _: (heat, 0.95)), a_recess_grader(lambda _: NORMAL)
        sagittal = (pack for pack in packs().all if pack.name in ("localise_t2", "canal"))
        axial = FakePixels(lambda image: picture[ways] if image.rows == ROWS else noise(image.rows, image.columns))
        study = a_study(a_series(3, name="t2", first_mm=-4.0), stack(flips=stored))
        graded(study, axial, PackSet((localiser, grader, *sagittal)))
        return [*model_of(localiser).runs, *model_of(grader).runs]

    for stored, usual in zip(seen(flips), seen((False, False)), strict=True):
        np.testing.assert_allclose(stored, usual, atol=1e-4)


def test_one_straight_stack_does_as_well_as_blocks() -> None:
    top = canal_mm(Level.L1_L2) + 8.0 * UP
    straight = axial_series([axial_plane(top - 4.0 * step * UP) for step in range(40)])
    found = recesses(run(straight))
    assert all(finding.assessed for finding in found.values())


def test_a_series_for_each_disc_does_as_well_as_one() -> None:
    several = [axial_series(block(level), f"ax{number}") for number, level in enumerate(LEVELS)]
    found = recesses(run(*several))
    assert {finding.location.series for finding in found.values() if finding.location} == {s.id for s in several}


@pytest.mark.parametrize(("off_mm", "assessed"), [(8.9, True), (9.1, False), (-8.9, True), (-9.1, False)])
def test_a_slice_farther_than_5_mm_from_the_level_is_not_taken(off_mm: float, assessed: bool) -> None:
    # The block's nearest slice lies 4 mm nearer than its middle.
    planes = [p for level in LEVELS for p in block(level, off_mm=off_mm if level is Level.L3_L4 else 0.0)]
    result = run(axial_series(planes))
    found = recesses(result)
    assert [found[side, Level.L3_L4].assessed for side in Side] == [assessed] * 2
    assert all(finding.assessed for (_, level), finding in found.items() if level is not Level.L3_L4)
    if not assessed:
        assert reasons(result) == {(Reason.OUTSIDE_COVERAGE, "no axial slice within 5 mm")}


def test_the_neighbours_of_a_block_s_last_slice_are_of_its_own_block() -> None:
    seen: list[NDArray[np.float32]] = []

    def keep(crop: NDArray[np.float32]) -> tuple[float, float, float]:
        seen.append(crop)
        return NORMAL

    chosen = PackSet((*packs().all[:3], a_recess_grader(keep)))
    only_middle = axial_series([block(level, tilt_deg=5.0 * number)[1] for number, level in enumerate(LEVELS)])
    graded(a_study(a_series(3, name="t2", first_mm=-4.0), only_middle), shows(0.0), chosen)
    assert all(np.array_equal(crop[0], crop[1]) and np.array_equal(crop[2], crop[1]) for crop in seen)


def each_its_own(lost: Instance | None = None) -> FakePixels:
    """Slices that differ from their neighbours, of which one may be damaged."""
    whole = shows(0.0)

    def read(image: Instance) -> Pixels:
        if image is lost:
            raise Damaged(image.source.path, "cut short")
        return whole.read(image) + np.float32((image.instance_number or 0) % 3)

    return FakePixels(read)


# Of a made-up grader that says Normal/Mild: with one neighbour that means Moderate, with none Severe.
CORRECTED = {
    "temperature": [2.0], "fitted_on": "made up", "ece": None,
    "edge": {"scale": 1.0, "bias": [-9.0, 9.0, 0.0]}, "alone": {"scale": 1.0, "bias": [-9.0, 0.0, 9.0]},
}  # fmt: skip
LACKING = dict(enumerate(Severity))  # neighbours, and the grade that tells


def said(axial: Series, lost: Instance | None = None) -> dict[Level, set[Severity | None]]:
    """The grades of a grader that is set right by how many neighbours a slice lacks."""
    chosen = PackSet((*packs().all[:3], a_recess_grader(lambda _: NORMAL, CORRECTED)))
    found = recesses(graded(a_study(a_series(3, name="t2", first_mm=-4.0), axial), each_its_own(lost), chosen))
    return {level: {found[side, level].grade for side in Side} for level in LEVELS}


@pytest.mark.parametrize(("kept", "missing"), [((0, 1, 2), 0), ((1, 2), 1), ((0, 1), 1), ((1,), 2)])
def test_a_grade_at_the_end_of_a_block_is_set_right_for_what_the_block_lacks(
    kept: tuple[int, ...], missing: int
) -> None:
    blocks = {level: block(level) for level in LEVELS}
    blocks[Level.L3_L4] = [blocks[Level.L3_L4][number] for number in kept]
    found = said(axial_series([plane for planes in blocks.values() for plane in planes]))
    assert found.pop(Level.L3_L4) == {LACKING[missing]}
    assert set.union(*found.values()) == {LACKING[0]}, "the other blocks are whole"


def beyond(plane: Plane, down_mm: float = 0.0, beside_mm: float = 0.0) -> Plane:
    """The plane so far below, and so far to the patient's left."""
    return replace(plane, origin_mm=plane.origin_mm - down_mm * UP + beside(beside_mm))


def turned_over(plane: Plane) -> Plane:
    """The same place, its rows and columns stored the other way round; the normal stays."""
    last = plane.to_patient(np.array([ROWS - 1, COLUMNS - 1]))
    return replace(plane, origin_mm=last, down=-plane.down, right=-plane.right)


@pytest.mark.parametrize(
    ("moved", "missing"),
    [
        (lambda plane: beyond(plane, 4.0), 0),  # one slice between them is lost
        (lambda plane: beyond(plane, 5.0), 1),
        (lambda plane: beyond(plane, 0.0, 4.0), 0),
        (lambda plane: beyond(plane, 0.0, 6.0), 1),
        (turned_over, 1),
    ],
)
def test_a_neighbour_lies_next_to_the_slice_and_as_it_does(moved: Callable[[Plane], Plane], missing: int) -> None:
    blocks = {level: block(level) for level in LEVELS}
    first, here, last = blocks[Level.L3_L4]
    blocks[Level.L3_L4] = [first, here, moved(last)]
    assert said(axial_series([plane for each in blocks.values() for plane in each]))[Level.L3_L4] == {LACKING[missing]}


def test_a_parallel_slice_at_the_next_disc_is_no_neighbour() -> None:
    one_a_disc = replace(axial_series([block(level)[1] for level in LEVELS]), slice_spacing_mm=36.0)
    assert set.union(*said(one_a_disc).values()) == {LACKING[2]}


@pytest.mark.parametrize(("gap_mm", "apart"), [(0.5, 8), (1.0, 4), (1.5, 3), (2.0, 2), (3.0, 1), (4.5, 1), (5.0, 1)])
@pytest.mark.parametrize("flips", FLIPS[:2])
def test_the_neighbours_of_a_thin_stack_s_slice_lie_as_far_off_as_usual(
    gap_mm: float, apart: int, flips: tuple[bool, bool]
) -> None:
    middle = axial_plane(canal_mm(Level.L3_L4), flips=flips)
    planes = [replace(middle, origin_mm=middle.origin_mm - gap_mm * step * UP) for step in range(-12, 13)]
    straight = replace(axial_series(planes), slice_spacing_mm=gap_mm)
    whole, asked = shows(0.0), list[int]()

    def read(image: Instance) -> Pixels:
        if image.rows == ROWS:
            asked.append(image.instance_number or 0)
        return whole.read(image)

    run(straight, pixels=FakePixels(read))
    first = asked.index(12)
    assert asked[first : first + 3] == [12, 12 - apart, 12 + apart], "the slice, the one above, the one below"


def test_a_neighbour_that_cannot_be_decoded_is_missing_like_any_other() -> None:
    axial = stack()
    found = said(axial, lost=axial.instances[0])
    assert found.pop(Level.L1_L2) == {LACKING[1]}
    assert set.union(*found.values()) == {LACKING[0]}


def test_a_slice_that_cannot_be_decoded_costs_its_level_alone() -> None:
    whole, axial = shows(0.0), stack()

    def read(image: Instance) -> Pixels:
        if image is axial.instances[1]:
            raise Damaged(image.source.path, "cut short")
        return whole.read(image)

    result = run(axial, pixels=FakePixels(read))
    lost = {key for key, finding in recesses(result).items() if not finding.assessed}
    assert lost == {(side, Level.L1_L2) for side in Side}
    assert reasons(result) == {(Reason.POOR_QUALITY, "the axial slice could not be decoded")}


@pytest.mark.parametrize(("missing", "side"), [("left", Side.LEFT), ("right", Side.RIGHT)])
def test_a_recess_that_is_not_found_is_not_graded_and_the_other_keeps_its_side(missing: str, side: Side) -> None:
    result = run(stack(), pixels=shows(0.0, without=missing))
    for (each, _), finding in recesses(result).items():
        assert finding.assessed is (each is not side)
    assert reasons(result) == {(Reason.NOT_LOCATED, f"the {side} recess could not be placed with enough confidence")}


@pytest.mark.parametrize(("peak", "score"), [(0.0, 0.95), (0.9, 0.1)])
def test_a_slice_on_which_no_lumbar_canal_is_recognised_is_not_graded(peak: float, score: float) -> None:
    heat = peak * np.stack([gaussian(4, column, 12)[:8] for column in (6, 3, 9)])
    chosen = PackSet((an_axial_localiser(lambda _: (heat, score)), *(p for p in packs().all if "axial" not in p.name)))
    result = graded(a_study(a_series(3, name="t2", first_mm=-4.0), stack()), shows(0.0), chosen)
    assert reasons(result) == {(Reason.NOT_LOCATED, "no lumbar canal was recognised on the axial slice")}
    assert not [finding for finding in recesses(result).values() if finding.assessed]


def test_a_canal_far_from_where_the_sagittal_series_has_it_is_flagged() -> None:
    moved = [replace(p, origin_mm=p.origin_mm + 12.0 * BACK) for level in LEVELS for p in block(level)]
    shown = axial_series(moved)
    found = recesses(run(shown, pixels=FakePixels(lambda image: shows(0.0).read(replace(image, plane=_back(image))))))
    assert all("12 mm from where the sagittal series has it" in f.check_reasons[-1] for f in found.values())


@pytest.mark.parametrize(("moved_mm", "lost"), [(9.0, Side.RIGHT), (-9.0, Side.LEFT), (7.0, Side.RIGHT), (4.0, None)])
def test_a_recess_that_is_not_beside_the_canal_of_the_sagittal_series_has_no_side(
    moved_mm: float, lost: Side | None
) -> None:
    """The canal of one slice was located beside the true one: what would be called right lies left or in the middle."""
    at = Level.L3_L4
    found = recesses(run(stack(), pixels=moved_at((at,), moved_mm)))
    assert {key for key, finding in found.items() if not finding.assessed} == ({(lost, at)} if lost else set())
    if lost:
        assert found[lost, at].reason_code is Reason.SIDE_UNKNOWN
        assert found[lost, at].reason == "the axial slice and the sagittal series disagree on its side"


@pytest.mark.parametrize("moved_mm", [7.0, 12.0, -12.0, 20.0, -30.0])
def test_where_all_slices_have_the_canal_as_far_aside_it_is_graded_there_and_flagged(moved_mm: float) -> None:
    found = recesses(run(stack(), pixels=shows(moved_mm)))
    for (side, level), finding in found.items():
        assert finding.assessed
        assert finding.location is not None
        told = re.search(r"the axial slices have the canal (\d+) mm aside", finding.check_reasons[-1])
        assert told is not None
        assert float(told[1]) == pytest.approx(abs(moved_mm), abs=1.0)
        true = canal_mm(level) + beside(moved_mm + {Side.LEFT: ASIDE_MM, Side.RIGHT: -ASIDE_MM}[side or Side.LEFT])
        assert np.linalg.norm(np.subtract(finding.location.patient_mm or (), true)) < 2.0


@pytest.mark.parametrize("wrong", [(Level.L3_L4,), (Level.L1_L2, Level.L5_S1), LEVELS])
def test_what_looks_like_a_canal_near_by_is_not_graded_where_the_slice_has_it_elsewhere(
    wrong: tuple[Level, ...],
) -> None:
    """A joint with something like a recess on one side lies where the canal should be, the canal 34 mm aside."""
    found = recesses(run(stack(), pixels=moved_at(wrong, 34.0, joint=True)))
    for (_, level), finding in found.items():
        if wrong == LEVELS:
            assert finding.assessed
            assert "34 mm aside" in finding.check_reasons[-1]
        else:
            assert finding.assessed is (level not in wrong)
            assert not finding.check
        if not finding.assessed:
            assert finding.reason_code is Reason.NOT_LOCATED
            assert "far from where the sagittal series has it" in (finding.reason or "")


@pytest.mark.parametrize(("moved_mm", "side"), [(5.0, Side.LEFT), (-5.0, Side.RIGHT), (9.0, Side.LEFT)])
def test_the_foramina_s_sides_are_told_from_the_canal_on_the_axial_slices(moved_mm: float, side: Side) -> None:
    """A T1 slice 8 mm aside of the sagittal canal is 3 mm beside the axial one, which is on neither side of it."""
    aside = {Side.LEFT: 8.0, Side.RIGHT: -8.0}[side]
    foramen = Condition.NEURAL_FORAMINAL_NARROWING
    lone = a_series(1, SAGITTAL_T1, "t1", first_mm=aside)
    scene = draw_heat({0: 6.0, 1: 10.0, 2: 14.0, 3: 18.0, 4: 22.0}, unnamed=(2, 26)), 0.95
    t1 = (a_localiser(lambda _: scene, name="localise_t1"),
          a_grader(lambda _: NORMAL, name="foraminal", conditions=[foramen.value]))  # fmt: skip
    study = a_study(a_series(3, name="t2", first_mm=-4.0), lone, stack())
    found = {f.side: f for f in graded(study, shows(moved_mm), PackSet((*packs().all, *t1))).findings
             if f.condition is foramen and f.level is Level.L3_L4}  # fmt: skip
    if abs(moved_mm) < 6.0:
        assert not any(finding.assessed for finding in found.values())
    else:  # too far off to be the same place: the sagittal series keeps its word, and the finding says so
        assert found[side].assessed
        assert f"{abs(moved_mm):.0f} mm aside of each other" in found[side].check_reasons[-1]


def _back(image: Instance) -> Plane | None:
    """The plane of an axial image that has moved 12 mm to the back, where it was."""
    plane = image.plane
    if plane is None or plane.orientation is not Orientation.AXIAL:
        return plane
    return replace(plane, origin_mm=plane.origin_mm - 12.0 * BACK)


def test_a_slice_that_does_not_reach_the_canal_is_outside_coverage() -> None:
    aside = axial_series([replace(p, origin_mm=p.origin_mm + beside(70.0)) for level in LEVELS for p in block(level)])
    assert reasons(run(aside)) == {(Reason.OUTSIDE_COVERAGE, "the level lies beyond the axial slice's edge")}


def test_a_slice_turned_by_a_quarter_is_refused() -> None:
    planes = [Plane(p.origin_mm, p.right, p.down, p.spacing_mm) for level in LEVELS for p in block(level)]
    planes = [replace(p, origin_mm=canal_mm(Level.L3_L4) - 40 * (p.down + p.right)) for p in planes[6:9]]
    assert (Reason.UNSUPPORTED_GEOMETRY, "the axial slice lies turned by a quarter in its file") in reasons(
        run(axial_series(planes))
    )


def test_without_a_sagittal_t2_series_no_level_is_known() -> None:
    result = graded(a_study(stack()), shows(0.0))
    assert {code for code, _ in reasons(result)} == {Reason.NOT_LOCATED}


def unplaced(series: Series) -> Series:
    return replace(series, instances=tuple(replace(image, plane=None) for image in series.instances))


@pytest.mark.parametrize("lost", [0, 1])
def test_where_the_files_do_not_tell_where_their_slices_lie_that_is_why_no_level_is_known(lost: int) -> None:
    both = [a_series(3, name="t2", first_mm=-4.0), stack()]
    both[lost] = unplaced(both[lost])
    words = "the files do not tell where their slices lie, so that the level of an axial slice cannot be told"
    assert reasons(graded(a_study(*both), shows(0.0))) == {(Reason.UNSUPPORTED_GEOMETRY, words)}


@pytest.mark.parametrize("absent", ["localise_axial", "subarticular"])
def test_without_one_of_the_packs_the_recesses_are_not_tried(absent: str) -> None:
    chosen = PackSet(tuple(pack for pack in packs().all if pack.name != absent))
    result = graded(a_study(a_series(3, name="t2", first_mm=-4.0), stack()), shows(0.0), chosen)
    assert {code for code, _ in reasons(result)} == {Reason.NO_PACK}


def test_without_an_axial_series_there_is_none_to_grade_on() -> None:
    assert {code for code, _ in reasons(run())} == {Reason.NO_SERIES}


def test_a_count_chosen_by_the_user_moves_the_recesses_too() -> None:
    found = recesses(run(stack(), numbering="up"))
    for side in Side:
        upper = found[side, Level.L3_L4].location
        assert upper is not None
        assert upper.file.endswith("10.dcm"), "what was L4/L5"


def test_a_frame_of_reference_of_its_own_is_said() -> None:
    axial = axial_series([plane for level in LEVELS for plane in block(level)], frame_uid="9.9")
    assert any("frame of reference of their own" in note for note in run(axial).notes)
    assert not any("frame of reference of their own" in note for note in run(stack()).notes)


def test_the_recesses_are_counted_while_they_are_graded() -> None:
    told: list[tuple[int, int, int]] = []

    def report(progress: Progress) -> None:
        if "recesses" in progress.detail:
            told.append((progress.done, progress.of, len(progress.points)))

    study = a_study(a_series(3, name="t2", first_mm=-4.0), axial_series(block(Level.L4_L5)))
    analyse(study, packs(), report, pixels=shows(0.0))
    assert told == [(2, 10, 0), (4, 10, 0), (6, 10, 0), (8, 10, 2), (10, 10, 0)]
