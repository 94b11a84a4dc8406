"""A file's header as lines to look through: values cut, sequences counted, never the whole data set as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, BinaryIO

import pydicom
from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.multival import MultiValue

from lumbar_core.reading.dicom.part10 import open_shell
from lumbar_core.reading.dicom.values import PARSER_FAULTS, at_the_door

LONGEST = 200  # letters of a value
MOST = 2000  # elements of a header
_IDENTIFIERS = ("AccessionNumber", "StudyID", "Institution", "Station", "Serial", "Comment", "Physician", "Operator")
_TELLING = frozenset({"PN", "DA", "DT", "TM", "UI"})  # names, dates and times, identifiers


@dataclass(frozen=True, slots=True)
class TagLine:
    """One element: "(0010,0020)", "PatientID" (or "" for a private one), "LO", and its value cut to `LONGEST`."""

    tag: str
    keyword: str
    vr: str
    value: str

    @property
    def is_identity(self) -> bool:
        """Whether it may tell who somebody is, or which examination: private elements may, and so do texts."""
        group = int(self.tag[1:5], 16)
        return group == 0x0010 or group % 2 == 1 or self.vr in _TELLING or any(w in self.keyword for w in _IDENTIFIERS)

    def matches(self, words: str) -> bool:
        """Whether all words stand in the line, whatever their case."""
        line = f"{self.tag} {self.keyword} {self.vr} {self.value}".casefold()
        return all(word in line for word in words.casefold().split())


def list_tags(stream: BinaryIO, name: str) -> tuple[TagLine, ...]:
    """The elements before the pixels, in the order of their tags, `MOST` at most. Raises as `read_images`."""
    with at_the_door(name):
        shell = open_shell(stream, name)
        dataset = pydicom.dcmread(shell.stream, stop_before_pixels=True, force=True)
        return tuple(_line(dataset, tag) for tag in sorted(dataset.keys())[:MOST])


def _line(dataset: pydicom.Dataset, tag: Any) -> TagLine:
    number = f"({tag.group:04X},{tag.elem:04X})"
    raw = dataset.get_item(tag)
    vr = str(raw.VR or "") if isinstance(raw, RawDataElement | DataElement) else ""
    try:
        element = dataset[tag]
    except PARSER_FAULTS:
        return TagLine(number, keyword_for_tag(tag), vr, "cannot be read")
    return TagLine(number, keyword_for_tag(tag), str(element.VR), _words(element))


def _words(element: DataElement) -> str:
    value = element.value
    if element.VR == "SQ":
        return f"{len(value)} item(s)"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    shown = " \\ ".join(map(str, value[:LONGEST])) if isinstance(value, MultiValue) else str(value)
    plain = "".join(letter if letter.isprintable() else " " for letter in shown)
    return plain if len(plain) <= LONGEST else f"{plain[:LONGEST]}…"
