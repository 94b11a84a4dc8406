"""Slices as they leave a viewer in colour although they are grey: files, written on, and among a viewer's panels."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

INKS = ((255, 255, 0), (255, 140, 0), (0, 255, 120), (80, 170, 255), (255, 60, 60))
PANELS = ((70, 85, 110), (120, 150, 200), (190, 210, 240), (90, 90, 100))  # bluish, as viewers like them


def exports(grey: NDArray[np.uint8], rng: np.random.Generator) -> Iterator[tuple[str, Image.Image]]:
    """The ways a slice may be saved, by name."""
    plain = Image.fromarray(grey).convert("RGB")
    yield "png", plain
    for quality in (30, 95):
        for name, subsampling in (("4:2:0", 2), ("4:4:4", 0)):
            yield f"jpeg {quality} {name}", _saved(plain, "JPEG", quality=quality, subsampling=subsampling)
    yield "webp", _saved(plain, "WEBP", quality=60)
    yield "web palette", plain.convert("P", palette=Image.Palette.WEB).convert("RGB")
    yield "written on", written_on(plain, rng)
    yield "written on, jpeg", _saved(written_on(plain, rng), "JPEG", quality=75, subsampling=2)
    yield "viewer", in_a_viewer(plain, rng)


def written_on(slice_: Image.Image, rng: np.random.Generator) -> Image.Image:
    """With coloured letters at the corners, reference lines and an arrow."""
    drawn = slice_.copy()
    pen, (width, height) = ImageDraw.Draw(drawn), drawn.size
    for row in range(6):
        for column in (4, width - 90):
            pen.text((column, 4 + 12 * row), "SE 3  IM 7/15", fill=_ink(rng))
    for _ in range(5):
        pen.line([int(v) for v in rng.integers(0, (width, height, width, height))], fill=_ink(rng), width=2)
    x, y = int(width * rng.uniform(0.3, 0.7)), int(height * rng.uniform(0.3, 0.7))
    pen.polygon([(x, y), (x + 30, y + 10), (x + 10, y + 30)], fill=_ink(rng))
    return drawn


def in_a_viewer(slice_: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A screenshot of a whole viewer: a title bar, coloured icons, a panel of words, two views of the slice."""
    screen = Image.new("RGB", (1920, 1080))
    pen = ImageDraw.Draw(screen)
    panel = PANELS[int(rng.integers(len(PANELS)))]
    pen.rectangle((0, 0, 400, 1080), fill=panel)
    pen.rectangle((0, 0, 1920, 60), fill=panel)
    pen.rectangle((0, 0, 1920, 24), fill=(60, 100, 190))
    for number in range(30):
        icon = tuple(int(value) for value in rng.integers(0, 256, 3))
        pen.rectangle((60 * number, 28, 60 * number + 30, 56), fill=icon)
        place = (int(rng.integers(0, 380)), int(rng.integers(70, 1060)))
        pen.text(place, f"Series {number} Sagittal T2", fill=(200, 215, 255))
    large = slice_.resize((round(900 * slice_.width / slice_.height), 900))
    screen.paste(written_on(large, rng), (410, 80))
    screen.paste(slice_.resize((450, 450)), (420 + large.width, 80))
    return screen


def _ink(rng: np.random.Generator) -> tuple[int, int, int]:
    return INKS[int(rng.integers(len(INKS)))]


def _saved(image: Image.Image, kind: str, **options: int) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return Image.open(stream).convert("RGB")
