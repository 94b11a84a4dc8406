"""What is true of a generated study: what was made ill, what was measured, and where each structure lies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import LEVELS, Condition, Level, Orientation, Severity, Side
from training.phantom.body import Patient
from training.phantom.disease import SIDES
from training.phantom.measure import canal_room, foramen_room, recess_room
from training.phantom.scan import Pose, Scan

SCHEMA = "phantom-truth/2"
SHOWN_ON = {
    Orientation.SAGITTAL: (Condition.SPINAL_CANAL_STENOSIS, Condition.NEURAL_FORAMINAL_NARROWING),
    Orientation.AXIAL: (Condition.SPINAL_CANAL_STENOSIS, Condition.SUBARTICULAR_STENOSIS),
}


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """A graded structure: where its narrowest part lies in the spine frame, its size and the grade it gives.

    severity: how far it was made narrow, 0 to 1. room: the measurements, by name.
    """

    condition: Condition
    level: Level
    side: Side | None
    point_mm: NDArray[np.float64]
    severity: float
    room: dict[str, float]
    grade: Severity


def structures_of(patient: Patient) -> tuple[Structure, ...]:
    """The 25 structures of a study, measured."""
    return tuple(structure for level in LEVELS for structure in _at_level(patient, level))


def _at_level(patient: Patient, level: Level) -> Iterator[Structure]:
    spine, column = patient.spine, patient.column
    disc = spine.level_disc(level)
    narrowing = disc.disease.narrowing
    canal = canal_room(column, disc)
    point = spine.place(disc.along_mm, canal.behind_mm, 0.0)
    yield Structure(
        Condition.SPINAL_CANAL_STENOSIS, level, None, point, narrowing.canal, _rounded(asdict(canal)), canal.grade
    )
    for side in SIDES:
        for condition, room, severity in (
            (
                Condition.NEURAL_FORAMINAL_NARROWING,
                foramen_room(column, spine, disc, side),
                narrowing.foramen_on(side),
            ),
            (Condition.SUBARTICULAR_STENOSIS, recess_room(column, spine, disc, side), narrowing.recess_on(side)),
        ):
            aside = room.aside_mm if side is Side.LEFT else -room.aside_mm
            point = spine.place(room.along_mm, room.behind_mm, aside)
            yield Structure(condition, level, side, point, severity, _rounded(asdict(room)), room.grade)


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(float(value), 3) for name, value in values.items()}


def study_truth(patient: Patient, pose: Pose, scans: Iterable[Scan], files: dict[str, list[str]]) -> dict[str, Any]:
    """The truth as plain values; `files` names the slices of each protocol, as written."""
    spine = patient.spine
    structures = structures_of(patient)
    return {
        "schema": SCHEMA,
        "seed": spine.seed,
        "variant": asdict(spine.variant),
        **({"implant": {"level": str(implant.level), "ppm": implant.ppm}} if (implant := patient.implant) else {}),
        "vertebrae": [body.name for body in spine.bodies],
        "discs": [
            {"level": str(level), "name": disc.name, **_disease(asdict(disc.disease))}
            for level in LEVELS
            for disc in [spine.level_disc(level)]
        ],
        "structures": [
            {
                **_key(each),
                "patient_mm": [round(float(value), 3) for value in pose.to_patient(each.point_mm)],
                "severity": round(each.severity, 3),
                "room": each.room,
                "grade": each.grade.label,
            }
            for each in structures
        ],
        "series": [
            {
                "protocol": one.protocol.name,
                "orientation": str(one.protocol.orientation),
                "weighting": str(one.protocol.weighting),
                "points": [
                    _point(one, pose, each, files[one.protocol.name])
                    for each in structures
                    if each.condition in SHOWN_ON[one.protocol.orientation]
                ],
            }
            for one in scans
        ],
    }


def _disease(values: dict[str, Any]) -> dict[str, Any]:
    del values["narrowing"]  # told structure by structure
    return values


def _key(structure: Structure) -> dict[str, str | None]:
    side = structure.side
    return {
        "condition": str(structure.condition),
        "level": str(structure.level),
        "side": str(side) if side else None,
    }


def _point(one: Scan, pose: Pose, structure: Structure, names: list[str]) -> dict[str, Any]:
    """The structure in the slice that lies nearest to it."""
    place = pose.to_patient(structure.point_mm)
    distances = [float(plane.distance_mm(place)) for plane in one.planes]
    index = int(np.argmin(np.abs(distances)))
    row, column = one.planes[index].to_pixels(place)
    return {
        **_key(structure),
        "file": names[index],
        "row": round(float(row), 2),
        "column": round(float(column), 2),
        "distance_mm": round(distances[index], 3),
    }
