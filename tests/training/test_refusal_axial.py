"""Beside the spine no recess is graded, and every place where one would be is counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lumbar_core.inference.packs import PackSet
from tests.core.fake_packs import an_axial_localiser, by_spots
from tests.training.made_up import a_picture
from training import refusal_axial
from training.localise_axial_data import AXIAL, BESIDE_EACH
from training.lone_axial import Marked
from training.splits import mendeley_labels


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    (folder / AXIAL).mkdir()
    for label in mendeley_labels():
        if label.kind == "axial_t2":
            Image.fromarray(a_picture(1, 80)).save(folder / AXIAL / label.file)
    return folder


@pytest.mark.parametrize(("score", "share"), [(0.9, 1.0), (0.1, 0.0)])
def test_a_place_counts_where_its_recess_would_be_graded(
    data: Path, monkeypatch: pytest.MonkeyPatch, score: float, share: float
) -> None:
    heat = np.zeros((3, 8, 12), np.float32)
    heat[0, 4, 6] = heat[1, 4, 3] = 0.9
    monkeypatch.setattr(refusal_axial, "load_packs", lambda: PackSet((an_axial_localiser(lambda _: (heat, score)),)))
    held = [label for label in mendeley_labels() if label.held and label.kind == "axial_t2"]
    found = refusal_axial.score_axial_places(data, None)
    places = {"slices": len(held), "places": len(held) * BESIDE_EACH}
    assert found == {**places, "assessed": share, "canals": share}


def test_a_canal_without_recesses_is_counted_as_a_canal_alone(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heat = np.zeros((3, 8, 12), np.float32)
    heat[0, 4, 6] = 0.9
    monkeypatch.setattr(refusal_axial, "load_packs", lambda: PackSet((an_axial_localiser(lambda _: (heat, 0.9)),)))
    found = refusal_axial.score_axial_places(data, None)
    assert (found["assessed"], found["canals"]) == (0.0, 1.0)


@pytest.fixture
def marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two slices 1 mm a pixel with a canal and its recesses; one has half of another where it is looked for aside."""
    marks = []
    canal, joints = [(64, 200), (56, 120), (72, 160)], [(24, 200), (16, 120), (104, 200), (112, 160)]
    for name, spots in (("plain", canal), ("taken in", canal + joints)):
        pixels = np.tile(np.arange(128) % 7, (120, 1)).astype(np.uint8)
        for column, brightness in spots:
            pixels[59:62, column - 1 : column + 2] = brightness
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
        marks.append(Marked(f"{name}.png", "made up", (60.0, 64.0), (60.0, 56.0), (60.0, 72.0)))
    monkeypatch.setattr(refusal_axial, "read_marks", lambda: marks)
    monkeypatch.setattr(refusal_axial, "load_packs", lambda: PackSet((an_axial_localiser(by_spots),)))
    return tmp_path


def test_what_was_taken_for_a_canal_aside_of_it_is_refused_once_the_slice_is_looked_at_around(marked: Path) -> None:
    found = refusal_axial.score_beside_canals(marked, None)
    assert found["0"] == {"near": {"at the canal": 2}, "checked": {"at the canal": 2}}
    assert found["40"]["near"] == {"refused": 2, "elsewhere": 2}
    assert found["40"]["checked"] == {"refused": 4}


def test_without_a_localiser_there_is_nothing_to_score(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal_axial, "load_packs", lambda: PackSet(()))
    with pytest.raises(ValueError, match="localiser of axial slices"):
        refusal_axial.score_axial_places(data, None)
