"""Readings made up for tests: who graded what, said briefly."""

from __future__ import annotations

from collections.abc import Mapping

from lumbar_core.agreement.readings import LETTERS, Arm, Judgement
from lumbar_core.anatomy import STUDY_TARGETS, Target


def sitting(
    reader: str, grades: Mapping[str, str], *, again: int = 1, helped: bool = False, targets: tuple[Target, ...] = ()
) -> list[Judgement]:
    """One reader's letters by study: "NNMSX…", as many as there are structures, in the order of STUDY_TARGETS."""
    arm = Arm(reader, again, helped)
    return [
        Judgement(arm, study, target, LETTERS[letter], seconds=4.0)
        for study, letters in grades.items()
        for target, letter in zip(targets or STUDY_TARGETS, letters, strict=False)
    ]
