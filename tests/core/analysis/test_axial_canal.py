"""The canal seen on axial T2 too: a second network's say at each level that both planes show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from lumbar_core.anatomy import LEVELS, Condition, Level, Severity
from lumbar_core.errors import Damaged
from lumbar_core.findings import Grade
from lumbar_core.inference.packs import Pack, PackSet
from lumbar_core.pipeline import Options, Progress, analyse
from lumbar_core.report.result import Finding, StudyResult
from lumbar_core.report.to_json import build_document
from lumbar_core.study import Instance, Pixels, Series
from tests.core.analysis.test_recesses import (
    BACK,
    FLIPS,
    _back,
    axial_series,
    block,
    canal_mm,
    each_its_own,
    shows,
    stack,
)
from tests.core.analysis.test_recesses import packs as packs_of_recesses
from tests.core.fake_packs import an_axial_canal_grader, model_of
from tests.core.fake_studies import FakePixels, a_series, a_study

CANAL, FORAMEN, RECESS = Condition
NORMAL, SEVERE = (4.0, 1.0, -3.0), (-3.0, 0.0, 5.0)


def second(share: float = 0.5, logits: tuple[float, float, float] = SEVERE) -> Pack:
    return an_axial_canal_grader(lambda _: logits, share)


def packs(*more: Pack, without: str = "") -> PackSet:
    return PackSet((*(pack for pack in packs_of_recesses().all if pack.name != without), *more))


def run(
    chosen: PackSet, *axial: Series, pixels: FakePixels | None = None, grades: list[Grade] | None = None
) -> StudyResult:
    study = a_study(a_series(3, name="t2", first_mm=-4.0), *axial)
    behind = (grades if grades is not None else []).append
    return analyse(study, chosen, pixels=pixels or shows(0.0), options=Options(), behind=behind)


def canals(result: StudyResult) -> dict[Level, Finding]:
    return {finding.level: finding for finding in result.findings if finding.condition is CANAL}


def axial_places(finding: Finding) -> list[tuple[str, tuple[float, float, float] | None]]:
    return [(place.file, place.patient_mm) for place in finding.evidence if place.series != "t2"]


def test_the_axial_slice_speaks_beside_the_sagittal_ones_and_shifts_the_grade() -> None:
    grades: list[Grade] = []
    found = canals(run(packs(second()), stack(), grades=grades))
    # The sagittal logits less their mean are (10, 1, -11) / 3, the axial (-11, -2, 13) / 3; a half of each.
    expected = np.exp(np.array([-1.0, -1.0, 2.0]) / 6)
    for finding in found.values():
        assert finding.probabilities == pytest.approx(expected / expected.sum(), abs=1e-6)
        assert (finding.grade, finding.worst_view) == (Severity.SEVERE, Severity.SEVERE)
        assert "two slices differ by two grades" in finding.check_reasons
    assert all(finding.grade is Severity.NORMAL_MILD for finding in canals(run(packs(), stack())).values())
    assert [[view.axial for view in grade.views] for grade in grades if grade.target.condition is CANAL] == (
        [[False, False, False, True]] * 5
    )


def test_at_the_end_of_a_block_the_axial_slice_s_say_is_set_right_before_it_is_fused() -> None:
    calibration = {"temperature": [2.0, 1.0], "fitted_on": "made up", "ece": None,
                   "edge": {"scale": 1.0, "bias": [-3.0, 0.0, 3.0]}}  # fmt: skip
    chosen = packs(an_axial_canal_grader(lambda _: NORMAL, 0.5, calibration=calibration))
    cut_short = axial_series([plane for level in LEVELS for plane in block(level)[1 if level is Level.L3_L4 else 0 :]])
    found = canals(run(chosen, cut_short, pixels=each_its_own()))
    # Logits of both planes less their mean are (10, 1, -11) / 3; at the block's end half of (-6, 0, 6) is added.
    expected = np.exp(np.array([10, 1, -11]) / 3 + np.array([-3, 0, 3]))
    assert found[Level.L3_L4].probabilities == pytest.approx(expected / expected.sum(), abs=1e-6)
    whole = np.exp(np.array([10, 1, -11]) / 3)
    assert found[Level.L2_L3].probabilities == pytest.approx(whole / whole.sum(), abs=1e-6)


@pytest.mark.parametrize("flips", FLIPS)
def test_each_level_is_seen_about_its_canal_on_the_slice_nearest_to_it(flips: tuple[bool, bool]) -> None:
    crops: list[NDArray[np.float32]] = []

    def keep(crop: NDArray[np.float32]) -> tuple[float, float, float]:
        crops.append(crop)
        return NORMAL

    result = run(packs(an_axial_canal_grader(keep)), stack(tilt_deg=12.0, flips=flips))
    for level, finding in canals(result).items():
        assert finding.location is not None
        assert finding.location.series == "t2", "it points to the sagittal slices as before"
        ((file, place),) = axial_places(finding)
        assert file.endswith(f"{3 * LEVELS.index(level) + 1:02d}.dcm")
        assert place == pytest.approx(canal_mm(level), abs=0.6)
    for crop in crops:
        assert crop.shape == (3, 16, 16)
        assert crop[1, 7:9, 7:9].min() > 0.9, "the canal in the middle"


def test_the_series_is_used_for_both_that_it_served() -> None:
    assert [s.used_for for s in run(packs(second()), stack()).input.series] == [(CANAL,), (CANAL, RECESS)]
    assert [s.used_for for s in run(packs(), stack()).input.series] == [(CANAL,), (RECESS,)]


def test_without_a_pack_for_the_recesses_the_canal_has_its_axial_view() -> None:
    result = run(packs(second(), without="subarticular"), stack())
    assert all(len(axial_places(finding)) == 1 for finding in canals(result).values())
    assert not any(finding.assessed for finding in result.findings if finding.condition is RECESS)


def findings_of(result: StudyResult) -> object:
    document = build_document(result)
    return [each for each in document["findings"] if each["condition"] == CANAL]


@pytest.mark.parametrize("without", ["series", "localise_axial"])
def test_without_axial_slices_or_who_finds_their_canal_all_is_as_before(without: str) -> None:
    axial = () if without == "series" else (stack(),)
    added = second(share=1.0)
    beside = run(packs(added, without=without), *axial)
    assert findings_of(beside) == findings_of(run(packs(without=without), *axial))
    assert model_of(added).runs == []


def test_a_level_without_a_section_is_graded_on_the_sagittal_slices_alone() -> None:
    whole, axial = shows(0.0), stack()

    def read(image: Instance) -> Pixels:
        if image is axial.instances[1]:
            raise Damaged(image.source.path, "cut short")
        return whole.read(image)

    found = canals(run(packs(second()), axial, pixels=FakePixels(read)))
    alone = canals(run(packs(), axial, pixels=FakePixels(read)))
    assert found[Level.L1_L2] == alone[Level.L1_L2]
    assert all(found[level].grade is Severity.SEVERE for level in LEVELS[1:])


def test_without_the_canal_s_first_pack_the_axial_slices_alone_grade_nothing() -> None:
    added = second()
    assert not any(finding.assessed for finding in canals(run(packs(added, without="canal"), stack())).values())
    assert model_of(added).runs == []


def test_what_speaks_against_the_axial_slice_speaks_against_the_finding() -> None:
    moved = [replace(p, origin_mm=p.origin_mm + 12.0 * BACK) for level in LEVELS for p in block(level)]
    pixels = FakePixels(lambda image: shows(0.0).read(replace(image, plane=_back(image))))
    noted = replace(axial_series(moved), notes=("contrast agent was given",))
    added = second(logits=NORMAL)
    for finding in canals(run(packs(added), noted, pixels=pixels)).values():
        noted_first, far = finding.check_reasons
        assert noted_first == "contrast agent was given"
        assert "12 mm from where the sagittal series has it" in far
    assert not any(finding.check for finding in canals(run(packs(), noted, pixels=pixels)).values())


def test_a_section_that_cannot_tell_left_from_right_still_shows_the_canal() -> None:
    """Two sagittal series have the canal aside of each other, and the axial slices side with neither."""
    apart = [a_series(3, name=name, first_mm=middle - 4.0) for name, middle in (("t2", 0.0), ("again", 14.0))]
    result = analyse(a_study(*apart, stack()), packs(second()), pixels=shows(-9.0), options=Options())
    assert {finding.reason for finding in result.findings if finding.condition is RECESS} == {
        "two sagittal series have the canal aside of each other"
    }
    assert all(len(axial_places(finding)) == 1 for finding in canals(result).values())


def test_the_axial_slices_are_counted_while_they_are_graded() -> None:
    told: list[tuple[int, int, int]] = []

    def report(progress: Progress) -> None:
        if "of the canal" in progress.detail:
            told.append((progress.done, progress.of, len(progress.points)))

    axial = axial_series([plane for level in LEVELS[3:] for plane in block(level)])
    study = a_study(a_series(3, name="t2", first_mm=-4.0), axial)
    analyse(study, packs(second()), report, pixels=shows(0.0))
    assert told == [(1, 2, 1), (2, 2, 1)]
