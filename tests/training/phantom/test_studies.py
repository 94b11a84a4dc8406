"""Whole phantom studies through the program with its own packs: found, counted and graded, or said why not."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from lumbar_core.anatomy import LEVELS, Condition, Level, Reason, Severity
from lumbar_core.errors import SeveralStudies
from lumbar_core.inference.packs import PackSet, load_packs
from lumbar_core.pipeline import analyse
from lumbar_core.reading import read_studies, read_study
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.report.result import Finding, StudyResult
from training.phantom.body import Patient
from training.phantom.disease import healthy, narrowed
from training.phantom.protocols import T1_SAGITTAL, T2_AXIAL, T2_SAGITTAL, Stack, fast
from training.phantom.rsna_layout import write_scan
from training.phantom.scan import Scan, pose_of, scan
from training.phantom.spine import Variant, build_spine
from training.phantom.truth import structures_of

SEED, STUDY = 11, 5_000_000_011
T2, T1, AXIAL = map(fast, (T2_SAGITTAL, T1_SAGITTAL, T2_AXIAL))
CANAL = Condition.SPINAL_CANAL_STENOSIS
LEAST_MM = 8.0  # from the true place; a level is 35 mm from the next


def patient_of(seed: int, severe: Level | None = None) -> Patient:
    ill = healthy(seed) if severe is None else narrowed(seed, {severe: 1.0})
    return Patient.of(build_spine(seed, ill, Variant()))


@pytest.fixture(scope="module")
def patient() -> Patient:
    return patient_of(SEED, Level.L3_L4)


@pytest.fixture(scope="module")
def scans(patient: Patient) -> dict[str, Scan]:
    return {one.name: scan(patient, one, pose_of(SEED)) for one in (T2, T1, AXIAL)}


@pytest.fixture(scope="module")
def packs() -> PackSet:
    return load_packs("cpu", 1)


@pytest.fixture
def graded(packs: PackSet) -> Callable[[Path], StudyResult]:
    return lambda folder: analyse(read_study([folder]), packs, pixels=DirectReader())


def write(scans: Sequence[Scan], folder: Path, study: int = STUDY, first_series: int = 1) -> Path:
    for number, one in enumerate(scans, start=first_series):
        write_scan(one, range(1, len(one.planes) + 1), folder, study, number)
    return folder


def canals(result: StudyResult) -> dict[Level, Finding]:
    return {finding.level: finding for finding in result.findings if finding.condition is CANAL}


def reversed_scan(one: Scan) -> Scan:
    return Scan(one.protocol, one.pixels[::-1], one.planes[::-1])


def test_every_level_is_found_where_it_is(
    scans: dict[str, Scan], patient: Patient, tmp_path: Path, graded: Callable[[Path], StudyResult]
) -> None:
    found = canals(graded(write([*scans.values()], tmp_path)))
    for each in structures_of(patient):
        if each.condition is CANAL:
            location = found[each.level].location
            assert location is not None
            assert location.patient_mm is not None
            assert math.dist(location.patient_mm, pose_of(SEED).to_patient(each.point_mm)) < LEAST_MM


def test_severe_disease_stands_out_from_its_neighbours(
    scans: dict[str, Scan], tmp_path: Path, graded: Callable[[Path], StudyResult]
) -> None:
    found = canals(graded(write([*scans.values()], tmp_path)))
    chances = {level: finding.probabilities for level, finding in found.items()}
    ill = {level: 1 - chance[0] for level, chance in chances.items() if chance is not None}
    assert max(ill, key=lambda level: ill[level]) is Level.L3_L4
    # The networks know real pictures only: of a drawing they may be unsure, but never silently sure that it is well.
    assert found[Level.L3_L4].grade is not Severity.NORMAL_MILD or found[Level.L3_L4].check


def test_a_second_axial_stack_and_a_scout_change_neither_places_nor_grades(
    scans: dict[str, Scan], patient: Patient, tmp_path: Path, graded: Callable[[Path], StudyResult]
) -> None:
    alone = canals(graded(write([*scans.values()], tmp_path / "alone")))
    straight = scan(patient, replace(AXIAL, stack=Stack.STRAIGHT, slices=12), pose_of(SEED))
    scout = scan(patient, replace(T2, rows=128, columns=128, spacing_mm=3.0, slices=3, gap_mm=20.0), pose_of(SEED))
    folder = write([*scans.values(), straight, scout], tmp_path / "more")
    more = canals(graded(folder))
    assert places(more) == places(alone)
    # Not the probabilities: either stack may have the slice that lies nearest to a disc.
    assert [more[level].grade for level in LEVELS] == [alone[level].grade for level in LEVELS]


def places(found: dict[Level, Finding]) -> list[object]:
    """Not the files, which are named by their series."""
    return [location.patient_mm for level in LEVELS if (location := found[level].location)]


def elsewhere(one: Scan, along_mm: float) -> Scan:
    """The same series again, a little brighter, its positions further to the feet."""
    planes = [replace(plane, origin_mm=plane.origin_mm - np.array([0.0, 0.0, along_mm])) for plane in one.planes]
    return Scan(one.protocol, tuple(pixels + 1 for pixels in one.pixels), tuple(planes))


@pytest.mark.parametrize("along_mm", [0.0, 36.0, -36.0])
def test_a_planted_off_by_one_between_two_series_flags_every_finding(
    along_mm: float, scans: dict[str, Scan], tmp_path: Path, graded: Callable[[Path], StudyResult]
) -> None:
    result = graded(write([scans[T2.name], elsewhere(scans[T2.name], along_mm)], tmp_path))
    planted = along_mm != 0
    assert len(result.assessed) >= len(LEVELS) - planted, "counted as the other series does one end has no disc"
    assert result.numbering.doubtful is planted
    assert len(result.numbering.agreed_by) == (1 if planted else 2)
    said = [any("counts the levels differently" in reason for reason in f.check_reasons) for f in result.assessed]
    assert said == [planted] * len(result.assessed)


def test_a_series_that_is_there_twice_is_graded_once(
    scans: dict[str, Scan], tmp_path: Path, graded: Callable[[Path], StudyResult]
) -> None:
    folder = write([*scans.values()], tmp_path / "study")
    once = canals(graded(folder))
    for path in sorted((folder / "1").iterdir()):
        shutil.copy(path, folder / f"copy_{path.name}")
    twice = graded(folder)
    assert [canals(twice)[level].probabilities for level in LEVELS] == [once[level].probabilities for level in LEVELS]
    assert len([finding for finding in twice.findings if finding.condition is CANAL]) == len(LEVELS)


def test_swapped_descriptions_are_seen_through_or_flagged(
    scans: dict[str, Scan], tmp_path: Path, graded: Callable[[Path], StudyResult]
) -> None:
    folder = write([*scans.values()], tmp_path)
    for series, words in (("1", "T1"), ("2", "T2")):
        for path in (folder / series).iterdir():
            image = pydicom.dcmread(path)
            image.SeriesDescription = words
            image.save_as(path)
    result = graded(folder)
    t2 = next(series for series in result.input.series if series.id == series_of(folder, "1"))
    for finding in canals(result).values():
        seen_through = finding.assessed and finding.location is not None and finding.location.series == t2.id
        assert seen_through or not finding.assessed or finding.check


def series_of(folder: Path, name: str) -> str:
    """The program's short name for the series that lies in a folder."""
    study = read_study([folder])
    return next(s.id for s in study.series if s.instances[0].source.path.parent.name == name)


def test_without_a_sagittal_t2_series_the_canal_is_not_graded(
    scans: dict[str, Scan], tmp_path: Path, graded: Callable[[Path], StudyResult]
) -> None:
    found = canals(graded(write([scans[T1.name], scans[AXIAL.name]], tmp_path)))
    # Either there is none, or its slices are seen not to be T2.
    assert {finding.reason_code for finding in found.values()} <= {Reason.NO_SERIES, Reason.NOT_LUMBAR}


def test_a_missing_t1_series_leaves_the_canal_as_it_is_and_a_missing_axial_one_its_places(
    scans: dict[str, Scan], tmp_path: Path, graded: Callable[[Path], StudyResult]
) -> None:
    whole = canals(graded(write([*scans.values()], tmp_path / "whole")))
    both = canals(graded(write([scans[T2.name], scans[AXIAL.name]], tmp_path / "both")))
    lone = canals(graded(write([scans[T2.name]], tmp_path / "lone")))
    assert [both[level].probabilities for level in LEVELS] == [whole[level].probabilities for level in LEVELS]
    assert places(lone) == places(whole)


def test_two_patients_in_one_folder_are_never_mixed(scans: dict[str, Scan], tmp_path: Path, packs: PackSet) -> None:
    other = patient_of(SEED + 1)
    write([*scans.values()], tmp_path / "a")
    write([scan(other, one, pose_of(SEED + 1)) for one in (T2, T1)], tmp_path / "b", STUDY + 1)
    with pytest.raises(SeveralStudies, match="2 patients"):
        read_study([tmp_path])
    studies = read_studies([tmp_path])
    assert [len(study.series) for study in studies] == [3, 2]
    for study, seed in zip(studies, (SEED, SEED + 1), strict=True):
        middle = canals(analyse(study, packs, pixels=DirectReader()))[Level.L3_L4].location
        assert middle is not None
        assert middle.patient_mm is not None
        assert abs(middle.patient_mm[0] - pose_of(seed).shift_mm[0]) < 10, "each lies elsewhere in the scanner"


@pytest.mark.parametrize("order", ["forwards", "backwards"])
def test_the_order_in_which_slices_are_stored_changes_nothing(
    order: str, scans: dict[str, Scan], tmp_path: Path, graded: Callable[[Path], StudyResult]
) -> None:
    stored = [*scans.values()] if order == "forwards" else [reversed_scan(one) for one in scans.values()]
    result = graded(write(stored, tmp_path / order))
    canal = canals(result)
    if order == "backwards":
        forwards = canals(graded(write([*scans.values()], tmp_path / "forwards")))
        for level in LEVELS:
            assert canal[level].probabilities == pytest.approx(forwards[level].probabilities, abs=1e-6)
    assert all(finding.assessed for finding in canal.values())
