"""StudyResult to plain text for a terminal of 80 columns."""

from __future__ import annotations

import textwrap

from lumbar_core.anatomy import Level
from lumbar_core.report.comparison import compared_sentences, compared_title
from lumbar_core.report.grid import Column, Grid, build_grid
from lumbar_core.report.result import INTENDED_USE, NOT_LOOKED_FOR, Finding, StudyResult
from lumbar_core.report.wording import (
    changed_sentences,
    check_sentences,
    headline,
    not_assessed_sentences,
    numbering_sentence,
    second_line,
    sentence,
    short_reason,
)

WIDTH = 80
_LEVEL_WIDTH = 9
_CELL_WIDTH = 14
CHECK_MARK = "*"
READER_MARK = "r"
_LEGEND = {CHECK_MARK: "to be checked", READER_MARK: "reviewed by the reader"}


def render_text(result: StudyResult) -> str:
    """Headline, grid in the body's order, what to check, what was not assessed and why, notice."""
    blocks = [
        _wrapped(headline(result)) + "\n" + _wrapped(second_line(result)),
        render_grid(build_grid(result)),
        _list("Changed by the reader:", changed_sentences(result)),
        _list("To check:", check_sentences(result)),
        _list(compared_title(result), compared_sentences(result)),
        _wrapped(" ".join([numbering_sentence(result.numbering), *map(sentence, result.notes)]).strip()),
        _list("Not assessed:", not_assessed_sentences(result)),
        _list("Could not be read:", tuple(f"{f.path}: {f.finding} {f.remedy}" for f in result.input.unreadable)),
        _wrapped(f"Not looked for: {', '.join(NOT_LOOKED_FOR)}."),
        _wrapped(INTENDED_USE),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def render_grid(grid: Grid) -> str:
    """The grid, `*` beside what is to be checked; empty where the result has no findings."""
    if not grid.columns:
        return ""
    heads = [
        _line("", [column.place.replace("'s", "") for column in grid.columns]),
        _line("", [column.title for column in grid.columns]),
    ]
    rows = [_row(grid, level) for level in grid.rows]
    used = {_mark(finding) for finding in grid.cells.values()}
    marks = [f"{mark} {words}" for mark, words in _LEGEND.items() if mark in used]
    legend = ["   ".join([*marks, "- not assessed"])] if marks else []
    return "\n".join(line for line in [*heads, *rows, *legend] if line)


def _row(grid: Grid, level: Level) -> str:
    title = "unknown" if level is Level.UNKNOWN else level.value
    return _line(title, [_cell(grid, level, column) for column in grid.columns])


def _cell(grid: Grid, level: Level, column: Column) -> str:
    finding = grid.cell(level, column)
    return "" if finding is None else cell_text(finding)


def cell_text(finding: Finding) -> str:
    """The grade with its mark, or a dash with the short reason."""
    if finding.shown_grade is None:
        return f"- {short_reason(finding)}"
    return f"{finding.shown_grade.label} {_mark(finding)}".rstrip()


def _mark(finding: Finding) -> str:
    """What the reader has seen needs no "to be checked" beside it."""
    if finding.reader is not None:
        return READER_MARK
    return CHECK_MARK if finding.check else ""


def _line(title: str, cells: list[str]) -> str:
    return (f"{title:<{_LEVEL_WIDTH}}" + "".join(f"{cell:<{_CELL_WIDTH}}" for cell in cells)).rstrip()


def _list(title: str, items: tuple[str, ...]) -> str:
    lines = [textwrap.fill(item, WIDTH, initial_indent="  ", subsequent_indent="    ") for item in items]
    return "\n".join([title, *lines]) if lines else ""


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH)
