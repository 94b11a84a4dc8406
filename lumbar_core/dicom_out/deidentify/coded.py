"""Coded values: a code of a public scheme stays, with the meaning that the scheme gives it; others may be free text."""

from __future__ import annotations

from functools import cache
from typing import cast

from pydicom.dataset import Dataset
from pydicom.sr._concepts_dict import concepts
from pydicom.sr._snomed_dict import mapping

_OLD_SNOMED = frozenset({"SRT", "SNM3", "99SDM"})


def known_item(item: Dataset) -> Dataset | None:
    """Value, scheme and meaning anew, in SNOMED CT for older SNOMED codes; None for a code that is not known here."""
    value, scheme = str(item.get("CodeValue", "")).strip(), str(item.get("CodingSchemeDesignator", "")).strip()
    if scheme in _OLD_SNOMED:
        value, scheme = mapping["SRT"].get(value, ""), "SCT"
    meaning = _meanings().get((scheme, value))
    if meaning is None:
        return None
    made = Dataset()
    made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = value, scheme, meaning[:64]
    return made


@cache
def _meanings() -> dict[tuple[str, str], str]:
    """Pydicom's copy of the standard's codes, which it offers by name only, by scheme and value."""
    found: dict[tuple[str, str], str] = {}
    for scheme, names in cast("dict[str, dict[str, dict[str, tuple[str, object]]]]", concepts).items():
        for values in names.values():
            found |= {(scheme, value): meaning for value, (meaning, _) in values.items()}
    return found
