"""StudyResult to plain text for a terminal of 80 columns."""

from __future__ import annotations

import textwrap

from lumbar_core.anatomy import Level
from lumbar_core.report.comparison import compared_sentences, compared_title
from lumbar_core.report.grid import Column, Grid, build_grid
from lumbar_core.report.headline import headline, second_line
from lumbar_core.report.language import ENGLISH, _, marked, speaking
from lumbar_core.report.result import INTENDED_USE, Finding, StudyResult
from lumbar_core.report.wording import (
    changed_sentences,
    check_sentences,
    not_assessed_sentences,
    note_sentences,
    numbering_sentence,
    unread_sentences,
)
from lumbar_core.report.words import grade_word, level_word, not_looked_for, short_reason

WIDTH = 80
_LEVEL_WIDTH = 9
_CELL_WIDTH = 14
CHECK_MARK = "*"
READER_MARK = "r"
_LEGEND = {CHECK_MARK: marked("to be checked"), READER_MARK: marked("reviewed by the reader")}


def render_text(result: StudyResult, language: str = ENGLISH) -> str:
    """Headline, grid in the body's order, what to check, what was not assessed and why, notice."""
    with speaking(language):
        blocks = _blocks(result)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _blocks(result: StudyResult) -> list[str]:
    return [
        _wrapped(headline(result)) + "\n" + _wrapped(second_line(result)),
        render_grid(build_grid(result)),
        _list(_("Changed by the reader:"), changed_sentences(result)),
        _list(_("To check:"), check_sentences(result)),
        _list(f"{compared_title(result)}:", compared_sentences(result)),
        _wrapped(" ".join([numbering_sentence(result.numbering), *note_sentences(result)]).strip()),
        _list(_("Not assessed:"), not_assessed_sentences(result)),
        _list(_("Could not be read:"), unread_sentences(result)),
        _wrapped(_("Not looked for: {things}.").format(things=not_looked_for())),
        _wrapped(_(INTENDED_USE)),
    ]


def render_grid(grid: Grid) -> str:
    """The grid, `*` beside what is to be checked; empty where the result has no findings."""
    if not grid.columns:
        return ""
    lines = [
        ["", *(column.spoken_place.replace("'s", "") for column in grid.columns)],
        ["", *(column.spoken_title for column in grid.columns)],
        *([level_word(level), *(_cell(grid, level, column) for column in grid.columns)] for level in grid.rows),
    ]
    # Wider only where a word needs it, so that two never run into one another.
    cell = max(_CELL_WIDTH, *(len(words) + 1 for line in lines for words in line[1:]))
    longest = max(len(line[0]) + 1 for line in lines)
    first = max(longest, min(_LEVEL_WIDTH, WIDTH + 1 - cell * len(grid.columns)))
    used = {_mark(finding) for finding in grid.cells.values()}
    marks = [f"{mark} {_(words)}" for mark, words in _LEGEND.items() if mark in used]
    legend = ["   ".join([*marks, f"- {_('not assessed')}"])] if marks else []
    shown = [f"{line[0]:<{first}}{''.join(f'{words:<{cell}}' for words in line[1:])}".rstrip() for line in lines]
    return "\n".join(line for line in [*shown, *legend] if line)


def _cell(grid: Grid, level: Level, column: Column) -> str:
    finding = grid.cell(level, column)
    return "" if finding is None else cell_text(finding)


def cell_text(finding: Finding) -> str:
    """The grade with its mark, or a dash with the short reason."""
    if finding.shown_grade is None:
        return f"- {short_reason(finding)}"
    return f"{grade_word(finding.shown_grade)} {_mark(finding)}".rstrip()


def _mark(finding: Finding) -> str:
    """What the reader has seen needs no "to be checked" beside it."""
    if finding.reader is not None:
        return READER_MARK
    return CHECK_MARK if finding.check else ""


def _list(title: str, items: tuple[str, ...]) -> str:
    lines = [textwrap.fill(item, WIDTH, initial_indent="  ", subsequent_indent="    ") for item in items]
    return "\n".join([title, *lines]) if lines else ""


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH)
