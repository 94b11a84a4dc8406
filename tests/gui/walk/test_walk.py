"""A first day with the program, by mouse and keys of the display: what is left on the disk, and what was seen."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from tests.gui.display import have_xvfb, own_display
from tests.gui.walk.hands import have_hands
from tests.gui.walk.walk import CANAL, HEIGHT, LEFT_FORAMEN, WIDTH, screen, take_walk

pytestmark = pytest.mark.gui


def findings(path: Path) -> dict[str, dict[str, object]]:
    parts = ("condition", "side", "image_side", "level")
    document = json.loads(path.read_text(encoding="utf-8"))
    return {"/".join(each[part] or "" for part in parts): each for each in document["findings"]}


@pytest.mark.skipif(not (have_xvfb() and have_hands()), reason="Xvfb or xdotool is missing")
def test_two_examinations_are_read_by_hand(tmp_path: Path) -> None:
    shots: list[Image.Image] = []
    with own_display(f"{WIDTH + 200}x{HEIGHT + 100}"):
        saved = take_walk(tmp_path, lambda _words: shots.append(screen()))
    assert saved.pdf.read_bytes().startswith(b"%PDF")
    first, second = findings(saved.json), findings(saved.second)
    assert first[CANAL]["reader"] == {"status": "changed", "grade": "Severe", "was": first[CANAL]["grade"]}
    foramen = first[LEFT_FORAMEN]
    assert foramen["reader"]["status"] == "cannot_judge"  # type: ignore[index]
    moved, own = foramen["location"], foramen["own"]["location"]  # type: ignore[index]
    assert moved["file"] == own["file"]  # type: ignore[index]
    assert moved["column"] > own["column"] + 1  # type: ignore[index]
    assert {key for key, each in first.items() if each["reader"]} == {CANAL, LEFT_FORAMEN}
    objects = [pydicom.dcmread(path) for path in saved.dicom.rglob("*.dcm")]
    assert {each.Modality for each in objects} >= {"SR", "DOC"}
    assert len({each.StudyInstanceUID for each in objects}) == 1
    assert not any(each["reader"] for each in second.values())
    compared = json.loads(saved.second.read_text(encoding="utf-8"))["compared"]
    assert compared["sentences"] == []
    # Of the pictures nothing but the identifiers is new; of two findings the reader had said otherwise.
    assert compared["unchanged"] == len(second) - 2
    assert len(compared["not_comparable"]) == 2
    grey = [np.asarray(shot.convert("L"), float) for shot in shots]
    assert all(np.abs(one - other).mean() > 0.05 for one, other in pairwise(grey))
    assert all(picture.std() > 5 for picture in grey), "nothing was on the screen"
