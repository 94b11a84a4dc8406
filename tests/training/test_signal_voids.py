"""Screws in a phantom flag every grade of its study, through the program with its own packs."""

from __future__ import annotations

from pathlib import Path

import pytest

from lumbar_core.analysis.signal_voids import VOID_DOUBT
from lumbar_core.anatomy import Level
from lumbar_core.inference.packs import load_packs
from lumbar_core.pipeline import analyse
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from training.phantom.body import Patient
from training.phantom.disease import healthy
from training.phantom.implant import TITANIUM_PPM, screws_at
from training.phantom.protocols import T2_SAGITTAL, fast
from training.phantom.rsna_layout import write_scan
from training.phantom.scan import pose_of, scan
from training.phantom.spine import Variant, build_spine
from training.signal_voids import share_flagged


@pytest.mark.parametrize("ppm", [None, TITANIUM_PPM])
def test_screws_flag_every_grade_and_a_bare_spine_none(ppm: float | None, tmp_path: Path) -> None:
    spine = build_spine(11, healthy(11), Variant())
    patient = Patient.of(spine, None if ppm is None else screws_at(spine, Level.L3_L4, ppm))
    one = scan(patient, fast(T2_SAGITTAL), pose_of(11))
    write_scan(one, range(1, len(one.planes) + 1), tmp_path, 5_000_000_011, 1)
    result = analyse(read_study([tmp_path]), load_packs("cpu", 1), pixels=DirectReader())
    graded = [finding for finding in result.findings if finding.assessed]
    assert graded
    assert [VOID_DOUBT in finding.check_reasons for finding in graded] == [ppm is not None] * len(graded)


def test_what_could_not_be_graded_is_in_no_share() -> None:
    assert share_flagged([True, None, False, True]) == {"graded": 3, "flagged": 2}
