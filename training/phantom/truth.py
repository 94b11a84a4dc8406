"""What is true of a generated study: where each level lies, and its grade by the sac's size."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from lumbar_core.anatomy import LEVELS, Level, Severity
from training.phantom.scan import Pose, Scan
from training.phantom.spine import Spine

# Front-to-back size of the sac at the disc, in mm, below which it counts as moderately and severely narrow.
MODERATE_BELOW_MM, SEVERE_BELOW_MM = 10.0, 7.0


def grade_of(sac_depth_mm: float) -> Severity:
    """The grade that the geometry alone gives."""
    if sac_depth_mm < SEVERE_BELOW_MM:
        return Severity.SEVERE
    return Severity.MODERATE if sac_depth_mm < MODERATE_BELOW_MM else Severity.NORMAL_MILD


def study_truth(spine: Spine, pose: Pose, scans: Iterable[Scan], files: dict[str, list[str]]) -> dict[str, Any]:
    """The truth as plain values; `files` names the slices of each protocol, as written."""
    return {
        "schema": "phantom-truth/1",
        "seed": spine.seed,
        "levels": [_level(spine, pose, level) for level in LEVELS],
        "series": [
            {
                "protocol": one.protocol.name,
                "weighting": str(one.protocol.weighting),
                "points": [_point(one, pose.to_patient(spine.canal_point(level)), level, files) for level in LEVELS],
            }
            for one in scans
        ],
    }


def _level(spine: Spine, pose: Pose, level: Level) -> dict[str, Any]:
    disc = spine.level_disc(level)
    return {
        "level": str(level),
        "patient_mm": _rounded(pose.to_patient(spine.canal_point(level))),
        "sac_depth_mm": round(spine.sac_depth(level), 3),
        "narrowing": round(disc.narrowing, 3),
        "degeneration": round(disc.degeneration, 3),
        "grade": grade_of(spine.sac_depth(level)).label,
    }


def _point(one: Scan, patient_mm: np.ndarray[Any, Any], level: Level, files: dict[str, list[str]]) -> dict[str, Any]:
    """The level in the slice that lies nearest to it."""
    distances = [float(plane.distance_mm(patient_mm)) for plane in one.planes]
    index = int(np.argmin(np.abs(distances)))
    row, column = one.planes[index].to_pixels(patient_mm)
    return {
        "level": str(level),
        "file": files[one.protocol.name][index],
        "row": round(float(row), 2),
        "column": round(float(column), 2),
        "distance_mm": round(distances[index], 3),
    }


def _rounded(values: np.ndarray[Any, Any]) -> list[float]:
    return [round(float(value), 3) for value in values]
