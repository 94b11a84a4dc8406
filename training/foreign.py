"""Generated pictures that are no lumbar MRI, to teach the recogniser to refuse.

Speckle fans, disc phantoms, text, noise and the sample photographs that matplotlib ships. The CT and
ultrasound files of pydicom and scikit-learn's photographs are *not* used: the refusal is tested on them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from lumbar_core.study import Pixels

SIDE = 256


def foreign_pictures(count: int, seed: int) -> list[Pixels]:
    """`count` pictures (256, 256), 0–255, of every sort in turn."""
    rng = np.random.default_rng(seed)
    photographs = _photographs()
    sorts: list[Callable[[np.random.Generator], NDArray[np.float64]]] = [
        _noise,
        _smooth,
        _ultrasound,
        _computed_tomography,
        _text,
        lambda r: _cutting(photographs[int(r.integers(len(photographs)))], r),
    ]
    return [np.clip(sorts[index % len(sorts)](rng), 0, 255).astype(np.float32) for index in range(count)]


def _photographs() -> list[NDArray[np.float64]]:
    folder = Path(matplotlib.get_data_path()) / "sample_data"
    found = sorted([*folder.glob("*.jpg"), *folder.glob("*.png")])
    return [np.asarray(Image.open(path).convert("L"), np.float64) for path in found]


def _cutting(photograph: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    rows, columns = photograph.shape
    side = int(min(rows, columns) * rng.uniform(0.4, 1.0))
    top, left = int(rng.integers(rows - side + 1)), int(rng.integers(columns - side + 1))
    patch = Image.fromarray(photograph[top : top + side, left : left + side].astype(np.uint8))
    return np.asarray(patch.resize((SIDE, SIDE)), np.float64)


def _noise(rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.normal(rng.uniform(20, 200), rng.uniform(5, 60), (SIDE, SIDE))


def _smooth(rng: np.random.Generator) -> NDArray[np.float64]:
    field = gaussian_filter(rng.normal(size=(SIDE, SIDE)), rng.uniform(2, 30))
    return (field - field.min()) / np.ptp(field) * 255


def _ultrasound(rng: np.random.Generator) -> NDArray[np.float64]:
    """Speckle in a fan."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    across, depth = columns - SIDE / 2, rows + rng.uniform(5, 60)
    fan = (np.abs(np.arctan2(across, depth)) < rng.uniform(0.4, 0.9)) & (np.hypot(across, depth) < SIDE)
    speckle = gaussian_filter(rng.rayleigh(60, (SIDE, SIDE)), (0.7, 1.8))
    shade = np.exp(gaussian_filter(rng.normal(size=(SIDE, SIDE)), 14) * 18)
    return fan * speckle * shade


def _computed_tomography(rng: np.random.Generator) -> NDArray[np.float64]:
    """A body of ellipses with bright bone: flat greys, sharp edges, black air."""
    image = Image.new("L", (SIDE, SIDE), 0)
    pen = ImageDraw.Draw(image)
    width, height = rng.uniform(70, 125), rng.uniform(50, 110)
    pen.ellipse((128 - width, 128 - height, 128 + width, 128 + height), fill=int(rng.uniform(70, 150)))
    for _ in range(int(rng.integers(4, 14))):
        x, y = 128 + rng.uniform(-0.7, 0.7) * width, 128 + rng.uniform(-0.7, 0.7) * height
        a, b = rng.uniform(4, 35, 2)
        pen.ellipse((x - a, y - b, x + a, y + b), fill=int(rng.uniform(0, 255)))
    return gaussian_filter(np.asarray(image, np.float64), 0.8) + rng.normal(0, rng.uniform(1, 12), (SIDE, SIDE))


def _text(rng: np.random.Generator) -> NDArray[np.float64]:
    """A page or a screenshot: lines of letters, a box or two."""
    paper = int(rng.uniform(0, 255))
    image = Image.new("L", (SIDE, SIDE), paper)
    pen = ImageDraw.Draw(image)
    ink = (paper + 128) % 256
    for row in range(int(rng.integers(5, 30)), SIDE - 10, int(rng.integers(11, 26))):
        letters = "".join(chr(int(code)) for code in rng.integers(48, 122, int(rng.integers(5, 40))))
        pen.text((int(rng.integers(2, 60)), row), letters, fill=ink)
    if rng.random() < 0.6:
        x, y = rng.integers(0, 180, 2)
        pen.rectangle((int(x), int(y), int(x) + 70, int(y) + 50), fill=int(rng.uniform(0, 255)))
    return np.asarray(image, np.float64)
