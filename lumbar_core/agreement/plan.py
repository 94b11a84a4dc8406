"""A reading plan: which studies, which readers, in which order, once or twice, with or without the program's grades.

Studies are labels beside a keyed hash of what they are; the key is the plan's own, so that the same plan finds the same
studies on every PC and tells nobody whose they are. Readers are codes.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import numpy as np

from lumbar_core.agreement.readings import PROGRAM, Arm, Judgement, is_code
from lumbar_core.anatomy import STUDY_TARGETS, Target
from lumbar_core.errors import Refused, WrongFormat
from lumbar_core.report.study_key import study_key
from lumbar_core.study import Study

SCHEMA = "lumbar-plan/1"
_SALT_BYTES = 16


class Reveal(StrEnum):
    """When a reader sees the program's grades of a study that was read without them."""

    AFTER_STUDY = "after_study"
    AT_END = "at_end"


@dataclass(frozen=True, slots=True)
class Item:
    """One study to be read once."""

    study: str
    pass_number: int
    helped: bool

    def arm(self, reader: str) -> Arm:
        """The sitting that this belongs to."""
        return Arm(reader, self.pass_number, self.helped)


@dataclass(frozen=True, slots=True)
class Plan:
    """salt: key of the studies' hashes. studies: hash by label. queues: what each reader reads, in this order.

    washout_days: before a reader may read the same study again.
    """

    seed: int
    salt: bytes
    reveal: Reveal
    washout_days: int
    studies: Mapping[str, str]
    queues: Mapping[str, tuple[Item, ...]]

    def queue(self, reader: str) -> tuple[Item, ...]:
        """What a reader reads. Raises Refused for a code that the plan does not know."""
        if reader not in self.queues:
            known = ", ".join(self.queues)
            raise Refused(f"The plan has no reader “{reader}”.", f"Its readers are {known}.")
        return self.queues[reader]

    def label(self, study: Study) -> str | None:
        """The label of an examination; None where the plan does not hold it."""
        wanted = study_key(study, self.salt)
        return next((label for label, key in self.studies.items() if key == wanted), None)


def make_plan(
    studies: Sequence[Study],
    readers: Sequence[str],
    *,
    seed: int,
    repeat: float = 0.0,
    washout_days: int = 28,
    with_help: bool = False,
    reveal: Reveal = Reveal.AT_END,
) -> Plan:
    """A plan over all studies for all readers; the same seed and salt-free choices give the same order.

    repeat: share of the studies that each reader reads a second time without help. with_help: each study is read once
    without and once with the program's grades; half of the studies first without, half first with, and the next
    reader the other way round (a crossed order). Raises Refused for codes that are none, and where nothing is to read.
    """
    check_choices(readers, repeat, washout_days)
    if not studies:
        raise Refused("There is no examination to read.", "Choose a folder with examinations.")
    salt = secrets.token_bytes(_SALT_BYTES)
    random = np.random.default_rng(seed)
    width = max(2, len(str(len(studies))))
    shuffled = [studies[index] for index in random.permutation(len(studies))]  # a folder's order may follow names
    labels = {f"S{number:0{width}}": study_key(study, salt) for number, study in enumerate(shuffled, start=1)}
    if len(set(labels.values())) < len(labels):
        raise Refused("The same examination is there twice.", "Take one copy away, then make the plan again.")
    names = list(labels)
    again = names[: round(repeat * len(names))]  # shuffled already
    queues = {
        reader: _queue(names, again, with_help, number % 2, np.random.default_rng([seed, number]))
        for number, reader in enumerate(readers)
    }
    return Plan(seed, salt, reveal, washout_days, labels, queues)


def _queue(
    names: list[str], again: list[str], with_help: bool, turn: int, random: np.random.Generator
) -> tuple[Item, ...]:
    periods = [[Item(name, 1, False) for name in names]]
    if with_help:
        first = {name: index % 2 == turn for index, name in enumerate(names)}  # helped the first time
        periods = [[Item(name, 1, first[name] is early) for name in names] for early in (True, False)]
    periods.append([Item(name, 2, False) for name in again])
    return tuple(period[index] for period in periods for index in random.permutation(len(period)))


def check_choices(readers: Sequence[str], repeat: float, washout_days: int) -> None:
    """Raises Refused for readers' codes that are none, and for a share or days that cannot be."""
    wrong = [reader for reader in readers if not is_code(reader) or reader == PROGRAM]
    # Each code names a reader's file, and to many a disk R1 and r1 are one name.
    if wrong or not readers or len({reader.casefold() for reader in readers}) < len(readers):
        raise Refused(
            f"“{', '.join(wrong or readers)}” cannot be the readers' codes.",
            "Give each reader another short code of letters and digits, like R1, and no name.",
        )
    if not 0 <= repeat <= 1 or not 0 <= washout_days <= 3650:
        raise Refused("The share to be read again must lie between 0 and 1, the days between 0 and 3650.")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a reader is with one item.

    graded: the structures that have their line. due: from when it may be read; None: at once, or done already.
    """

    item: Item
    graded: frozenset[Target]
    due: datetime | None

    @property
    def done(self) -> bool:
        """Whether all 25 structures have their line."""
        return self.graded.issuperset(STUDY_TARGETS)


def progress_of(plan: Plan, reader: str, judgements: Iterable[Judgement], now: datetime) -> tuple[Progress, ...]:
    """How far each item of a reader's queue is, in its order; now: with a time zone."""
    graded: dict[tuple[Arm, str], set[Target]] = {}
    last: dict[str, dict[Arm, datetime]] = {}
    for each in judgements:
        if each.arm.reader == reader:
            graded.setdefault((each.arm, each.study), set()).add(each.target)
            if each.at:
                when = _time(each.at)
                seen = last.setdefault(each.study, {})
                seen[each.arm] = max(when, seen.get(each.arm, when))
    found = []
    for item in plan.queue(reader):
        arm = item.arm(reader)
        others = [when for other, when in last.get(item.study, {}).items() if other != arm]
        due = max(others) + timedelta(days=plan.washout_days) if others else None
        begun = frozenset(graded.get((arm, item.study), ()))
        found.append(Progress(item, begun, None if begun or due is None or due <= now else due))
    return tuple(found)


def to_read(progress: Sequence[Progress]) -> list[Progress]:
    """What can be read now, in order: of each study the first item that is not done, if it is due."""
    first: dict[str, Progress] = {}
    for each in progress:
        if not each.done:
            first.setdefault(each.item.study, each)
    return [each for each in first.values() if each.due is None]


def render_plan(plan: Plan) -> bytes:
    """The plan as its file holds it."""
    document = {
        "schema": SCHEMA,
        "seed": plan.seed,
        "salt": plan.salt.hex(),
        "reveal": plan.reveal.value,
        "washout_days": plan.washout_days,
        "studies": [{"label": label, "key": key} for label, key in plan.studies.items()],
        "readers": [
            {
                "reader": reader,
                "queue": [{"study": i.study, "pass": i.pass_number, "help": i.helped} for i in queue],
            }
            for reader, queue in plan.queues.items()
        ],
    }
    return (json.dumps(document, indent=1) + "\n").encode()


def read_plan(data: bytes) -> Plan:
    """A plan from its file. Raises WrongFormat for anything else, saying what is wrong in it."""
    try:
        plan = _plan(json.loads(data))
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise WrongFormat(f"This is no reading plan: {what}.", "Choose a plan.json that this program made.") from error
    return plan


def _plan(document: dict[str, Any]) -> Plan:
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise ValueError(f"it is none of {SCHEMA}")
    studies = {_code(each["label"]): str(each["key"]) for each in document["studies"]}
    queues = {_code(each["reader"]): tuple(_item(i, studies) for i in each["queue"]) for each in document["readers"]}
    if not studies or not queues or len(queues) < len(document["readers"]) or len(studies) < len(document["studies"]):
        raise ValueError("a study or reader is there twice, or none is")
    for reader, queue in queues.items():
        if len(set(queue)) < len(queue):
            raise ValueError(f"{reader} is to read the same twice in one sitting")
    return Plan(
        seed=_whole(document["seed"]),
        salt=bytes.fromhex(document["salt"]),
        reveal=Reveal(document["reveal"]),
        washout_days=_whole(document["washout_days"]),
        studies=studies,
        queues=queues,
    )


def _item(document: dict[str, Any], studies: Mapping[str, str]) -> Item:
    study, number, helped = document["study"], _whole(document["pass"]), document["help"]
    if study not in studies or not 1 <= number <= 9 or not isinstance(helped, bool):
        raise ValueError(f"{document} is nothing to read")
    return Item(study, number, helped)


def _code(value: object) -> str:
    if not isinstance(value, str) or not is_code(value):
        raise ValueError(f"{value!r} is no code")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no whole number")
    return value


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
