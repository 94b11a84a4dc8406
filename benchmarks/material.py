"""What the benchmarks run on: the real data where it lies, else the generated sample; and what a program holds."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.study import Instance, Pixels

REPOSITORY = Path(__file__).resolve().parents[1]
SAMPLE = REPOSITORY / "lumbar_core" / "sample"
REAL = Path(os.environ.get("LUMBAR_DATA") or REPOSITORY.parent / "shared" / "data")


def study_folder() -> tuple[Path, str]:
    """A whole study and the words for it."""
    real = REAL / "dicom" / "rsna_100206310"
    return (real, "real study") if real.is_dir() else (SAMPLE, "generated sample")


def picture_folder(work: Path, count: int) -> tuple[Path, str]:
    """A folder with `count` sagittal T2 pictures, made below `work`, and the words for them."""
    folder = work / "pictures"
    folder.mkdir()
    real = sorted((REAL / "rsna_canal" / "images").glob("*.webp"))[:count]
    for index, source in enumerate(real):
        shutil.copyfile(source, folder / f"{index:04d}.webp")
    if real:
        return folder, "real pictures"
    slices = sample_t2_slices()
    for index in range(count):
        Image.fromarray(slices[index % len(slices)]).save(folder / f"{index:04d}.png")
    return folder, "generated pictures"


def sample_t2_slices() -> list[np.ndarray[tuple[int, int], np.dtype[np.uint8]]]:
    """The sample's middle T2 slices as 8-bit pictures."""
    reader = DirectReader()
    series = read_study([SAMPLE]).series[0]
    middle = len(series.instances) // 2
    return [_to_picture(reader.read(instance)) for instance in _around(series.instances, middle)]


def _around(instances: tuple[Instance, ...], middle: int) -> tuple[Instance, ...]:
    return instances[middle - 2 : middle + 3]


def _to_picture(pixels: Pixels) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    white = float(np.percentile(pixels, 99.7))
    return np.asarray(np.clip(pixels / white * 255, 0, 255), np.uint8)


def resident_bytes(pid: int) -> int:
    """Resident memory of a program and its processes; 0 once it has ended."""
    try:
        parent = psutil.Process(pid)
        return sum(process.memory_info().rss for process in [parent, *parent.children(recursive=True)])
    except psutil.NoSuchProcess:  # it ended while we looked
        return 0
