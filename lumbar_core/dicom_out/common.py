"""What every object that the program makes has in common: whose it is, what it says of itself, where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from lumbar_core.report.result import StudyResult

MANUFACTURER = "Lumbar MRI (free software)"
UNREVIEWED = "AI, research use, unreviewed"
IN_PART = "AI, research use, reviewed in part, unverified"
REVIEWED = "AI, research use, seen by a reader, unverified"


@dataclass(frozen=True, slots=True)
class Place:
    """A series of its own for one kind of object, and when it was made."""

    series_uid: str
    series_number: int
    made_at: datetime


def new_uid() -> str:
    """A UID that nobody else has, from a random number (PS3.5 B.2, root 2.25)."""
    return str(generate_uid(prefix=None))


def new_place(series_number: int, made_at: datetime) -> Place:
    """A fresh series."""
    return Place(new_uid(), series_number, made_at)


def finish(made: Dataset, result: StudyResult, place: Place) -> Dataset:
    """Say in the object what it is: who made it with which networks, and that nobody has verified it."""
    marked = any(finding.reader is not None for finding in result.findings)
    seen = all(finding.confirmed for finding in result.findings)
    made.SeriesDescription = REVIEWED if seen else IN_PART if marked else UNREVIEWED
    made.SpecificCharacterSet = "ISO_IR 192"  # UTF-8: names are written as they were read, whatever their letters
    made.SeriesDate = made.ContentDate = f"{place.made_at:%Y%m%d}"
    made.SeriesTime = made.ContentTime = f"{place.made_at:%H%M%S}"
    made.Manufacturer = MANUFACTURER
    made.ManufacturerModelName = result.program.name
    made.DeviceSerialNumber = "none"
    made.SoftwareVersions = [result.program.version, *(f"{pack.name} {pack.version}" for pack in result.packs)]
    return made
