"""Letters that a viewer burned into a picture are found; what a body shows is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lumbar_core.recognise.burned_text import has_burned_text
from tests.core.fake_studies import noise
from tests.core.recognise.texts import with_text

DARK = np.zeros((300, 300), np.float32)
WORDS = ("DOE JANE 1962-03-04", "W 840 L 428", "Se: 3 Im: 8/15")


@pytest.mark.parametrize("size", [11, 14, 18])
@pytest.mark.parametrize("place", [(4, 4), (160, 4), (4, 270), (90, 140)])
@pytest.mark.parametrize("words", WORDS)
def test_words_over_dark_parts_are_found_wherever_they_stand(words: str, place: tuple[int, int], size: int) -> None:
    assert has_burned_text(with_text(DARK, words, place, size))


def test_a_flat_or_grainy_picture_has_no_words() -> None:
    assert not has_burned_text(DARK)
    assert not has_burned_text(noise(300, 300))
    assert not has_burned_text(noise(2, 2))


def test_edges_and_a_few_bright_lines_are_no_words() -> None:
    picture = DARK.copy()
    picture[:, 200:] = 255  # fat
    picture[40:260, 100:102] = 255  # a ligament
    picture[40:260, 120:122] = 255
    picture[40:260, 140:142] = 255
    assert not has_burned_text(picture)


def test_real_slices_have_no_words_until_a_viewer_burns_them_in(real_data: Path) -> None:
    files = [file for name in ("rsna_canal", "rsna_foraminal") for file in (real_data / name / "images").iterdir()]
    slices = [np.asarray(Image.open(file).convert("L"), np.float32) for file in sorted(files)[::10]]
    assert len(slices) > 800
    assert not any(has_burned_text(pixels) for pixels in slices)
    annotated = [with_text(with_text(pixels, WORDS[0], (4, 4)), WORDS[1], (4, 24)) for pixels in slices[::4]]
    assert np.mean([has_burned_text(pixels) for pixels in annotated]) > 0.8
