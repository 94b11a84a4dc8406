"""Studies of noise: 128 × 96 slices whose levels the fake localiser draws, and readers that give or refuse pixels.

For the pipeline's logic alone: fake networks answer the same whatever they are shown. What the shipped packs make of
whole studies is tested on phantoms (tests/training/phantom, test_sample_slice.py).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lumbar_core.anatomy import Level, Orientation, Weighting
from lumbar_core.errors import Cancelled
from lumbar_core.geometry import Plane
from lumbar_core.study import (
    Identity,
    InputKind,
    Instance,
    KindBasis,
    Pixels,
    Series,
    SeriesKind,
    Source,
    Study,
)

# Where levels at map rows 6, 10 … 22 lie on a slice of 128 × 96 pixels: (cell + ½) × 4 − ½.
ROWS_OF = {Level.L1_L2: 25.5, Level.L2_L3: 41.5, Level.L3_L4: 57.5, Level.L4_L5: 73.5, Level.L5_S1: 89.5}
COLUMN = 49.5

SAGITTAL_T2 = SeriesKind(Orientation.SAGITTAL, Weighting.T2, KindBasis.HEADER)
SAGITTAL_T1 = SeriesKind(Orientation.SAGITTAL, Weighting.T1, KindBasis.HEADER)
STIR = SeriesKind(Orientation.SAGITTAL, Weighting.STIR, KindBasis.HEADER)
UNRECOGNISED = SeriesKind(Orientation.UNKNOWN, Weighting.UNKNOWN, KindBasis.NONE)


def noise(rows: int = 128, columns: int = 96, seed: int = 0) -> Pixels:
    """A picture in which no two pixels are alike."""
    return np.random.default_rng(seed).uniform(1, 255, (rows, columns)).astype(np.float32)


def an_image(number: int = 0, *, root: Path = Path("made-up"), rows: int = 128, plane: Plane | None = None) -> Instance:
    """An image that is nowhere on disk."""
    return Instance(
        source=Source(root / f"{number:02d}.dcm"),
        rows=rows,
        columns=96,
        plane=plane,
        series_uid="1.2",
        sop_uid=f"1.2.{number}",
        instance_number=number,
        frame_of_reference_uid="1.3",
        digest=f"{number:064x}",
    )


def sagittal_plane(x_mm: float, spacing_mm: float = 2.0) -> Plane:
    """First pixel 100 mm in front of and 60 mm above the origin, at x_mm; the levels lie 16 pixels apart."""
    return Plane.from_dicom([x_mm, -100.0, 60.0], [0, 1, 0, 0, 0, -1], [spacing_mm, spacing_mm])


def a_series(
    slices: int = 3,
    kind: SeriesKind = SAGITTAL_T2,
    name: str = "s1",
    *,
    root: Path = Path("made-up"),
    rows: int = 128,
    first_mm: float = 0.0,
) -> Series:
    """Parallel sagittal images, 4 mm apart from `first_mm` to the patient's left."""
    planes = [sagittal_plane(first_mm + 4.0 * n) for n in range(slices)]
    images = tuple(an_image(n, root=root / name, rows=rows, plane=plane) for n, plane in enumerate(planes))
    return Series(name, "1.2", "made up", images, kind, 4.0)


def a_study(*series: Series, root: Path = Path("made-up")) -> Study:
    """A study of these series."""
    return Study(root, InputKind.STUDY, series, (), sum(len(each.instances) for each in series), Identity())


def a_picture(kind: SeriesKind = UNRECOGNISED, root: Path = Path("made-up/00.dcm")) -> Study:
    """A lone picture without header."""
    series = Series("s1", "", "", (an_image(root=root.parent),), kind, None)
    return Study(root, InputKind.PICTURE, (series,), (), 1, Identity())


class FakePixels:
    """Gives the same noise for every image, or what `read_one` gives; `hangs` waits for `close`."""

    def __init__(self, read_one: Callable[[Instance], Pixels] | None = None, hangs: bool = False) -> None:
        self._read_one = read_one or (lambda image: noise(image.rows, image.columns))
        self._hangs = hangs
        self.read_images: list[Instance] = []
        self.started, self.closed = threading.Event(), threading.Event()

    def read(self, instance: Instance) -> Pixels:
        """The image's pixels."""
        self.started.set()
        if self._hangs:
            assert self.closed.wait(20), "nobody closed the reader"
        if self.closed.is_set():
            raise Cancelled
        self.read_images.append(instance)
        return self._read_one(instance)

    def close(self) -> None:
        """End what is read."""
        self.closed.set()
