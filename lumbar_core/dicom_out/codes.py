"""The codes of the structured report: SNOMED CT and DCM where PS3.16 has one, else a scheme of our own.

Codes are taken from pydicom's copy of the standard by name, so that none is typed by hand.
"""

from __future__ import annotations

from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from lumbar_core.anatomy import Condition, Level, Severity, Side

OWN = "99LUMBARMRI"
OWN_NAME = "Lumbar MRI: grades and places that no public scheme has"

LEVELS: dict[Level, Code] = {
    Level.L1_L2: codes.SCT.LevelOfL1L2IntervertebralDisc,
    Level.L2_L3: codes.SCT.LevelOfL2L3IntervertebralDisc,
    Level.L3_L4: codes.SCT.LevelOfL3L4IntervertebralDisc,
    Level.L4_L5: codes.SCT.LevelOfL4L5IntervertebralDisc,
    Level.L5_S1: codes.SCT.LevelOfL5S1IntervertebralDisc,
}
SIDES: dict[Side, Code] = {Side.LEFT: codes.SCT.Left, Side.RIGHT: codes.SCT.Right}
STRUCTURES: dict[Condition, Code] = {
    Condition.SPINAL_CANAL_STENOSIS: codes.SCT.VertebralCanal,
    Condition.NEURAL_FORAMINAL_NARROWING: Code("FORAMEN", OWN, "Neural foramen"),
    Condition.SUBARTICULAR_STENOSIS: Code("RECESS", OWN, "Subarticular (lateral) recess"),
}
GRADES: dict[Severity, Code] = {
    Severity.NORMAL_MILD: Code("NORMAL_MILD", OWN, "Normal/Mild"),
    Severity.MODERATE: codes.SCT.Moderate,
    Severity.SEVERE: codes.SCT.Severe,
}
PROBABILITIES: dict[Severity, Code] = {
    severity: Code(f"P_{severity.name}", OWN, f"Probability of {severity.label}") for severity in Severity
}
FINDING = codes.SCT.Stenosis
SEVERITY = codes.SCT.Severity
PERCENT = codes.UCUM.Percent
PROGRAM_GRADE = Code("PROGRAM_GRADE", OWN, "Grade given by the program, before the reader")
TO_CHECK = Code("TO_CHECK", OWN, "To be checked by a reader")
YES = codes.SCT.Yes
NOT_ASSESSED = Code("NOT_ASSESSED", OWN, "Not assessed")
CANNOT_JUDGE = Code("CANNOT_JUDGE", OWN, "The reader cannot judge")
REASON = Code("REASON", OWN, "Reason why it was not assessed")
PROCEDURE = Code("LUMBAR_MRI", OWN, "Magnetic resonance imaging of the lumbar spine")


def reason(code: str) -> Code:
    """A reason_code of the result as a code."""
    return Code(code.upper(), OWN, code.replace("_", " "))
