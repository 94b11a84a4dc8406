"""What somebody types of a reading plan, and what of it cannot be meant. No Tk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lumbar_core.agreement.plan import Reveal, check_choices
from lumbar_core.agreement.planning import PlanWishes
from lumbar_core.errors import Refused


@dataclass(frozen=True, slots=True)
class PlanForm:
    """The fields as they are typed; repeat in per cent of the studies, reveal the name of a Reveal."""

    folder: Path | None = None
    readers: str = "R1 R2"
    repeat: str = "0"
    washout: str = "28"
    with_help: bool = False
    reveal: str = Reveal.AT_END.value
    seed: str = "1"

    def wishes(self) -> PlanWishes:
        """What is meant. Raises Refused, naming the field."""
        if self.folder is None:
            raise Refused("No folder is chosen.", "Choose the folder that holds the examinations.")
        readers = tuple(self.readers.replace(",", " ").split())
        if not readers:
            raise Refused("Nobody is to read.", "Write a short code for each reader, like R1 R2, and no name.")
        repeat = _number("The share to be read twice", self.repeat.removesuffix("%"), 100) / 100
        washout = _number("The days between two readings", self.washout, 3650)
        check_choices(readers, repeat, washout)
        return PlanWishes(
            readers=readers,
            seed=_number("The seed", self.seed, 2**31),
            repeat=repeat,
            washout_days=washout,
            with_help=self.with_help,
            reveal=Reveal(self.reveal),
        )


def _number(what: str, typed: str, most: int) -> int:
    typed = typed.strip()
    if not (typed.isascii() and typed.isdigit() and int(typed) <= most):
        raise Refused(f"{what} cannot be “{typed}”.", f"Write a whole number from 0 to {most}.")
    return int(typed)
