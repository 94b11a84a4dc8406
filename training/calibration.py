"""The temperature of a grader, fitted on the program's own answers for studies that none of its networks saw.

They are located and graded as a new patient's are, wrong places among them: fitted on crops at the marks, a network
would be too sure of itself. A fold's studies are parted in two; either half is calibrated by the other, so that no
study's figure rests on its own grade. The shipped temperature is fitted on all of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.evaluate import Scored
from training.grade import fit_temperature

AS_TRAINED: dict[str, Any] = {"temperature": [1.0], "fitted_on": "nothing yet", "ece": None, "ece_bound": None}
FILE = "calibration.json"
HALVES = (0, 1)
SMALLEST = 1e-12  # a probability of nought has no logarithm


def half_of(study_id: str) -> int:
    """Which half of its fold a study belongs to, always the same."""
    return int(hashlib.sha256(f"half {study_id}".encode()).hexdigest(), 16) % len(HALVES)


def fitted(scored: Sequence[Scored]) -> dict[str, Any]:
    """The calibration that answers of a grader `AS_TRAINED` ask for, as it stands in a contract; itself for none."""
    hits = [each for each in scored if each.assessed and each.cell.grade is not None]
    if not hits:
        return AS_TRAINED
    rows = np.array([each.answer.probabilities for each in hits])  # type: ignore[union-attr]  # assessed
    grades = np.array([int(each.cell.grade or 0) for each in hits])
    # Their logarithms are the logits but for a constant, which changes nothing.
    temperature = fit_temperature(np.log(np.clip(rows, SMALLEST, 1.0)), grades)
    words = f"{len(hits)} findings of studies that no network involved saw, located and graded by the program"
    return AS_TRAINED | {
        "temperature": [temperature],
        "fitted_on": f"{words} on one view each; findings fused from several views take the same temperature",
    }


def write_calibration(run: Path, calibration: dict[str, Any]) -> None:
    """Put it beside a checkpoint, where export looks for it."""
    run.mkdir(parents=True, exist_ok=True)
    (run / FILE).write_text(json.dumps(calibration, indent=1), encoding="utf-8")


def read_calibration(run: Path) -> dict[str, Any]:
    """What lies beside a checkpoint. Raises FileNotFoundError."""
    stored: dict[str, Any] = json.loads((run / FILE).read_text(encoding="utf-8"))
    return stored
