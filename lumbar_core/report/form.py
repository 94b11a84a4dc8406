"""How a report for people is to look: language, paper, the clinic's header, the reader's remark (DESIGN.md §6)."""

from __future__ import annotations

from dataclasses import dataclass

from lumbar_core.errors import SavingError
from lumbar_core.report.language import ENGLISH
from lumbar_core.report.letters import unprintable

# Width and height in points (ISO 216, ANSI Y14.1).
PAPERS: dict[str, tuple[float, float]] = {"a4": (595.28, 841.89), "letter": (612.0, 792.0)}
PAPER_NAMES: dict[str, str] = {"a4": "A4", "letter": "Letter"}
MOST_HEADER_LINES = 4


@dataclass(frozen=True, slots=True)
class ReportForm:
    """What the user wants of a report beside its result.

    language: one of LANGUAGES. paper: one of PAPERS. header: of the clinic, a few lines. remark: free text on this
    result alone; it may name the patient, so it stands in the report and in no other file (docs/decisions/0032).
    """

    language: str = ENGLISH
    paper: str = "a4"
    header: str = ""
    remark: str = ""

    def check(self) -> None:
        """Raises SavingError for text that the report's fonts have no letters for."""
        for name, text in (("header", self.header), ("remark", self.remark)):
            if missing := unprintable(text):
                raise SavingError(
                    f"The report's fonts have no letters for “{missing}” in the {name}.",
                    "Write it in Latin, Greek, Cyrillic, Armenian or Georgian letters.",
                )
