"""A header without identity: each attribute as the table says, and what it does not name only where it is harmless."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pydicom.datadict import dictionary_has_tag, dictionary_VM, dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID

from lumbar_core.dicom_out.deidentify.coded import known_item
from lumbar_core.dicom_out.deidentify.profile import Action, Option, rule_for
from lumbar_core.dicom_out.deidentify.pseudonyms import Pseudonyms
from lumbar_core.dicom_out.deidentify.words import clean_description, known_term
from lumbar_core.reading.dicom.acquisition import says_agent_given

_NUMBER_TEXTS = frozenset({"DS", "IS"})
_NUMBER_BYTES = {"US": 2, "SS": 2, "UL": 4, "SL": 4, "FL": 4, "FD": 8, "SV": 8, "UV": 8, "AT": 4}
_SHORT_TEXTS = frozenset({"LO", "SH", "CS", "PN", "AE", "UC"})
_LONG_TEXTS = frozenset({"ST", "LT", "UT"})
_DUMMIES = {"DA": "20000101", "TM": "000000", "DT": "20000101000000", "DS": "0", "IS": "0", "AS": "000Y"}
_DUMMY_TEXT = "REMOVED"
_NUMBER = re.compile(rb"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?")
_LONGEST_NUMBER = 64  # a decimal string has 16 characters, but real files write more
_AGE = re.compile(r"\d{3}[DWMY]")
_OLDEST = "090Y"  # older people are few enough to be found by their age
# Tables of numbers that belong to the pixels: look-up table, and where the frames lie.
_PIXEL_TABLES = frozenset({0x00283006, 0x7FE00001, 0x7FE00002})
# Texts with defined terms (Rescale Type, Modality LUT Type), and a code string that is an age.
_TERM_TEXTS = frozenset({0x00281054, 0x00283004})
_CONTRAST_AGENT, _AGE_TAG = Tag("ContrastBolusAgent"), Tag("PatientAge")


class Cleaner:
    """Cleans the headers of one patient's files; enhanced: of enhanced MR images, which require more attributes."""

    def __init__(self, names: Pseudonyms, options: frozenset[Option], enhanced: bool) -> None:
        self._names = names
        self._options = options
        self._enhanced = enhanced
        self._actions: dict[Action, Callable[[Dataset, BaseTag], DataElement | RawDataElement | None]] = {
            Action.DUMMY: self._dummy,
            Action.EMPTY: self._empty,
            Action.KEEP: self._kept,
            Action.CLEAN: self._cleaned,
            Action.NEW_UID: self._kept,
        }

    def clean(self, dataset: Dataset) -> Dataset:
        """What may stay of a data set, its sequences included; private attributes and pixels never do."""
        made = Dataset()
        for tag in sorted(dataset.keys()):
            if tag.group < 8 or tag.is_private or tag.element == 0 or (tag.group == 0x7FE0 and tag.elem > 2):
                continue
            element = self._element(dataset, tag)
            if element is not None:
                made[tag] = element
        return made

    def _element(self, dataset: Dataset, tag: BaseTag) -> DataElement | RawDataElement | None:
        rule = rule_for(tag)
        action = Action.KEEP if rule is None else rule.action(self._options, self._enhanced)
        if action is Action.REMOVE or not dictionary_has_tag(tag):
            return None
        return self._actions[action](dataset, tag)

    def _empty(self, dataset: Dataset, tag: BaseTag) -> DataElement:
        vr = dictionary_VR(tag)
        # That an agent was given is no identity, and readers have to know it; which one may be a free text.
        if tag == _CONTRAST_AGENT and says_agent_given(_text(dataset, tag)):
            return DataElement(tag, vr, _DUMMY_TEXT)
        return DataElement(tag, vr, Sequence() if vr == "SQ" else None)

    def _dummy(self, dataset: Dataset, tag: BaseTag) -> DataElement | None:
        """A value of the attribute's kind in place of the one it has; the same for the same."""
        vr, value = dictionary_VR(tag), _text(dataset, tag)
        if vr in {"SQ", "UI"} or not value:
            return self._empty(dataset, tag) if vr != "UI" else self._uids(tag, value)
        if vr in _SHORT_TEXTS:
            return DataElement(tag, vr, self._names.word(value))
        if vr in _LONG_TEXTS:
            return DataElement(tag, vr, _DUMMY_TEXT)
        return DataElement(tag, vr, _DUMMIES[vr]) if vr in _DUMMIES else None

    def _cleaned(self, dataset: Dataset, tag: BaseTag) -> DataElement | RawDataElement | None:
        """What an option leaves of a value; nothing, where that is nothing."""
        vr, value = dictionary_VR(tag), _text(dataset, tag)
        if vr in {"DA", "DT"}:
            moved = [self._names.day(part.strip()) for part in value.split("\\")]
            return DataElement(tag, vr, moved) if all(moved) else self._empty(dataset, tag)
        if vr == "TM":
            return DataElement(tag, vr, value if re.fullmatch(r"\d{2,6}(\.\d{1,6})?", value) else None)
        if vr in _SHORT_TEXTS | _LONG_TEXTS:
            return DataElement(tag, vr, clean_description(value))
        return self._empty(dataset, tag) if vr == "SQ" else None

    def _kept(self, dataset: Dataset, tag: BaseTag) -> DataElement | RawDataElement | None:
        """The value as it is where it is a number, else only what of it is known; None where nothing is."""
        vr = dictionary_VR(tag)
        if vr == "SQ":
            return self._items(dataset, tag)
        if vr == "UI":
            return self._uids(tag, _text(dataset, tag))
        if vr == "CS" or tag in _TERM_TEXTS:
            terms = [known_term(part.strip(" \0"), self._names) for part in _text(dataset, tag).split("\\")]
            return DataElement(tag, vr, terms)
        if tag == _AGE_TAG:
            return _age(_text(dataset, tag))
        return _number(dataset.get_item(tag), tag, vr)

    def _uids(self, tag: BaseTag, value: str) -> DataElement:
        """UIDs that the standard itself defines stay; all others get new ones."""
        found = [part.strip(" \0") for part in value.split("\\")]
        return DataElement(
            tag, "UI", [part if not part or is_standard(part) else self._names.uid(part) for part in found]
        )

    def _items(self, dataset: Dataset, tag: BaseTag) -> DataElement | None:
        """The sequence with its items cleaned; codes that no public scheme has go, and items of an unknown shape."""
        value = dataset[tag].value
        if not isinstance(value, Sequence):
            return None
        cleaned = []
        for item in value:
            made = self.clean(item)
            if any(keyword in item for keyword in ("CodeValue", "LongCodeValue", "URNCodeValue")):
                code = known_item(item)
                if code is None:
                    continue
                made.update(code)
            cleaned.append(made)
        return DataElement(tag, "SQ", Sequence(cleaned)) if cleaned or not value else None


def _text(dataset: Dataset, tag: BaseTag) -> str:
    """The value as the file writes it; "" where it is a sequence or cannot be read."""
    found: Any = dataset.get_item(tag)
    if isinstance(found, RawDataElement):
        return (found.value or b"").decode("latin-1").strip(" \0")
    value = found.value
    if isinstance(value, Sequence) or value is None:
        return ""
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _number(found: Any, tag: BaseTag, vr: str) -> RawDataElement | None:
    """The stored bytes of a number or of a table of the pixels, where they are one; None for anything else."""
    if not isinstance(found, RawDataElement):
        return None
    value, stored = found.value or b"", found.VR or vr
    if tag in _PIXEL_TABLES:
        return found
    if vr in _NUMBER_TEXTS and stored in {*_NUMBER_TEXTS, "UN"}:
        parts = [part.strip(b" \0") for part in value.split(b"\\")]
        fine = all(not part or (len(part) <= _LONGEST_NUMBER and _NUMBER.fullmatch(part)) for part in parts)
        return found if fine else None
    size = _NUMBER_BYTES.get(stored, _NUMBER_BYTES.get(vr[:2], 0))
    if not size or vr[:2] not in _NUMBER_BYTES or len(value) % size:
        return None
    most = dictionary_VM(tag).split("-")[-1]
    return found if "n" in most or len(value) <= size * int(most) else None


def _age(value: str) -> DataElement | None:
    """An age; None where the text is none."""
    if not _AGE.fullmatch(value):
        return None
    return DataElement(_AGE_TAG, "AS", min(value, _OLDEST) if value.endswith("Y") else value)


def is_standard(uid: str) -> bool:
    """Whether there is none, or PS3.6 registers it: a class, a syntax, a well-known frame of reference."""
    return not uid or UID(uid).name != uid
