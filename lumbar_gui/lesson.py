"""What readers disagree on most, one structure after the other, to be looked at together. No Tk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lumbar_core.agreement.teaching import Disputed, read_disputed
from lumbar_core.agreement.wording import target_words
from lumbar_core.errors import ReadingError, Refused
from lumbar_core.study import Study
from lumbar_gui.sitting import open_plan
from lumbar_gui.worklist import Case, Worklist

TITLE = "Look at together"


class Lesson:
    """The disputed structures of a report, found again by the plan among the examinations.

    Raises ReadingError or WrongFormat where one of the files cannot be used.
    """

    def __init__(self, plan_path: Path, report_path: Path) -> None:
        self._plan = open_plan(plan_path)
        try:
            self._disputed = read_disputed(report_path.read_bytes())
        except OSError as error:
            finding = f"The report “{report_path.name}” cannot be read: {error.strerror}."
            raise ReadingError(finding, "Choose another.") from error
        self._shown: tuple[Disputed, ...] = ()

    def take(self, studies: Sequence[Study]) -> Worklist:
        """The list, out of these examinations. Raises Refused where none of it is there."""
        found = {self._plan.label(study): study for study in studies}
        self._shown = tuple(each for each in self._disputed if each.study in found)
        if not self._disputed:
            raise Refused("The readers disagree on nothing.")
        if not self._shown:
            raise Refused("None of the disputed studies is in there.", "Choose the folder that the plan was made of.")
        cases = tuple(
            Case(found[each.study], label=f"{each.study}, {target_words(each.target)}") for each in self._shown
        )
        return Worklist(cases, title=TITLE)

    @property
    def missing(self) -> tuple[str, ...]:
        """Disputed studies that were not handed over."""
        shown = {each.study for each in self._shown}
        return tuple(dict.fromkeys(each.study for each in self._disputed if each.study not in shown))

    def at(self, index: int) -> Disputed:
        """The structure that a case of the list is about."""
        return self._shown[index]

    def end(self) -> None:
        """Nothing is held open."""
