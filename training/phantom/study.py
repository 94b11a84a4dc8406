"""A generated study on disk: its series as DICOM, and what is true of it beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydicom.uid import UID, JPEGLSLossless

from training.phantom.body import Patient
from training.phantom.enhanced import write_enhanced
from training.phantom.implant import Implant
from training.phantom.protocols import PROTOCOLS, Protocol
from training.phantom.scan import pose_of, scan
from training.phantom.spine import Spine
from training.phantom.truth import study_truth
from training.phantom.writing import write_series


def write_study(
    spine: Spine,
    folder: Path,
    protocols: tuple[Protocol, ...] = PROTOCOLS,
    syntax: UID = JPEGLSLossless,
    *,
    enhanced: bool = False,
    implant: Implant | None = None,
) -> dict[str, Any]:
    """Write a series per protocol below `folder`, and what is true of it beside it; returns the truth.

    enhanced: a series is one multi-frame file; the truth then names it for each of its slices. implant: metal in the
    spine.
    """
    pose = pose_of(spine.seed)
    patient = Patient.of(spine, implant)
    scans = [scan(patient, protocol, pose) for protocol in protocols]
    write = write_enhanced if enhanced else write_series
    files = {one.protocol.name: write(spine, one, number, folder, syntax) for number, one in enumerate(scans, 1)}
    truth = study_truth(patient, pose, scans, files)
    folder.with_name(folder.name + ".truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    return truth
