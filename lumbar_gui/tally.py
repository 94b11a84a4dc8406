"""How often the reader of this place changed the program's grades, counted from what was saved; nothing of a patient.

A study counts for a condition once the reader has said something of each of its graded structures: of who marks only
what is wrong, nothing follows about what was right.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from lumbar_core.anatomy import Condition
from lumbar_core.errors import SavingError
from lumbar_core.report.result import Finding, StudyResult
from lumbar_core.report.save import save
from lumbar_core.report.words import STRUCTURES

log = logging.getLogger(__name__)

ENOUGH = 50  # studies, before anything is said
MOSTLY = 2 / 3  # of the changes in one direction

Counts = dict[str, int]  # "agreed", "up", "down", "cannot_judge"


@dataclass(frozen=True, slots=True)
class Habit:
    """What became of a condition's grades in all studies that count."""

    condition: Condition
    studies: int
    counts: Counts

    @property
    def changed(self) -> float:
        """The share of judged grades that the reader changed."""
        judged = sum(self.counts.get(name, 0) for name in ("agreed", "up", "down"))
        return (self.counts.get("up", 0) + self.counts.get("down", 0)) / judged if judged else 0.0


class Tally:
    """A small file beside the settings: by study, under this installation's keyed hash, how often what was done."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "tally.json"

    def add(self, result: StudyResult) -> None:
        """Count a saved study, once however often it is saved."""
        counts = {each.value: found for each in Condition if (found := _counts(result, each))}
        if not counts or not result.study_key:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            save(self._path, json.dumps({**self._read(), result.study_key: counts}).encode())
        except (OSError, SavingError) as error:
            log.warning("The reader's changes could not be counted: %s", type(error).__name__)

    def habits(self) -> tuple[Habit, ...]:
        """By condition; only those with enough studies."""
        kept = self._read().values()
        found = []
        for condition in Condition:
            here = [study[condition.value] for study in kept if condition.value in study]
            if len(here) >= ENOUGH:
                total: Counter[str] = Counter()
                for counts in here:
                    total.update(counts)
                found.append(Habit(condition, len(here), dict(total)))
        return tuple(found)

    def _read(self) -> dict[str, dict[str, Counts]]:
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return kept if isinstance(kept, dict) and all(map(_is_study, kept.values())) else {}


def in_words(habit: Habit) -> str:
    """ "At this site you changed 9 % of canal grades, mostly up (62 studies)." """
    name, up, down = STRUCTURES[habit.condition], habit.counts.get("up", 0), habit.counts.get("down", 0)
    way = ""
    if up + down and max(up, down) / (up + down) >= MOSTLY:
        way = f", mostly {'up' if up > down else 'down'}"
    return f"At this site you changed {habit.changed:.0%} of {name} grades{way} ({habit.studies} studies)."


def _counts(result: StudyResult, condition: Condition) -> Counts:
    """What the reader did to a condition's grades; empty unless something was said of all of them."""
    graded = [each for each in result.findings if each.condition is condition and each.assessed]
    if not graded or any(each.reader is None for each in graded):
        return {}
    return dict(Counter(map(_what, graded)))


def _what(finding: Finding) -> str:
    mark = finding.reader
    assert mark is not None
    if mark.grade is None or mark.was is None:
        return "cannot_judge"
    return "agreed" if mark.grade == mark.was else "up" if mark.grade > mark.was else "down"


def _is_study(kept: object) -> bool:
    return isinstance(kept, dict) and all(
        isinstance(counts, dict) and all(isinstance(number, int) for number in counts.values())
        for counts in kept.values()
    )
