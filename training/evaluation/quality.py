"""How good a picture is, told from its pixels alone: the contrast of its grey values over its noise.

Nothing in the tables tells it, and most public copies have lost their headers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.signal import convolve2d

from lumbar_core.errors import ReadingError
from lumbar_core.study import Pixels
from training.pictures import load_picture

# Answers to noise and hardly to anatomy (Immerkær, Computer Vision and Image Understanding 1996).
NOISE_KERNEL = np.array([[1.0, -2.0, 1.0], [-2.0, 4.0, -2.0], [1.0, -2.0, 1.0]])
LEAST_NOISE = 0.1  # grey values: a generated picture without any is not infinitely good
THIRDS = ("worst third", "middle third", "best third")


def contrast_to_noise(pixels: Pixels) -> float:
    """Spread of the grey values (1st to 99th percentile) over the noise's standard deviation.

    pixels: at least 3 rows and columns.
    """
    answered = np.abs(convolve2d(pixels, NOISE_KERNEL, mode="valid"))
    noise = float(np.sqrt(np.pi / 2) / 6 * answered.mean())
    low, high = np.percentile(pixels, [1, 99])
    return float(high - low) / max(noise, LEAST_NOISE)


def picture_qualities(images: Path, files: Sequence[str]) -> dict[str, float]:
    """By file; pictures that cannot be read have none."""
    found = {}
    for file in files:
        try:
            found[file] = contrast_to_noise(load_picture(images / file))
        except (ReadingError, ValueError):
            continue  # refused by the program too, and counted there; or smaller than the kernel
    return found


def third_of(qualities: Sequence[float]) -> list[str]:
    """Which third of these pictures each belongs to; empty for NaN."""
    values = np.asarray(qualities, np.float64)
    known = values[np.isfinite(values)]
    if not len(known):
        return [""] * len(values)
    cuts = np.quantile(known, [1 / 3, 2 / 3])
    return [THIRDS[int(np.searchsorted(cuts, value))] if np.isfinite(value) else "" for value in values]
