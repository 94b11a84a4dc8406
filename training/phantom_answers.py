"""What the program says of a generated patient: scanned, written as DICOM, read, recognised, located and graded."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from lumbar_core.findings import Grade
from lumbar_core.reading import read_study
from lumbar_core.report.result import StudyResult
from training.phantom.body import Patient
from training.phantom.protocols import fast, protocols_of
from training.phantom.rsna_layout import FIRST_STUDY, write_scan
from training.phantom.scan import Pose, pose_of, scan
from training.program_pool import analyse_here


def grade_phantom(
    seed: int, patient: Patient, *, quick: bool = True, behind: Callable[[Grade], None] = lambda _: None
) -> tuple[StudyResult, Pose]:
    """The answer to this seed's scan of a patient, in a process of `program_pool`, and how the patient lay.

    quick: small pictures without a slice profile. behind: as of `analyse`.
    """
    pose = pose_of(seed)
    with tempfile.TemporaryDirectory() as folder:
        for number, protocol in enumerate(protocols_of(seed), start=1):
            one = scan(patient, fast(protocol) if quick else protocol, pose)
            write_scan(one, range(1, len(one.planes) + 1), Path(folder), FIRST_STUDY + seed, number)
        return analyse_here(read_study([Path(folder)]), behind), pose
