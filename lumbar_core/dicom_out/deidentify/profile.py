"""What the standard asks for each attribute: PS3.15 Table E.1-1 as data, and which of its options are applied.

The table lies beside this module (profile.tsv); its heading names the edition.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from pydicom.datadict import tag_for_keyword
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

EDITION = "2026c"


class Action(StrEnum):
    """The action codes of Table E.1-1a that are left once an alternative ("X/Z/D") is decided."""

    DUMMY = "D"
    EMPTY = "Z"
    REMOVE = "X"
    KEEP = "K"
    CLEAN = "C"
    NEW_UID = "U"


class Option(StrEnum):
    """What may be retained beyond the basic profile, by the names of the command line."""

    DATES = "dates"
    PATIENT = "patient"
    DESCRIPTORS = "descriptors"


# Codes of PS3.16 CID 7050, by name, so that none is typed by hand.
PROFILE_CODE: Code = codes.DCM.BasicApplicationConfidentialityProfile
OPTION_CODES: dict[Option, Code] = {
    Option.DATES: codes.DCM.RetainLongitudinalTemporalInformationModifiedDatesOption,
    Option.PATIENT: codes.DCM.RetainPatientCharacteristicsOption,
    Option.DESCRIPTORS: codes.DCM.CleanDescriptorsOption,
}

# Free text that the table does not name, but an MR image has to have (PS3.3 C.7.5, C.7.4.1, C.7.6.16.2.2).
_BEYOND = {
    "Manufacturer": "Z/D",
    "ManufacturerModelName": "X/D",
    "PositionReferenceIndicator": "Z",
    "StackID": "X/D",
    "SpecificCharacterSet": "X",  # what is left is plain ASCII
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: the basic profile's action, alternatives and all, and that of each option which has one."""

    basic: str
    options: dict[Option, Action]

    def action(self, chosen: frozenset[Option], enhanced: bool) -> Action:
        """The action for an object of one kind.

        Of alternatives the first, which removes most, is enough for a classic MR image, where these attributes are
        optional or may be empty; enhanced ones require many of them (PS3.3 A.36): they get the last.
        References between images are kept joined, by new UIDs, in both.
        """
        for option, action in self.options.items():
            if option in chosen:
                return action
        if self.basic.endswith("U*"):
            return Action.NEW_UID
        return Action(self.basic.split("/")[-1 if enhanced else 0])


def rule_for(tag: int) -> Rule | None:
    """The rule for an attribute; None where the table says nothing of it."""
    table = _table()
    found = table.get(f"{tag:08X}")
    if found is None and tag >> 24 in (0x50, 0x60):  # curves and overlays: every group of them
        return Rule("X", {})
    return found


@cache
def _table() -> dict[str, Rule]:
    rows = {f"{tag_for_keyword(keyword) or 0:08X}": Rule(basic, {}) for keyword, basic in _BEYOND.items()}
    for line in Path(__file__).with_name("profile.tsv").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            tag, basic, options, _ = line.split("\t")
            pairs = (pair.split(":") for pair in options.split())
            rows[tag] = Rule(basic, {Option(name): Action(action) for name, action in pairs})
    return rows
