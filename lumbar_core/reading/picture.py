"""PNG, JPEG, TIFF and WebP pictures: size and turn from the header, grey values by our own scaling."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from lumbar_core.errors import Damaged, ReadingError, Refused
from lumbar_core.reading import limits
from lumbar_core.study import Pixels

_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP")
_PICTURE_FAULTS: tuple[type[Exception], ...] = (
    UnidentifiedImageError, OSError, ArithmeticError, AssertionError, AttributeError, EOFError, LookupError,
    NotImplementedError, RuntimeError, SyntaxError, TypeError, ValueError, struct.error, zlib.error,
)  # fmt: skip

# EXIF orientation → what turns the stored picture upright (TIFF/EXIF tag 274).
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = frozenset({5, 6, 7, 8})


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """Size after the EXIF turn, and whether there are further pages in the file."""

    rows: int
    columns: int
    has_pages: bool


def read_picture_header(stream: BinaryIO, name: str) -> PictureHeader:
    """Size, and whether there are further pages, without decoding. Raises Damaged or Refused."""
    with _open(stream, name) as image:
        columns, rows = image.size
        if _turn(image) in _SIDEWAYS:
            columns, rows = rows, columns
        return PictureHeader(rows, columns, _has_pages(image))


def decode_picture(stream: BinaryIO, name: str) -> Pixels:
    """Grey values of the first page, 0 to 255 whatever the bit depth of whole numbers; float TIFFs as stored."""
    with _open(stream, name) as image:
        turn = _turn(image)
        image.load()
        upright = image.transpose(_TURNS[turn]) if turn in _TURNS else image
        return _to_grey(upright)


@contextmanager
def _open(stream: BinaryIO, name: str) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(stream, formats=_FORMATS) as image:
                if image.width * image.height > limits.MAX_PICTURE_PX:
                    raise _too_many_pixels(name)
                yield image
    except ReadingError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError, MemoryError) as error:
        raise _too_many_pixels(name) from error
    except _PICTURE_FAULTS as error:
        raise Damaged(f"{name} is damaged or cut short.", "Export the picture again.") from error


def _has_pages(image: Image.Image) -> bool:
    """Whether a second page is there; counting them all takes minutes where a file names a hundred thousand."""
    try:
        image.seek(1)
    except EOFError:
        return False
    return True


def _turn(image: Image.Image) -> int:
    """The EXIF orientation that is left for us to undo; 1 (upright) where there is none."""
    if image.format == "TIFF":
        return 1  # Pillow gives size and pixels of a TIFF turned already
    if image.format == "PNG" and "exif" not in image.info:
        return 1  # it would decode the whole picture to look behind the pixels
    turn = image.getexif().get(ExifTags.Base.Orientation, 1)
    return turn if isinstance(turn, int) else 1


def _to_grey(image: Image.Image) -> Pixels:
    """16 bits are scaled here: Pillow's own conversion of `I;16` to 8 bits clips instead."""
    if image.mode.startswith("I;16"):
        return np.asarray(image).astype(np.float32) / np.float32(257.0)
    if image.mode in {"I", "F"}:
        return np.nan_to_num(np.asarray(image).astype(np.float32), posinf=0.0, neginf=0.0)
    if image.has_transparency_data:
        return _on_black(image.convert("RGBA"))
    return np.asarray(image.convert("L") if image.mode != "CMYK" else image.convert("RGB").convert("L")).astype(
        np.float32
    )


def _on_black(image: Image.Image) -> Pixels:
    """Transparent parts become black, as the surroundings of an MR image are."""
    black = Image.new("RGBA", image.size, (0, 0, 0, 255))
    return np.asarray(Image.alpha_composite(black, image).convert("L")).astype(np.float32)


def _too_many_pixels(name: str) -> Refused:
    return Refused(
        f"{name} has more than {limits.MAX_PICTURE_PX // 1_000_000} million pixels.",
        "Export the picture at its normal size.",
    )
