"""Results: headline first, pictures left, the grid and what belongs to it right."""

from __future__ import annotations

import tkinter as tk

from lumbar_core.agreement.wording import disputed_sentence
from lumbar_core.anatomy import Level, Severity
from lumbar_core.report.headline import headline, second_line
from lumbar_core.report.impression import impression_to_copy
from lumbar_core.report.language import speaking
from lumbar_core.report.result import NOT_LOOKED_FOR, StudyResult
from lumbar_core.report.save import suggested_name, unused
from lumbar_core.report.wording import not_assessed_sentences
from lumbar_core.study import InputKind, Study
from lumbar_gui.blind import room_words
from lumbar_gui.expectation import readable_date
from lumbar_gui.keymap import keys_of
from lumbar_gui.snapshot import picture_png
from lumbar_gui.state import Leaving, Page
from lumbar_gui.views import theme
from lumbar_gui.views.ask_bar import AskBar
from lumbar_gui.views.banner import Banner
from lumbar_gui.views.comparison_card import ComparisonCard
from lumbar_gui.views.dispute_card import DisputeCard
from lumbar_gui.views.finding_panel import FindingPanel
from lumbar_gui.views.grade_grid import NOT_ASSESSED, GradeGrid
from lumbar_gui.views.numbering_bar import NumberingBar
from lumbar_gui.views.page import Tools, View
from lumbar_gui.views.picture_area import PictureArea
from lumbar_gui.views.scrolled import Scrolled
from lumbar_gui.views.text_area import TextArea

PANEL_WIDTH = 496
NARROW_SHARE = 0.56  # of a narrow window that the grid's column may take
NARROW = 760
LEAVING = {
    Leaving.BACK: "Your marks or your remark are in no report yet. Going back forgets them.",
    Leaving.CLOSE: "Your marks or your remark are in no report yet. Closing forgets them.",
    Leaving.NEXT: "Your marks or your remark are in no report yet. Going on forgets them.",
    Leaving.OPEN: "Your marks or your remark are in no report yet. Opening another study forgets them.",
}
UNREVIEWED = (
    "You have not seen and marked {count} of {of} findings. Write them for the archive all the same, marked unreviewed?"
)


class ResultsPage(View):
    """What was found."""

    hint = "Click a cell to see where · F1 help"

    def __init__(self, parent: tk.Misc, bar: tk.Misc, tools: Tools) -> None:
        super().__init__(parent, bar, tools)
        look, px = self.look, self.look.px
        self._identity = tk.BooleanVar(self, False)
        self._identity_box = look.check(self.actions, "with patient's identity", self._identity, lambda: None)
        self.back = look.button(self.actions, "Back", self.controller.back)
        self.back.pack(side="left", padx=(0, px(12)))
        self.next = look.button(self.actions, "Next", self.controller.next_case)
        self.print = look.button(self.actions, "Print", self.print_report)
        self.save = look.button(self.actions, "Save result…", self.ask_and_save, "Primary")
        self.save.configure(padding=(px(16), px(9)))
        self.save.pack(side="left")
        self.archive = look.button(self.actions, "To archive…", self._ask_and_archive)
        self.pause = look.button(self.actions, "Pause  P", self.controller.room.pause)
        self._make_headline()
        self._notices = look.frame(self)
        self._notices.pack(fill="x")
        self._shown_by_plan = False
        self._banner = Banner(self._notices, look, self.controller.dismiss_problem)
        leaving = {"Save…": self.ask_and_save, "Discard": self.controller.discard, "Stay": self.controller.stay}
        self.leaving = AskBar(self._notices, look, leaving)
        archiving = {"Write": self.controller.saving.confirm_archive, "Cancel": self.controller.saving.refuse_archive}
        self.archiving = AskBar(self._notices, look, archiving)
        tk.Frame(self, height=max(1, px(1)), background=look.palette.line).pack(fill="x")
        self._body = look.frame(self)
        self._body.pack(fill="both", expand=True)
        self._body.rowconfigure(0, weight=1)
        self._body.columnconfigure(0, weight=1)
        of_case = {
            "Save this picture…   Ctrl + K": self.save_picture,
            "Print the report   Ctrl + P": self.print_report,
            "Copy without identity…   Ctrl + Shift + S": self.copy_without_identity,
        }
        self.pictures = PictureArea(self._body, tools, of_case)
        self.pictures.grid(row=0, column=0, sticky="nsew")
        self.cover = look.frame(self._body)
        self._make_column()
        self._body.bind("<Configure>", self._share_width)

    def subtitle(self) -> str:
        result, room = self.state.result, self.state.room
        if room is not None:
            return f"{room.study} · reader {room.reader} · {room.read} of {room.of} read"
        if self.state.lesson is not None and self.state.worklist is not None:
            return f"{self.state.worklist.title} · {self.state.worklist.place}"
        if result is None or self.state.identity_hidden:
            return "Identity hidden  (T shows)" if self.state.identity_hidden else ""
        words = [result.identity.patient_id or result.identity.patient_name, readable_date(result.identity.study_date)]
        named = " · ".join(word for word in words if word)
        shown = f"{named}  (T hides)" if named else result.input.path
        place = self.state.worklist.place if self.state.worklist is not None else ""
        return f"{place} · {shown}" if place else shown

    def refresh(self, changed: frozenset[str]) -> None:
        result, study = self.state.result, self.state.study
        self._refresh_bars(changed)
        if result is None or study is None:
            if self.state.worklist is None:
                self._identity.set(False)  # wished for that examination, or that list, and for no other
            if "result" in changed:
                self._forget()
            self.pictures.show()
            return
        if "result" in changed:
            self._show_limits(result)
            self._show_identity_box(result)
        if changed & {"result", "room", "lesson"}:
            self._show_headline(result)
            self._show_plan()
        if changed & {"result", "selected", "room", "lesson", "settings"}:
            self._show_findings(result, study)
        self._show_cards(changed, result)
        if changed & {"result", "selected", "panes", "pictures", "page", "settings"}:
            self.pictures.show()

    def _forget(self) -> None:
        """Leave no word of the case in the hidden page."""
        for label in (self.headline, self.second_line, self._not_assessed):
            label.configure(text="")
        for part in (self.grid_of_grades, self.finding, self.numbering):
            part.clear()
        self.dispute.show(None, None)
        self.comparison.show(None)
        self.remark.show(self.state.remark)

    def _show_cards(self, changed: frozenset[str], result: StudyResult) -> None:
        if changed & {"result", "numbering", "busy"}:
            counted = any(f.location is not None and f.level is not Level.UNKNOWN for f in result.findings)
            possible = counted and not self.state.by_plan
            self.numbering.show(result.numbering, self.state.numbering, bool(self.state.busy), possible)
        if "remark" in changed:
            self.remark.show(self.state.remark)
        if changed & {"result", "earlier"}:
            self.comparison.show(self.state.comparison)
            if "earlier" in changed and self.state.comparison is not None:
                self.after_idle(self._show_compared)

    def _show_compared(self) -> None:
        """The answer to a request is not left below the edge of the column."""
        self.update_idletasks()  # the card has grown
        self._column.bring_into_sight(self.comparison)

    def _show_findings(self, result: StudyResult, study: Study) -> None:
        room = self.state.room
        blind, beside = room is not None and room.blind, room is not None and room.revealed
        none = "– not graded yet" if blind else NOT_ASSESSED
        self.grid_of_grades.show(result, self.state.selected, none=none, beside=beside)
        closed = beside or self.state.lesson is not None
        self.finding.show(result, study, self.state.finding, blind=blind, closed=closed)
        self.dispute.show(self.state.lesson, self.state.finding)
        if self.state.lesson is not None:
            self.dispute.pack(fill="x", padx=self.look.px(2), pady=(0, self.look.px(8)), before=self.finding)
        else:
            self.dispute.pack_forget()

    def _show_plan(self) -> None:
        """By a plan nothing is saved but the reader's grades, which are on the disk already."""
        room, px = self.state.room, self.look.px
        if self.state.by_plan != self._shown_by_plan:
            self._shown_by_plan = self.state.by_plan
            if self.state.by_plan:
                for part in (self.comparison, self.remark_card, self.save):
                    part.pack_forget()
            else:
                self.comparison.pack(fill="x", padx=px(2), pady=(0, px(8)), after=self.numbering)
                self.remark_card.pack(fill="x", padx=px(2), pady=(0, px(8)), after=self.comparison)
                self.save.pack(side="left")
            self._show_print()
        if room is not None:
            self.pause.pack(side="left")
        else:
            self.pause.pack_forget()
        paused = room is not None and room.paused
        self.pause.configure(text="Go on  P" if paused else "Pause  P")
        if paused:
            self.cover.place(in_=self.pictures, relwidth=1, relheight=1)
            self.cover.lift()
        else:
            self.cover.place_forget()

    def _refresh_bars(self, changed: frozenset[str]) -> None:
        if changed & {"problem", "leaving", "archive", "saved"}:
            self._show_notices()
        if changed & {"busy", "result"}:
            for button in (self.save, self.print, self.archive):
                button.state(["disabled" if self.state.busy else "!disabled"])
        if changed & {"settings", "study", "page", "room", "lesson"}:
            self._show_archive()
        if "settings" in changed:
            for part in (self.finding, self.numbering):
                part.name_keys(keys_of(self.state.settings.keys))
        if changed & {"worklist", "page"}:
            self._show_next()

    def shown(self) -> None:
        self.grid_of_grades.focus_set()

    def ask_and_save(self) -> None:
        """Ask where to, then save; a changed mind changes nothing."""
        result = self.state.result
        if result is None or self.state.by_plan:
            return
        path = self.tools.prompts.save_path(suggested_name(result, ".pdf"))
        if path is not None:
            self.controller.saving.save(path, self._identity.get())

    def ask_and_compare(self) -> None:
        """Ask for an earlier result of the same patient, and set this one beside it."""
        offered = self.state.result is not None and not self.state.by_plan
        path = self.tools.prompts.earlier_result() if offered else None
        if path is not None:
            self.controller.looking.compare_with(path)

    def save_picture(self) -> None:
        """Ask where to, then save the active picture as it is shown, with its marks and without a word."""
        result, canvas = self.state.result, self.pictures.active.canvas
        if result is None or canvas.scene is None or self.state.page is not Page.RESULTS or self.state.by_plan:
            return
        png = picture_png(canvas.scene, canvas.extent)
        path = self.tools.prompts.picture_path(suggested_name(result, ".png")) if png is not None else None
        if path is not None and png is not None:
            self.controller.outgoing.save_picture(path, png)

    def print_report(self) -> None:
        """Print what would be saved."""
        if self.state.page is Page.RESULTS:
            self.controller.outgoing.print(self._identity.get())

    def finish(self) -> None:
        """Save as the last one was saved, or ask; then the next of the list."""
        result = self.state.result
        if result is None or self.state.page is not Page.RESULTS or self.state.busy or self.state.by_plan:
            return
        last = self.controller.saving.last
        path = unused(last.with_name(suggested_name(result, last.suffix))) if last is not None else None
        path = path or self.tools.prompts.save_path(suggested_name(result, ".pdf"))
        if path is not None:
            self.controller.saving.save(path, self._identity.get(), then_next=True)

    def _show_next(self) -> None:
        worklist = self.state.worklist
        if worklist is not None and worklist.next() is not None:
            self.next.pack(side="left", padx=(0, self.look.px(12)), after=self.back)
        else:
            self.next.pack_forget()

    def _ask_and_archive(self) -> None:
        folder = self.tools.prompts.archive_folder()
        if folder is not None:
            self.controller.saving.archive(folder, self._identity.get())

    def _show_archive(self) -> None:
        """The way to DICOM objects, where the settings ask for it and the study can have them."""
        study = self.state.study
        whole = study is not None and study.kind is not InputKind.PICTURE
        offered = self.state.settings.dicom and whole and not self.state.by_plan
        if offered:
            self.archive.pack(side="left", padx=(self.look.px(12), 0))
        else:
            self.archive.pack_forget()

    def copy_impression(self) -> None:
        """Put a line a level on the clipboard, for a report of the reader's own."""
        if self.state.result is not None and self.state.page is Page.RESULTS and not self.state.by_plan:
            self.clipboard_clear()
            with speaking(self.state.settings.language):
                self.clipboard_append("\n".join(impression_to_copy(self.state.result)))

    def _make_headline(self) -> None:
        look, px = self.look, self.look.px
        band = look.frame(self, "panel")
        band.pack(fill="x")
        self.headline = look.wrapping(band, "", "text", "headline")
        self.headline.pack(fill="x", padx=px(16), pady=(px(8), px(2)))
        self.second_line = look.wrapping(band, "", "dim", "small")
        self.second_line.pack(fill="x", padx=px(16), pady=(0, px(8)))

    def _make_column(self) -> None:
        look, px = self.look, self.look.px
        tk.Frame(self._body, width=max(1, px(1)), background=look.palette.line).grid(row=0, column=1, sticky="ns")
        self._column = Scrolled(self._body, look)
        self._column.grid(row=0, column=2, sticky="nsew", padx=(px(10), px(2)))
        inside = self._column.inside
        self.grid_of_grades = GradeGrid(inside, look, self.controller.browser.select)
        self.grid_of_grades.pack(fill="x", padx=px(4), pady=(px(4), 0))
        controller = self.controller
        self.finding = FindingPanel(
            inside, look, controller.agree, controller.mark, controller.browser.next_evidence, controller.looking.behind
        )
        self.finding.pack(fill="x", padx=px(2))
        self.dispute = DisputeCard(inside, look)
        self.numbering = NumberingBar(inside, look, self.controller.shift)
        self.numbering.pack(fill="x", padx=px(2), pady=px(8))
        self.comparison = ComparisonCard(inside, look, self.ask_and_compare)
        self.comparison.pack(fill="x", padx=px(2), pady=(0, px(8)))
        remark = self.remark_card = look.card(inside)
        remark.pack(fill="x", padx=px(2), pady=(0, px(8)))
        look.label(remark, "Remark for the PDF report", "dim", "small").pack(anchor="w")
        self.remark = TextArea(remark, look, 2, self.state.remark, self.controller.remark.write)
        self.remark.pack(fill="x", pady=(px(4), 0))
        self.remark.field.bind("<Escape>", lambda _: self.grid_of_grades.focus_set())
        limits = look.card(inside)
        limits.pack(fill="x", padx=px(2), pady=(0, px(8)))
        self._not_assessed = look.wrapping(limits, "", "dim", "small")
        look.wrapping(limits, f"Not looked for: {', '.join(NOT_LOOKED_FOR)}.", "dim", "small").pack(
            side="bottom", fill="x"
        )

    def _share_width(self, event: tk.Event[tk.Misc]) -> None:
        """All extra width goes to the pictures; a narrow window is shared."""
        if event.widget is self._body:
            width = min(self.look.px(PANEL_WIDTH), round(event.width * NARROW_SHARE))
            self._body.columnconfigure(2, minsize=width, weight=0)
            self._column.configure(width=width - self.look.px(12))
            self._column.grid_propagate(False)
            narrow = event.width < self.look.px(NARROW)
            self._identity_box.configure(text="with identity" if narrow else "with patient's identity")
            self._show_print()

    def _show_print(self) -> None:
        """Where there is room: Ctrl + P and the pictures' menu print as well."""
        if self._body.winfo_width() < self.look.px(NARROW) or self.state.by_plan:
            self.print.pack_forget()
        else:
            self.print.pack(side="left", padx=(0, self.look.px(12)), before=self.save)

    def _show_headline(self, result: StudyResult) -> None:
        if self.state.by_plan:
            first, second = self._plan_words(result)
            self.headline.configure(text=first, foreground=self.look.tone("text"))
            self.second_line.configure(text=second)
            return
        worst = result.worst_grade
        mark = f"{theme.SHAPES[worst]} " if worst is not None and worst > Severity.NORMAL_MILD else ""
        tone = {Severity.SEVERE: "severe", Severity.MODERATE: "moderate"}.get(worst, "text") if worst else "text"
        self.headline.configure(text=f"{mark}{headline(result)}", foreground=self.look.tone(tone))
        self.second_line.configure(text=" · ".join((second_line(result), *result.notes)))

    def _plan_words(self, result: StudyResult) -> tuple[str, str]:
        if self.state.room is not None:
            worklist = self.state.worklist
            return room_words(self.state.room, result, last=worklist is None or worklist.next() is None)
        assert self.state.lesson is not None
        said = disputed_sentence(self.state.lesson)
        return said, "The grid holds the program's grades. Ctrl + Page Down: next"

    def _show_limits(self, result: StudyResult) -> None:
        sentences = not_assessed_sentences(result) if not self.state.by_plan else ()
        if sentences:
            self._not_assessed.configure(text="Not assessed: " + " ".join(sentences))
            self._not_assessed.pack(side="top", fill="x", pady=(0, self.look.px(4)))
        else:
            self._not_assessed.pack_forget()

    def _show_identity_box(self, result: StudyResult) -> None:
        known = any((result.identity.patient_id, result.identity.patient_name, result.identity.study_date))
        if known and not self._identity_box.winfo_ismapped():
            self._identity_box.pack(side="left", padx=(0, self.look.px(16)), before=self.back)
        elif not known:
            self._identity.set(False)
            self._identity_box.pack_forget()

    def _show_notices(self) -> None:
        px = self.look.px
        self._banner.show(self.state.problem)
        if self.state.leaving is not None:
            self.leaving.ask(LEAVING[self.state.leaving])
        if self.state.archive is not None and self.state.result is not None:
            of = len(self.state.result.findings)
            self.archiving.ask(UNREVIEWED.format(count=self.state.unconfirmed, of=of))
        asked = (
            (self._banner, self.state.problem),
            (self.leaving, self.state.leaving),
            (self.archiving, self.state.archive),
        )
        for bar, needed in asked:
            if needed is None:
                bar.pack_forget()
            else:
                bar.pack(fill="x", padx=px(16), pady=px(8))
        if all(needed is None for _, needed in asked):
            self._notices.configure(height=1)
