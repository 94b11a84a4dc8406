"""What the reader says of the findings: kept, in the journal against a crash, taken back and done again.

What is drawn on the pictures is taken back in its turn with it; it is in no journal, as it is in no report.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lumbar_core.report.result import Alternative, Finding, StudyResult
from lumbar_gui import measures, problems, reader_marks
from lumbar_gui.browsing import Browser
from lumbar_gui.history import Drawn, History, Moment
from lumbar_gui.journal import Journal
from lumbar_gui.state import Page, State


class Marking:
    """grading: whether the networks are at work on this case: then nothing is said of a result that goes."""

    def __init__(self, state: State, journal: Journal, browser: Browser, grading: Callable[[], bool]) -> None:
        self._state = state
        self._journal = journal
        self._browser = browser
        self._grading = grading
        self._history = History()
        self._clean: StudyResult | None = None  # the result whose marks are all in a file, or that has none
        self._drawn = Drawn(())
        state.subscribe(self._note_drawn)

    def mark(self, key: str) -> None:
        """The reader's grade for the chosen finding: n, m, s or x."""
        if self._state.finding is not None:
            self._say(reader_marks.marked(self._state.finding, key))

    def agree(self) -> None:
        """The reader agrees with the chosen finding."""
        finding = self._state.finding
        if finding is not None and finding.assessed:
            self._say(reader_marks.agreed(finding))

    def keep(self, result: StudyResult) -> None:
        """A result with something new of the reader's."""
        if self._state.result is not None:
            self.remember(self._state.result, self._state.numbering)
        self._journal.keep(result)
        self._state.change(result=result, edited=True, saved=None)

    def remember(self, result: StudyResult, numbering: Alternative | None) -> None:
        """What is shown is about to change: undo leads back to this."""
        self._history.add(Moment(result, numbering))

    def flag_again(self, flagged: Callable[[StudyResult], StudyResult]) -> None:
        """Other thresholds: what is shown, and what undo leads back to, is flagged by them."""
        self._history.change_results(flagged)
        if self._state.result is not None:
            self._state.change(result=flagged(self._state.result), saved=None)

    def note_clean(self, result: StudyResult) -> None:
        """The marks of this result are all in a file, or there are none."""
        self._clean = result

    def undo(self) -> None:
        """Take back the reader's latest mark, counting or drawing."""
        self._go(self._history.back)

    def redo(self) -> None:
        """Do again what was taken back."""
        self._go(self._history.forth)

    def follow(self, chosen: Finding | None) -> None:
        """The same structure stays chosen in another result; where that has it not, the pictures go to its namesake."""
        result = self._state.result
        if chosen is None or result is None:
            return
        found = reader_marks.found_again(chosen, result)
        if found is not None:
            self._state.change(selected=found.key)
        elif chosen.location is not None:
            self._browser.select(chosen.key)

    def forget(self) -> None:
        """The case is closed."""
        self._history.forget()
        self._clean = None

    def _say(self, marked: Finding) -> None:
        """Keep what the reader says of a finding; confirmed is only what was on the screen."""
        result = self._state.result
        if result is None or self._grading():
            return
        if marked.reader is not None and marked.reader.status == "agreed" and marked.key not in self._state.viewed:
            self._state.change(problem=problems.NOT_SEEN)
        else:
            self.keep(reader_marks.with_finding(result, marked))

    def _note_drawn(self, changed: frozenset[str]) -> None:
        """A length or an angle is done or taken away: undo leads back to what was there before."""
        if "panes" not in changed:
            return
        panes, before = self._state.panes, self._drawn
        self._drawn = Drawn(measures.whole(panes) if panes is not None else ())
        if panes is not None and self._drawn != before:
            self._history.add(before)

    def _go(self, step: Callable[[Moment, Drawn], Moment | Drawn | None]) -> None:
        result, chosen = self._state.result, self._state.finding
        if result is None or self._state.busy or self._state.page is not Page.RESULTS:
            return
        moment = step(Moment(result, self._state.numbering), self._drawn)
        if isinstance(moment, Drawn) and self._state.panes is not None:
            self._drawn = moment
            self._state.change(panes=replace(self._state.panes, measures=moment.measures, pointer=None))
        elif isinstance(moment, Moment):
            self._show(moment, result, chosen)

    def _show(self, moment: Moment, result: StudyResult, chosen: Finding | None) -> None:
        """Another moment of this case; the journal holds what of it no file has."""
        edited = self._clean is None or reader_marks.marks_of(moment.result) != reader_marks.marks_of(self._clean)
        if edited:
            self._journal.keep(moment.result)
        if not edited or moment.numbering != self._state.numbering:
            self._journal.forget(result)
        viewed = reader_marks.carried_keys(result, moment.result, self._state.viewed)
        self._state.change(result=moment.result, numbering=moment.numbering, edited=edited, viewed=viewed, saved=None)
        self.follow(chosen)
