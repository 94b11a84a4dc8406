"""A department's reading from the plan to the report, by mouse, keys and real file dialogs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lumbar_core.agreement.comparison import FIGURES
from lumbar_core.agreement.readings import read_judgements
from lumbar_core.anatomy import STUDY_TARGETS, Condition
from tests.gui.display import have_xvfb, own_display
from tests.gui.walk.hands import have_hands
from tests.gui.walk.readers import READERS
from tests.gui.walk.reading import STUDIES, Read, take_reading_walk
from tests.gui.walk.walk import HEIGHT, WIDTH, screen
from training.phantom.readers import Truths, true_table

pytestmark = [pytest.mark.gui, pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.mark.skipif(not (have_xvfb() and have_hands()), reason="Xvfb or xdotool is missing")
def test_two_readers_read_thirty_studies_and_the_report_holds_their_truth(tmp_path: Path) -> None:
    shots: list[Image.Image] = []
    with own_display(f"{WIDTH + 200}x{HEIGHT + 100}"):
        read = take_reading_walk(tmp_path, lambda _words: shots.append(screen()))
    assert all(np.asarray(shot.convert("L"), float).std() > 5 for shot in shots), "nothing was on the screen"
    what_was_pressed_is_on_the_disk(read)
    window = {path.name: path.read_bytes() for path in read.report.iterdir()}
    assert window.keys() == {"agreement.json", "agreement.html", "agreement.pdf"}
    by_command = tmp_path / "by_command"
    command = [
        sys.executable,
        "-m",
        "lumbar_core",
        "agreement",
        "report",
        *map(str, read.files),
        "--out",
        str(by_command),
    ]
    subprocess.run(command, check=True, capture_output=True)
    assert {path.name: path.read_bytes() for path in by_command.iterdir()} == window
    the_truth_is_in_the_intervals(json.loads(window["agreement.json"]), np.stack(list(read.said.truths.values())))


def what_was_pressed_is_on_the_disk(read: Read) -> None:
    """Every key of the window, with its time; and nothing else."""
    told = {(each.arm, each.study, each.target): each for each in read_judgements(read.files[:2])}
    wanted = {
        (arm, study, target): int(grade)
        for arm, study in read.by_hand
        for target, grade in zip(STUDY_TARGETS, read.said.grades[arm, study], strict=True)
    }
    assert {place: each.grade for place, each in told.items()} == wanted
    assert all(each.seconds is not None and each.at for each in told.values())


def the_truth_is_in_the_intervals(report: dict[str, Any], truths: Truths) -> None:
    """Of every figure over all structures, and of all but few of each condition: how far these readers agree on these
    patients. That of all patients is within in 95 of 100 such samples: `python -m training agreement-coverage`.
    """
    pairs = {
        "reader and reader": (READERS[0], READERS[1]),
        "reader and self": (READERS[0], READERS[0]),
    }
    assert [each["kind"] for each in report["comparisons"]] == list(pairs)
    missed, held = [], 0
    for comparison in report["comparisons"]:
        for condition in (None, *Condition):
            part = _part(comparison["parts"], condition)
            assert (part["studies"], part["cannot_judge"]) == (STUDIES, 0)
            table = true_table(truths[:, _columns(condition)], *pairs[comparison["kind"]])
            for name, measured in FIGURES.items():
                low, high = part["figures"][name]["ci95"] or (-2.0, 2.0)
                truth = float(measured.figure(table))
                if low <= truth <= high:
                    held += 1
                else:
                    missed.append((comparison["kind"], condition, name, low, truth, high))
    assert not [each for each in missed if each[1] is None], missed
    assert len(missed) <= 0.1 * (held + len(missed)), missed


def _part(parts: list[dict[str, Any]], condition: Condition | None) -> dict[str, Any]:
    wanted = {"condition": condition and condition.value, "level": None, "side": None}
    return next(each for each in parts if wanted.items() <= each.items())


def _columns(condition: Condition | None) -> list[int]:
    return [n for n, target in enumerate(STUDY_TARGETS) if condition in (None, target.condition)]
