"""Every error that the program raises on purpose.

LumbarError
├── ReadingError          a file or folder that cannot be used
│   ├── WrongFormat       not a format that the program accepts
│   ├── Damaged           the right format, but broken or cut short
│   ├── Refused           readable, but not safe or not meant to be read (bomb, CT, encrypted …)
│   └── SeveralStudies    more than one patient or examination where one is wanted
├── GeometryError         a plane or point that cannot be
├── LocalisationError     the levels could not be found
├── ModelError            a model pack that is missing, altered or does not fit
├── SavingError           what could not be written: a report, results, a model pack; an old file is intact
├── PrintingError         a report that could not be handed to a printer
└── Cancelled             the user stopped the work
"""

from __future__ import annotations


class LumbarError(Exception):
    """What was found and what can be done about it.

    `str(error)` is one text a radiographer can act on; the two halves are kept apart for the window.
    """

    def __init__(self, finding: str, remedy: str = "") -> None:
        super().__init__(f"{finding} {remedy}".strip())
        self.finding = finding
        self.remedy = remedy


class ReadingError(LumbarError):
    """A file or folder that cannot be used."""


class WrongFormat(ReadingError):
    """Not a format that the program accepts."""


class Damaged(ReadingError):
    """The right format, but broken or cut short."""


class Refused(ReadingError):
    """Readable, but not safe, or not what the program is for."""


class SeveralStudies(ReadingError):
    """More than one patient or examination where one is wanted."""


class GeometryError(LumbarError):
    """A plane or point that cannot be."""


class LocalisationError(LumbarError):
    """The levels could not be found."""


class ModelError(LumbarError):
    """A model pack that is missing, altered or does not fit."""


class SavingError(LumbarError):
    """What could not be written: a report, results, a model pack. A file that stood there before is intact."""


class PrintingError(LumbarError):
    """A report that could not be handed to a printer."""


class Cancelled(LumbarError):
    """The user stopped the work."""

    def __init__(self) -> None:
        super().__init__("Cancelled.")
