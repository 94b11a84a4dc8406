"""The program's reading as the attacks see it: a path in, one word out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lumbar_core.errors import LumbarError
from lumbar_core.reading import read_studies
from lumbar_core.reading.decoding import DecodeProcess
from lumbar_core.study import Instance, PixelReader

DECODED = "decoded"
RAW = "raw "
MOST_DECODED = 3  # first, middle and last image of a file are enough to meet its decoder


class Printed(BaseException):
    """Somebody turned a data set into text."""


def forbid_printing() -> None:
    """Any text made of a whole data set is an offence: it may take minutes, gigabytes, and names along."""
    from pydicom.dataset import Dataset

    def refuse(_: Dataset) -> str:
        raise Printed

    Dataset.__str__ = Dataset.__repr__ = refuse  # type: ignore[method-assign]


def look_at(path: Path, pixels: PixelReader) -> str:
    """Read what the path holds and decode some of it: "decoded", a typed error's class, or "raw" with what came."""
    try:
        for instance in _some(
            image for study in read_studies([path]) for one in study.series for image in one.instances
        ):
            pixels.read(instance)
    except LumbarError as error:
        return type(error).__name__ if error.finding else f"{RAW}{type(error).__name__} without words"
    except BaseException as error:  # noqa: BLE001 - what is not typed is what the attack looks for
        return f"{RAW}{type(error).__name__}"
    return DECODED


def _some(images: Iterable[Instance]) -> list[Instance]:
    found = list(images)
    return found if len(found) <= MOST_DECODED else [found[0], found[len(found) // 2], found[-1]]


def warm_reader() -> PixelReader:
    """A decode process that has decoded already."""
    from tests.robustness.seeds import HTJ2K

    forbid_printing()
    pixels = DecodeProcess()
    look_at(HTJ2K, pixels)
    return pixels
