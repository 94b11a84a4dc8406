"""The report's plots: agreement by level, each reader's bias, and two readers' table."""

from __future__ import annotations

from collections.abc import Sequence

from lumbar_core.agreement.comparison import Comparison, Kind, PartFigures
from lumbar_core.agreement.drawing import Box, Dot, Drawing, Line, Mark, Words
from lumbar_core.agreement.estimate import Estimate
from lumbar_core.agreement.report import AgreementReport
from lumbar_core.agreement.sheet import Part
from lumbar_core.agreement.wording import part_words
from lumbar_core.anatomy import LEVELS, Condition
from lumbar_core.report.words import STRUCTURES

INK, DIM, RULE, PAPER = "#1b2027", "#5c6673", "#d5dae1", "#ffffff"
# Told apart by people who do not see red and green alike, and by their order from left to right.
COLOURS = ("#0b74b5", "#b3263a", "#3f7d4e", "#8a5a00", "#7b4ea3", "#5c6673")
BY_LEVEL = "ac2_linear"
_GRADES = ("N", "M", "S")

Bounds = tuple[float, float]


def agreement_by_level(report: AgreementReport, width: float, height: float) -> Drawing | None:
    """AC2 with linear weights by level, a panel a condition, a mark a pair of readers; None without two readers."""
    pairs = _of_readers(report)
    if not pairs:
        return None
    marks: list[Mark] = []
    panel = (width - 26) / len(Condition)
    for number, condition in enumerate(Condition):
        left = 26 + number * panel
        marks += _frame(left, 16, panel - 10, height - 46, STRUCTURES[condition], first=number == 0)
        for index, pair in enumerate(pairs):
            marks += _series(pair, condition, index, len(pairs), (left, 16, panel - 10, height - 46))
    marks += _legend(pairs, 26, height - 4)
    return Drawing("Agreement of readers by level: Gwet's AC2 with linear weights", width, height, marks)


def reader_biases(report: AgreementReport, width: float, height: float) -> Drawing | None:
    """How many grades higher or lower than the others each reader is; None without two readers."""
    if not report.biases:
        return None
    parts = [Part(), *(Part(condition=condition) for condition in Condition), *(Part(level=level) for level in LEVELS)]
    reach = max([0.25, *(abs(v) for b in report.biases.values() for p in parts for v in _ends(b[p]))])
    marks: list[Mark] = []
    panel, row = (width - 70) / len(report.biases), (height - 30) / len(parts)
    for number, part in enumerate(parts):
        marks.append(Words(0, 22 + row * (number + 0.5), part_words(part), 7.5, INK, bold=number == 0))
    for number, (reader, biases) in enumerate(report.biases.items()):
        left = 70 + number * panel
        middle, half = left + (panel - 10) / 2, (panel - 14) / 2
        marks.append(Words(middle, 9, reader, 8.5, INK, "middle", bold=True))
        marks.append(Line(middle, 14, middle, height - 14, DIM, 0.6))
        marks.append(Words(middle - half, height - 3, f"lower by {reach:.2f}", 7, DIM))
        marks.append(Words(middle, height - 3, "0", 7, DIM, "middle"))
        marks.append(Words(middle + half, height - 3, f"higher by {reach:.2f}", 7, DIM, "end"))
        for index, part in enumerate(parts):
            y, colour = 19.5 + row * (index + 0.5), COLOURS[number % len(COLOURS)]
            marks += _across(biases[part], y, middle, half / reach, colour)
    return Drawing("How many grades higher or lower than the other readers each reader is", width, height, marks)


def table_drawing(comparison: Comparison, part: PartFigures, side: float) -> Drawing:
    """The 3 by 3 table, darker where more structures fell; rows the first's grades, columns the second's."""
    total, cell, left, top = max(1, part.structures), (side - 12) / 3, 12.0, 24.0
    names = f"{comparison.first.name} and {comparison.second.name}"
    marks: list[Mark] = [Words(0, 8, names, min(8.0, 1.9 * side / len(names)), INK, bold=True)]
    for row, letter in enumerate(_GRADES):
        marks.append(Words(left - 4, top + cell * (row + 0.5) + 3, letter, 8, DIM, "end"))
        marks.append(Words(left + cell * (row + 0.5), top - 4, letter, 8, DIM, "middle"))
        for column in range(3):
            count = part.table[row][column]
            shade = _shade(count / total, same=row == column)
            marks.append(Box(left + cell * column, top + cell * row, cell - 1.5, cell - 1.5, shade))
            x, y = left + cell * (column + 0.5), top + cell * (row + 0.5) + 2.5
            marks.append(Words(x - 0.75, y, str(count), 8.5, INK, "middle", bold=row == column))
    title = f"{comparison.first.name} in rows, {comparison.second.name} in columns"
    return Drawing(title, side, top + 3 * cell, marks)


def _of_readers(report: AgreementReport) -> Sequence[Comparison]:
    plain = [each for each in report.comparisons if each.kind is Kind.READERS and not each.first.helped]
    return plain[: len(COLOURS)]


def _frame(left: float, top: float, width: float, height: float, title: str, *, first: bool) -> list[Mark]:
    marks: list[Mark] = [Words(left + width / 2, top - 6, title, 8.5, INK, "middle", bold=True)]
    for tenth in (0, 25, 50, 75, 100):
        y = top + height * (1 - tenth / 100)
        marks.append(Line(left, y, left + width, y, RULE, 0.6))
        if first:
            marks.append(Words(left - 4, y + 2.5, f"{tenth / 100:g}", 7, DIM, "end"))
    for number, level in enumerate(LEVELS):
        x = left + width * (number + 0.5) / len(LEVELS)
        marks.append(Words(x, top + height + 10, level.value, 7, DIM, "middle"))
    return marks


def _series(
    pair: Comparison, condition: Condition, index: int, of: int, frame: tuple[float, float, float, float]
) -> list[Mark]:
    left, top, width, height = frame
    step = width / len(LEVELS)
    marks: list[Mark] = []
    for number, level in enumerate(LEVELS):
        estimate = pair.part(Part(condition=condition, level=level)).figures[BY_LEVEL]
        x = left + step * (number + 0.5) + (index - (of - 1) / 2) * min(6.0, step * 0.7 / of)
        marks += _upright(estimate, x, (top, height), COLOURS[index], square=index % 2 == 1)
    return marks


def _upright(estimate: Estimate, x: float, frame: Bounds, colour: str, *, square: bool) -> list[Mark]:
    """A mark with its interval on an axis from 0 to 1; what lies below 0 is drawn at 0."""
    if estimate.value is None:
        return []
    top, height = frame
    at = [top + height * (1 - min(1.0, max(0.0, value))) for value in (estimate.value, *_ends(estimate))]
    return [Line(x, at[1], x, at[-1], colour, 1.0), Dot(x, at[0], 1.9, colour, square)]


def _across(estimate: Estimate, y: float, middle: float, scale: float, colour: str) -> list[Mark]:
    if estimate.value is None:
        return []
    ends = [middle + scale * value for value in _ends(estimate)]
    return [Line(min(ends), y, max(ends), y, colour, 1.2), Dot(middle + scale * estimate.value, y, 2.1, colour)]


def _ends(estimate: Estimate) -> tuple[float, ...]:
    if estimate.low is not None and estimate.high is not None:
        return (estimate.low, estimate.high)
    return (estimate.value,) if estimate.value is not None else ()


def _legend(pairs: Sequence[Comparison], left: float, y: float) -> list[Mark]:
    marks: list[Mark] = []
    for index, pair in enumerate(pairs):
        words = f"{pair.first.name} and {pair.second.name}"
        marks.append(Dot(left + 3, y - 2.5, 1.9, COLOURS[index], index % 2 == 1))
        marks.append(Words(left + 9, y, words, 7.5, INK))
        left += 20 + 4.2 * len(words)
    return marks


def _shade(share: float, *, same: bool) -> str:
    """Blue where both gave the grade, red where they differ; the square root, so that rare pairs are seen."""
    strength = min(1.0, 0.06 + 0.75 * share**0.5) if share else 0.0
    colour = (11, 116, 181) if same else (179, 38, 58)
    mixed = (round(255 + (part - 255) * 0.75 * strength) for part in colour)
    return "#" + "".join(f"{part:02x}" for part in mixed)
