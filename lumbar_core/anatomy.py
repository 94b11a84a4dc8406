"""The words of the field: levels, sides, conditions, grades, planes, weightings, reasons.

Every string here is a contract of the result file (DESIGN.md §4).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Level(StrEnum):
    """A lumbar disc level, from above down."""

    L1_L2 = "L1/L2"
    L2_L3 = "L2/L3"
    L3_L4 = "L3/L4"
    L4_L5 = "L4/L5"
    L5_S1 = "L5/S1"
    UNKNOWN = "unknown"


LEVELS: tuple[Level, ...] = (Level.L1_L2, Level.L2_L3, Level.L3_L4, Level.L4_L5, Level.L5_S1)


class Side(StrEnum):
    """A side of the patient, never of the picture."""

    LEFT = "left"
    RIGHT = "right"


class Condition(StrEnum):
    """What is graded."""

    SPINAL_CANAL_STENOSIS = "spinal_canal_stenosis"
    NEURAL_FORAMINAL_NARROWING = "neural_foraminal_narrowing"
    SUBARTICULAR_STENOSIS = "subarticular_stenosis"


class Severity(IntEnum):
    """A grade, ordered from harmless to severe."""

    NORMAL_MILD = 0
    MODERATE = 1
    SEVERE = 2

    @property
    def label(self) -> str:
        """The grade as the result file writes it."""
        return SEVERITY_LABELS[self]

    @classmethod
    def from_label(cls, label: str) -> Severity:
        """The grade that a result file or a label table names. Raises ValueError for other words."""
        if label not in SEVERITY_LABELS:
            raise ValueError(f"{label!r} is none of the grades {', '.join(SEVERITY_LABELS)}")
        return cls(SEVERITY_LABELS.index(label))


SEVERITY_LABELS: tuple[str, str, str] = ("Normal/Mild", "Moderate", "Severe")


class Orientation(StrEnum):
    """How an image lies in the patient."""

    SAGITTAL = "sagittal"
    AXIAL = "axial"
    CORONAL = "coronal"
    OBLIQUE = "oblique"
    UNKNOWN = "unknown"


class Weighting(StrEnum):
    """The contrast of an MR image."""

    T1 = "T1"
    T2 = "T2"
    STIR = "STIR"
    PD = "PD"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a structure was not assessed (`reason_code` of the result file)."""

    NO_SERIES = "no_series"
    NOT_IN_SLICE = "not_in_slice"
    OUTSIDE_COVERAGE = "outside_coverage"
    NOT_LOCATED = "not_located"
    POOR_QUALITY = "poor_quality"
    UNSUPPORTED_GEOMETRY = "unsupported_geometry"
    SIDE_UNKNOWN = "side_unknown"
    NO_PACK = "no_pack"
    NOT_LUMBAR = "not_lumbar"
    READER_CANNOT_JUDGE = "reader_cannot_judge"


# What each structure is graded on; which packs there are decides whether it will be.
USED_ON: dict[Condition, tuple[Orientation, tuple[Weighting, ...]]] = {
    Condition.SPINAL_CANAL_STENOSIS: (Orientation.SAGITTAL, (Weighting.T2, Weighting.STIR)),
    Condition.NEURAL_FORAMINAL_NARROWING: (Orientation.SAGITTAL, (Weighting.T1,)),
    Condition.SUBARTICULAR_STENOSIS: (Orientation.AXIAL, (Weighting.T2,)),
}


@dataclass(frozen=True, slots=True)
class Target:
    """One structure that gets a grade.

    side:       of the patient; None for the canal and where the side cannot be known.
    image_side: of the picture, for an axial picture without geometry; else None.
    """

    condition: Condition
    level: Level
    side: Side | None
    image_side: Side | None = None

    @property
    def usual_side(self) -> Side | None:
        """Its side of the patient; of a picture's, the one that lies there as axial slices are seen as usual."""
        if self.image_side is None:
            return self.side
        return Side.LEFT if self.image_side is Side.RIGHT else Side.RIGHT


# The 25 structures of a study, in the order of the result file.
STUDY_TARGETS: tuple[Target, ...] = (
    *(Target(Condition.SPINAL_CANAL_STENOSIS, level, None) for level in LEVELS),
    *(
        Target(condition, level, side)
        for condition in (Condition.NEURAL_FORAMINAL_NARROWING, Condition.SUBARTICULAR_STENOSIS)
        for side in (Side.RIGHT, Side.LEFT)
        for level in LEVELS
    ),
)
