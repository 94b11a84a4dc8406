"""One judgement of one structure by one reader, and the file of them: a JSON object a line (docs/AGREEMENT.md).

Readers are codes and studies labels: nothing here names a person. A file grows line by line while somebody reads; a
later line about the same structure in the same sitting replaces the earlier, so a correction is one more line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lumbar_core.anatomy import STUDY_TARGETS, Condition, Level, Severity, Side, Target
from lumbar_core.errors import Damaged, ReadingError, WrongFormat
from lumbar_core.report.result import StudyResult

SCHEMA = "lumbar-reading/1"
PROGRAM = "program"  # the reader code of the program's own grades

LETTERS: dict[str, Severity | None] = {
    "N": Severity.NORMAL_MILD,
    "M": Severity.MODERATE,
    "S": Severity.SEVERE,
    "X": None,  # cannot judge
}
_LETTER_OF = {grade: letter for letter, grade in LETTERS.items()}
_CODE = re.compile(r"[A-Za-z0-9_-]{1,24}")
_KEYS = frozenset({"schema", "reader", "study", "condition", "level", "side", "grade", "pass", "help"})
_MOST_SECONDS = 24 * 3600.0

Shares = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Arm:
    """Who read, which time, and whether the program's grades were shown: what one column of figures is made of."""

    reader: str
    pass_number: int
    helped: bool

    @property
    def name(self) -> str:
        """ "R1", "R1 again", "R1 with help"."""
        again = {1: "", 2: " again"}.get(self.pass_number, f" a {self.pass_number}th time")
        return f"{self.reader}{again}{' with help' if self.helped else ''}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """One structure of one study, graded once.

    grade:         None where the reader cannot judge.
    seconds:       spent on it, pauses not counted; None where nobody measured.
    at:            when, UTC, ISO 8601; "" where not known.
    probabilities: the program's distribution, of its own grades alone.
    """

    arm: Arm
    study: str
    target: Target
    grade: Severity | None
    seconds: float | None = None
    at: str = ""
    probabilities: Shares | None = None

    @property
    def letter(self) -> str:
        """N, M, S or X."""
        return _LETTER_OF[self.grade]


def is_code(text: str) -> bool:
    """Whether a text may stand for a reader or a study: up to 24 letters, digits, "-" and "_"; no spaces, no names."""
    return _CODE.fullmatch(text) is not None


def read_judgements(paths: Sequence[Path]) -> tuple[Judgement, ...]:
    """All judgements of some files, each structure of a sitting once: its last line holds.

    Raises ReadingError for a file that is not there, WrongFormat for one that holds something else, Damaged with the
    line's number for a line that cannot be understood. A last line without its end, cut by a crash, is left out.
    """
    found: dict[tuple[Arm, str, Target], Judgement] = {}
    for path in paths:
        for judgement in parse_judgements(bytes_of(path), path.name):
            found[judgement.arm, judgement.study, judgement.target] = judgement
    return tuple(found.values())


def parse_judgements(data: bytes, name: str) -> list[Judgement]:
    """The judgements of one file's bytes, in its order; `name` for messages. Raises as `read_judgements`."""
    whole = data[: data.rfind(b"\n") + 1]  # what a crash cut short was never confirmed
    found = []
    for number, line in enumerate(whole.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            document = json.loads(line)
        except ValueError as error:
            if number == 1:
                raise _not_ours(name) from error
            raise _damaged(name, number, "is no JSON") from error
        found.append(_judgement(document, name, number))
    if data.strip() and not found and not whole:
        raise _not_ours(name)
    return found


def program_judgements(study: str, result: StudyResult) -> list[Judgement]:
    """What the program says of the 25 structures of a study; what it did not assess it cannot judge."""
    findings = {(f.condition, f.level, f.side): f for f in result.without_reader().findings}
    told = [(target, findings.get((target.condition, target.level, target.side))) for target in STUDY_TARGETS]
    return [
        Judgement(
            arm=Arm(PROGRAM, 1, False),
            study=study,
            target=target,
            grade=finding.grade if finding is not None else None,
            at=result.program.started_at,
            probabilities=finding.probabilities if finding is not None else None,
        )
        for target, finding in told
    ]


def to_line(judgement: Judgement) -> bytes:
    """The judgement as a line of the file, with its end."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "reader": judgement.arm.reader,
        "study": judgement.study,
        "condition": judgement.target.condition.value,
        "level": judgement.target.level.value,
        "side": None if judgement.target.side is None else judgement.target.side.value,
        "grade": judgement.letter,
        "pass": judgement.arm.pass_number,
        "help": judgement.arm.helped,
        "seconds": None if judgement.seconds is None else round(judgement.seconds, 1),
        "at": judgement.at or None,
    }
    if judgement.probabilities is not None:
        document["probabilities"] = [round(share, 6) for share in judgement.probabilities]
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def to_lines(judgements: Iterable[Judgement]) -> bytes:
    """A whole file."""
    return b"".join(to_line(judgement) for judgement in judgements)


def bytes_of(path: Path) -> bytes:
    """What a file holds. Raises ReadingError, which names it."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ReadingError(f"The file “{path}” cannot be read: {error.strerror}.", "Choose another.") from error


def _not_ours(name: str) -> WrongFormat:
    return WrongFormat(
        f"“{name}” holds no readings.", "Choose a .jsonl that the window wrote, or see docs/AGREEMENT.md."
    )


def _damaged(name: str, number: int, what: str) -> Damaged:
    return Damaged(
        f"“{name}”, line {number} {what}.", "Mend or remove that line; docs/AGREEMENT.md says what one holds."
    )


def _judgement(document: Any, name: str, number: int) -> Judgement:
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        if number == 1:
            raise _not_ours(name)
        raise _damaged(name, number, f"is none of {SCHEMA}")
    missing = sorted(_KEYS - set(document))
    if missing:
        raise _damaged(name, number, f"lacks {', '.join(missing)}")
    try:
        return Judgement(
            arm=Arm(_code(document["reader"]), _pass(document["pass"]), _flag(document["help"])),
            study=_code(document["study"]),
            target=_target(document),
            grade=LETTERS[_text(document["grade"])],
            seconds=_seconds(document.get("seconds")),
            at=_when(document.get("at")),
            probabilities=_shares(document.get("probabilities")),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise _damaged(name, number, f"holds what no reading can: {error}") from error


def _target(document: dict[str, Any]) -> Target:
    side = None if document["side"] is None else Side(document["side"])
    target = Target(Condition(document["condition"]), Level(document["level"]), side)
    if target not in STUDY_TARGETS:
        raise ValueError(f"{target.condition.value} at {target.level.value} with side {document['side']}")
    return target


def _code(value: object) -> str:
    text = _text(value)
    if not is_code(text):
        raise ValueError(f"“{text}” is no code")
    return text


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"help is {value!r}")
    return value


def _pass(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 9:
        raise ValueError(f"pass is {value!r}")
    return value


def _seconds(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST_SECONDS:
        raise ValueError(f"seconds is {value!r}")
    return float(value)


def _when(value: object) -> str:
    if value is None:
        return ""
    text = _text(value)
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return text


def _shares(value: object) -> Shares | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 3:
        raise ValueError("probabilities are not three")
    mild, moderate, severe = (float(share) for share in value)
    if min(mild, moderate, severe) < 0 or abs(mild + moderate + severe - 1) > 0.01:
        raise ValueError("probabilities do not sum to 1")
    return mild, moderate, severe
