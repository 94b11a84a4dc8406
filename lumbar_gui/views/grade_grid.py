"""The grid of grades, as the body stands on an axial slice; one Tab stop with arrow keys inside."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Literal

from lumbar_core.anatomy import Level, Severity
from lumbar_core.report.grid import Column, Grid, build_grid
from lumbar_core.report.result import Finding, ReaderMark, StudyResult
from lumbar_core.report.words import short_reason
from lumbar_gui.keymap import is_plain
from lumbar_gui.state import FindingKey
from lumbar_gui.views import shapes
from lumbar_gui.views.look import Look, focused

HEAD, ROW, GAP, ROW_NAME, LEGEND, MOST_CELL = 50, 40, 4, 52, 24, 150
NOT_ASSESSED = "– not assessed"
# What stands in a cell or over a column that is too narrow for the word itself.
SHORT = {
    "Normal/Mild": "N/M",
    "Moderate": "Mod.",
    "Severe": "Sev.",
    "foramen": "for.",
    "recess": "rec.",
    "Patient's RIGHT": "RIGHT",
    "Patient's LEFT": "LEFT",
    "Picture's RIGHT": "pic. R",
    "Picture's LEFT": "pic. L",
    "Side unknown": "side ?",
}


class GradeGrid(tk.Canvas):
    """Draws every cell itself: a shape, a word and a colour; the chosen cell has an accent line around."""

    def __init__(self, parent: tk.Misc, look: Look, choose: Callable[[FindingKey], None]) -> None:
        super().__init__(
            parent, background=str(parent["background"]), highlightthickness=0, borderwidth=0, takefocus=1, width=10
        )
        self._look = look
        self._choose = choose
        self._grid: Grid | None = None
        self._selected: FindingKey | None = None
        self._none = NOT_ASSESSED
        self._beside = False  # where reader and program differ, the program's grade too
        self.bind("<Configure>", lambda _event: self._fit_and_draw())
        self.bind("<Button-1>", self._clicked)
        for key, step in (("Up", (-1, 0)), ("Down", (1, 0)), ("Left", (0, -1)), ("Right", (0, 1))):
            self.bind(f"<{key}>", lambda event, step=step: self._step(event, *step))  # type: ignore[misc]
        self.bind("<FocusIn>", lambda _event: self._draw())
        self.bind("<FocusOut>", lambda _event: self._draw())

    def show(
        self, result: StudyResult, selected: FindingKey | None, *, none: str = NOT_ASSESSED, beside: bool = False
    ) -> None:
        """Draw a result with one finding chosen.

        none: what the legend says of a cell without a grade. beside: the program's grade where the reader's differs.
        """
        self._grid, self._none, self._beside = build_grid(result), none, beside
        self._selected = selected
        self._fit_and_draw()

    def clear(self) -> None:
        """Forget the result."""
        self._grid = self._selected = None
        self.delete("all")

    def _fit_and_draw(self) -> None:
        """As tall as rows and legend need at this width."""
        if self._grid is None:
            return
        px, rows = self._look.px, len(self._grid.rows)
        height = px(HEAD) + rows * px(ROW + GAP) + px(8) + px(LEGEND) * self._legend_lines()
        if int(str(self["height"])) != height:
            self.configure(height=height)
        self._draw()

    def centre_of(self, key: FindingKey) -> tuple[int, int]:
        """The middle of a finding's cell, for whoever wants to click it."""
        for row, level, index, column in self._cells():
            finding = self._grid.cell(level, column) if self._grid is not None else None
            if finding is not None and finding.key == key:
                left, top, right, bottom = self._box(row, index)
                return (left + right) // 2, (top + bottom) // 2
        raise KeyError(key)

    def _cells(self) -> list[tuple[int, Level, int, Column]]:
        grid = self._grid
        if grid is None:
            return []
        return [(r, level, c, column) for r, level in enumerate(grid.rows) for c, column in enumerate(grid.columns)]

    def _box(self, row: int, column: int) -> tuple[int, int, int, int]:
        px, columns = self._look.px, len(self._grid.columns) if self._grid is not None else 1
        room = self.winfo_width() - px(ROW_NAME)
        width = min(room // max(columns, 1), px(MOST_CELL))
        left, top = px(ROW_NAME) + column * width, px(HEAD) + row * px(ROW + GAP)
        return left, top, left + width - px(GAP), top + px(ROW)

    def _draw(self) -> None:
        self.delete("all")
        grid = self._grid
        if grid is None or self.winfo_width() < 20:
            return
        self._draw_head(grid)
        for row, level in enumerate(grid.rows):
            top = self._box(row, 0)[1]
            words = "level ?" if level is Level.UNKNOWN else level.value
            self._words(0, top + self._look.px(ROW) // 2, words, "w", "bold", self._look.palette.text)
        for row, level, index, column in self._cells():
            finding = grid.cell(level, column)
            if finding is not None:
                self._draw_cell(finding, self._box(row, index))
        self._draw_legend(grid)

    def _draw_head(self, grid: Grid) -> None:
        px, p = self._look.px, self._look.palette
        groups = [(place, len(list(same))) for place, same in groupby(grid.columns, key=lambda column: column.place)]
        heads = [place[:1].upper() + place[1:].replace("right", "RIGHT").replace("left", "LEFT") for place, _ in groups]
        index = 0
        for words, (place, count) in zip(heads, groups, strict=True):
            left, right = self._box(0, index)[0], self._box(0, index + count - 1)[2]
            size = "small" if place == "side unknown" else "smallbold"
            if words:
                self._fitting((left + right) // 2, px(13), words, right - left, size, p.text, heads)
            index += count
        titles = [column.title for column in grid.columns]
        for index, words in enumerate(titles):
            left, _, right, _ = self._box(0, index)
            self._fitting((left + right) // 2, px(36), words, right - left, "small", p.dim, titles)

    def _draw_cell(self, finding: Finding, box: tuple[int, int, int, int]) -> None:
        grade = finding.shown_grade
        if grade is None:
            self._draw_not_assessed(finding, box)
        else:
            self._draw_grade(grade, box, finding.reader is not None)
        if self._beside and finding.reader is not None:
            self._draw_beside(finding.reader, box)
        if finding.is_to_check:
            shapes.flag(
                self, box[2] - self._look.px(9), box[1] + self._look.px(9), self._look, self._flag_colour(grade)
            )
        if finding.key == self._selected:
            self._frame(box)

    def _draw_beside(self, mark: ReaderMark, box: tuple[int, int, int, int]) -> None:
        """The program's grade in the corner, on a ground of its own."""
        if mark.was is None or mark.grade is None or mark.was is mark.grade:
            return
        px, p = self._look.px, self._look.palette
        corner = (box[2] - px(20), box[1] + px(2), box[2] - px(2), box[1] + px(20))
        shapes.rounded(self, corner, px(3), p.ground)
        shapes.grade(self, mark.was, box[2] - px(11), box[1] + px(11), self._look, p.of_grade(mark.was))

    def _flag_colour(self, grade: Severity | None) -> str:
        p = self._look.palette
        return p.on_severe if grade is Severity.SEVERE else p.accent

    def _draw_grade(self, grade: Severity, box: tuple[int, int, int, int], by_reader: bool) -> None:
        p, px = self._look.palette, self._look.px
        fill = {Severity.NORMAL_MILD: p.raised, Severity.MODERATE: p.moderate_cell, Severity.SEVERE: p.severe}[grade]
        ink = p.on_severe if grade is Severity.SEVERE else p.of_grade(grade)
        shapes.rounded(self, box, px(4), fill)
        middle = (box[0] + box[2]) // 2
        shapes.grade(self, grade, middle, box[1] + px(12), self._look, ink)
        words = {Severity.NORMAL_MILD: "Normal/Mild", Severity.MODERATE: "Moderate", Severity.SEVERE: "Severe"}[grade]
        size = "smallbold" if grade is Severity.SEVERE else "small"
        font_ink = p.dim if grade is Severity.NORMAL_MILD else ink
        self._fitting(middle, box[3] - px(11), words, box[2] - box[0] - px(4), size, font_ink)
        if by_reader:
            shapes.tick(self, box[0] + px(9), box[1] + px(10), self._look, ink)

    def _draw_not_assessed(self, finding: Finding, box: tuple[int, int, int, int]) -> None:
        p, px = self._look.palette, self._look.px
        shapes.hatched(self, box, self._look)
        by_reader = finding.reader is not None
        words = "cannot judge" if by_reader else short_reason(finding)
        width = box[2] - box[0] - px(4)
        # In a narrow cell the first word takes the place of the dash.
        above, below = words.split(" ", 1) if " " in words and self._too_long(words, width) else ("–", words)
        for y, part in ((box[1] + px(11), above), (box[3] - px(11), below)):
            self._fitting((box[0] + box[2]) // 2, y, part, width, "small", p.dim)

    def _legend(self) -> list[tuple[str, Severity | None, str]]:
        """(words, grade whose shape stands before them, colour of the shape)."""
        p = self._look.palette
        graded: list[tuple[str, Severity | None, str]] = [(g.label, g, p.of_grade(g)) for g in Severity]
        graded.append((self._none, None, ""))
        if self._beside:
            graded.append(("corner: the program's", None, ""))
        elif self._none == NOT_ASSESSED:
            graded.append(("check", None, p.accent))
        return graded

    def _legend_places(self) -> list[tuple[int, int]]:
        """(x, line) of each legend item; what does not fit goes to the next line."""
        px, font = self._look.px, self._look.font("small")
        places, x, line = [], 0, 0
        for words, _, colour in self._legend():
            width = font.measure(words) + (px(17) if colour else 0)
            if x > 0 and x + width > self.winfo_width() - px(4):
                x, line = 0, line + 1
            places.append((x, line))
            x += width + px(14)
        return places

    def _legend_lines(self) -> int:
        return self._legend_places()[-1][1] + 1

    def _draw_legend(self, grid: Grid) -> None:
        px, p = self._look.px, self._look.palette
        top = px(HEAD) + len(grid.rows) * px(ROW + GAP) + px(14)
        for (words, grade, colour), (x, line) in zip(self._legend(), self._legend_places(), strict=True):
            y = top + line * px(LEGEND)
            if grade is not None:
                shapes.grade(self, grade, x + px(7), y, self._look, colour)
            elif colour:
                shapes.flag(self, x + px(7), y, self._look, colour)
            self._words(x + (px(17) if colour else 0), y, words, "w", "small", p.dim)

    def _frame(self, box: tuple[int, int, int, int]) -> None:
        px, p = self._look.px, self._look.palette
        here = focused(self) is self
        grown = (box[0] - px(1), box[1] - px(1), box[2] + px(1), box[3] + px(1))
        shapes.rounded(self, grown, px(5), "", p.text if here else p.accent, px(3) if here else px(2))
        if here:
            shapes.rounded(self, grown, px(5), "", p.accent, px(2))

    def _words(self, x: float, y: float, words: str, anchor: Literal["w", "center"], size: str, colour: str) -> int:
        item = self.create_text(x, y, text=words, anchor=anchor, font=str(self._look.font(size)), fill=colour)
        return int(self.bbox(item)[2])

    def _too_long(self, words: str, width: int) -> bool:
        return self._look.font("tiny").measure(words) > width

    def _fitting(
        self, x: float, y: float, words: str, width: int, size: str, colour: str, beside: Sequence[str] = ()
    ) -> None:
        """Words no wider than the cell: in full, else smaller, else in short, else left to shape and colour.

        beside: words of the same row, which are to look alike: one that does not fit changes all.
        """
        for short in (False, True):
            for name in (size, "tiny"):
                font = self._look.font(name)
                if all(font.measure(_form(each, short)) <= width for each in (words, *beside)):
                    self._words(x, y, _form(words, short), "center", name, colour)
                    return

    def _clicked(self, event: tk.Event[tk.Canvas]) -> None:
        self.focus_set()
        for row, level, index, column in self._cells():
            left, top, right, bottom = self._box(row, index)
            if left <= event.x <= right and top <= event.y <= bottom and self._grid is not None:
                finding = self._grid.cell(level, column)
                if finding is not None:
                    self._choose(finding.key)

    def _step(self, event: tk.Event[tk.Canvas], down: int, right: int) -> str | None:
        """Move to the next cell that there is, in a direction; with Control or Alt an arrow is the window's."""
        if not is_plain(int(event.state)):
            return None
        grid = self._grid
        here = self._place()
        if grid is None or here is None:
            return "break"
        row, column = here[0] + down, here[1] + right
        while 0 <= row < len(grid.rows) and 0 <= column < len(grid.columns):
            finding = grid.cell(grid.rows[row], grid.columns[column])
            if finding is not None:
                self._choose(finding.key)
                break
            row, column = row + down, column + right
        return "break"

    def _place(self) -> tuple[int, int] | None:
        for row, level, index, column in self._cells():
            finding = self._grid.cell(level, column) if self._grid is not None else None
            if finding is not None and finding.key == self._selected:
                return row, index
        return None


def _form(words: str, short: bool) -> str:
    return SHORT.get(words, words) if short else words
