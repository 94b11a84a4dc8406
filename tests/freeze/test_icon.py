"""The committed icon is what the code draws."""

from __future__ import annotations

import numpy as np
from PIL import Image

from freeze.icon import SIZES, WINDOW_ICON, WINDOWS_ICON, draw


def test_the_committed_icon_is_what_is_drawn() -> None:
    committed, drawn = (np.asarray(image, dtype=int) for image in (Image.open(WINDOW_ICON), draw()))
    assert np.abs(committed - drawn).max() <= 8


def test_windows_gets_every_size() -> None:
    with Image.open(WINDOWS_ICON) as icon:
        assert icon.info["sizes"] == set(SIZES)
