"""The chosen finding in words: grade, three probabilities, views used, root, why to check, and the reader's say."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from functools import partial

from lumbar_core.anatomy import Condition, Level, Severity
from lumbar_core.report.result import Finding, ReaderMark, StudyResult
from lumbar_core.report.wording import why_less_probable
from lumbar_core.report.words import percent, root, sentence
from lumbar_core.study import Study
from lumbar_gui.expectation import series_title
from lumbar_gui.keymap import keys_of, shown
from lumbar_gui.places import find_instance, locations
from lumbar_gui.views import theme
from lumbar_gui.views.bars import Bar
from lumbar_gui.views.button_row import ButtonRow
from lumbar_gui.views.look import Look

STRUCTURE = {
    Condition.SPINAL_CANAL_STENOSIS: "spinal canal",
    Condition.NEURAL_FORAMINAL_NARROWING: "foramen",
    Condition.SUBARTICULAR_STENOSIS: "lateral recess",
}
TONE = {Severity.NORMAL_MILD: "normal_mild", Severity.MODERATE: "moderate", Severity.SEVERE: "severe"}
# What the reader may say: for `mark`, in words, and the request's name in keymap.py.
CHANGES = (
    ("n", "Normal/Mild", "normal_mild"),
    ("m", "Moderate", "moderate"),
    ("s", "Severe", "severe"),
    ("x", "Cannot judge", "cannot_judge"),
)


class FindingPanel(tk.Frame):
    """A card below the grid."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        agree: Callable[[], None],
        mark: Callable[[str], None],
        evidence: Callable[[], None],
        behind: Callable[[], None],
    ) -> None:
        super().__init__(parent, background=str(parent["background"]))
        self._look = look
        self._mark = mark
        card = look.card(self)
        card.pack(fill="both", expand=True)
        head = look.frame(card)
        head.pack(fill="x")
        self._grade = look.label(head, "", "text", "text")
        self._grade.pack(side="right", padx=(look.px(8), 0))
        self._title = look.wrapping(head, "", "text", "bold")
        self._title.pack(side="left", fill="x", expand=True)
        self._bars = look.frame(card)
        self._bars.columnconfigure(1, weight=1)
        self._rows = {grade: self._bar_row(row, grade) for row, grade in enumerate(reversed(Severity))}
        self._words = look.wrapping(card, "", "dim", "small")
        self._check = look.wrapping(card, "", "accent", "small")
        self._reader = look.wrapping(card, "", "text", "small")
        self._buttons = ButtonRow(card, look)
        self.agree = look.button(self._buttons, "", agree)
        self.change = look.button(self._buttons, "", self._ask)
        self.evidence = look.button(self._buttons, "", evidence)
        self.behind = look.button(self._buttons, "", behind)
        self.name_keys(keys_of({}))

    def show(
        self, result: StudyResult, study: Study, finding: Finding | None, *, blind: bool = False, closed: bool = False
    ) -> None:
        """Fill in a finding.

        blind: the program's grade is not there to be seen, and no word says that it is not. closed: nothing can be
        said of it any more.
        """
        self.clear()
        px = self._look.px
        if finding is None:
            self._title.configure(text="Choose a cell to see where it comes from")
            return
        self._title.configure(text=title(finding))
        self._show_grade(finding, "not graded yet" if blind and finding.reader is None else "not assessed")
        if finding.probabilities is not None:
            self._bars.pack(fill="x", pady=(px(8), 0))
            for grade, (bar, share) in self._rows.items():
                bar.set(finding.probabilities[grade])
                share.configure(text=percent(finding.probabilities[grade]))
        self._say(self._words, describe(result, study, finding))
        self._say(self._check, "⚑ Check: " + "; ".join(finding.check_reasons) if finding.is_to_check else "")
        self._say(self._reader, blind_words(finding) if blind else reader_words(finding))
        letters = " ".join(says for _, _, says in self._changes)
        self.change.configure(text=f"{'Grade' if blind else 'Change'}  {letters}")
        self._buttons.pack(fill="x", pady=(px(10), 0))
        self.agree.state(["!disabled" if finding.assessed and not closed else "disabled"])
        self.change.state(["disabled" if closed else "!disabled"])
        self.evidence.state(["!disabled" if locations(finding) else "disabled"])
        self.behind.state(["!disabled" if finding.assessed else "disabled"])

    def clear(self) -> None:
        """Forget the finding."""
        for part in (self._bars, self._words, self._check, self._reader, self._buttons):
            part.pack_forget()
        for label in (self._title, self._grade, self._words, self._check, self._reader):
            label.configure(text="")
        for bar, share in self._rows.values():
            bar.set(0.0)
            share.configure(text="")

    def name_keys(self, keys: Mapping[str, str]) -> None:
        """Say on the buttons which keys they are, from the next finding that is shown on."""
        enter = "⏎" if keys["agree"] == "Return" else shown(keys["agree"])
        self.agree.configure(text=f"Agree {enter}")
        self._changes = tuple((key, words, shown(keys[name])) for key, words, name in CHANGES)
        self.evidence.configure(text=f"Evidence  {shown(keys['evidence'])}")
        self.behind.configure(text=f"What it saw  {shown(keys['behind'])}")

    def _show_grade(self, finding: Finding, none: str) -> None:
        grade = finding.shown_grade
        if grade is None:
            self._grade.configure(text=none, foreground=self._look.tone("dim"))
        else:
            tone = self._look.tone(TONE[grade])
            self._grade.configure(text=f"{theme.SHAPES[grade]} {grade.label}", foreground=tone)

    def _bar_row(self, row: int, grade: Severity) -> tuple[Bar, tk.Label]:
        px = self._look.px
        self._look.label(self._bars, grade.label, "text", "small").grid(row=row, column=0, sticky="w", pady=px(3))
        bar = Bar(self._bars, self._look, TONE[grade], width=60)
        bar.grid(row=row, column=1, sticky="ew", padx=px(12))
        share = self._look.label(self._bars, "", "text", "small")
        share.configure(width=5, anchor="e")
        share.grid(row=row, column=2, sticky="e")
        return bar, share

    def _say(self, label: tk.Label, words: str) -> None:
        label.configure(text=words)
        if words:
            label.pack(fill="x", pady=(self._look.px(6), 0))

    def _ask(self) -> None:
        menu = self._look.menu(self)
        for key, words, says in self._changes:
            menu.add_command(label=f"{words}   {says}", command=partial(self._mark, key))
        menu.tk_popup(self.change.winfo_rootx(), self.change.winfo_rooty() + self.change.winfo_height())


def title(finding: Finding) -> str:
    """ "L4/L5 · left foramen" """
    level = "Level unknown" if finding.level is Level.UNKNOWN else finding.level.value
    structure = STRUCTURE[finding.condition]
    if finding.side is not None:
        return f"{level} · {finding.side.value} {structure}"
    if finding.image_side is not None:
        return f"{level} · {structure} on the picture's {finding.image_side.value}"
    return f"{level} · {structure}" + ("" if finding.condition is Condition.SPINAL_CANAL_STENOSIS else ", side unknown")


def describe(result: StudyResult, study: Study, finding: Finding) -> str:
    """Views used, whether they agree, the root concerned; or why there is no grade."""
    if not finding.assessed:
        return f"{finding.reason[:1].upper()}{finding.reason[1:].rstrip('. ')}."
    sentences = [f"From {views_used(study, finding)}."]
    if finding.worst_view is not None and finding.grade is not None and finding.worst_view > finding.grade:
        sentences.append(f"The worst single view says {finding.worst_view.label}.")
    if finding.borderline:
        sentences.append("Two neighbouring grades are close.")
    if words := why_less_probable(finding):
        sentences.append(sentence(words))
    concerned = root(finding, result.numbering)
    if concerned is not None:
        sentences.append(f"{concerned[:1].upper()}{concerned[1:]}.")
    return " ".join(sentences)


def views_used(study: Study, finding: Finding) -> str:
    """ "Sagittal T2 slices 8–10 and Axial T2 slice 46" """
    slices: dict[str, tuple[str, set[int], int]] = {}
    for location in locations(finding):
        found = find_instance(study, location)
        if found is not None:
            series, index = found
            kept = slices.setdefault(series.id, (series_title(series), set(), len(series.instances)))
            kept[1].add(index + 1)
    words = [_slices(*seen) for seen in slices.values()]
    return " and ".join(words) if words else "this picture"


def _slices(name: str, numbers: set[int], of: int) -> str:
    if of == 1:
        return f"the {name} picture"
    ordered = sorted(numbers)
    if len(ordered) == 1:
        return f"{name} slice {ordered[0]}"
    if ordered == list(range(ordered[0], ordered[-1] + 1)):
        return f"{name} slices {ordered[0]}–{ordered[-1]}"
    return f"{name} slices {', '.join(map(str, ordered))}"


def blind_words(finding: Finding) -> str:
    """What the reader said, and no word of anyone else."""
    mark = finding.reader
    if mark is None:
        return ""
    return f"✓ You: {mark.grade.label if mark.grade is not None else 'cannot be judged'}."


def reader_words(finding: Finding) -> str:
    """What the reader said, and where the reader put it."""
    own = finding.own
    was = f" At its own place the program said {own.grade.label}." if own is not None and own.grade is not None else ""
    placed = f"✓ Graded where you put it.{was}" if own is not None else ""
    return " ".join(filter(None, (placed, _mark_words(finding.reader))))


def _mark_words(mark: ReaderMark | None) -> str:
    if mark is None:
        return ""
    was = mark.was.label if mark.was is not None else "not assessed"
    if mark.status == "agreed":
        return "✓ You agree."
    if mark.status == "cannot_judge":
        return f"✓ You: cannot be judged. The program said {was}."
    return f"✓ You: {mark.grade.label if mark.grade is not None else ''}. The program said {was}."
