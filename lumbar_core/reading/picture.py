"""PNG, JPEG, TIFF and WebP pictures: size and turn from the header, grey values by our own scaling.

Photographs are refused: by what a camera writes into the header, else by their colour once it is decoded.
"""

from __future__ import annotations

import numbers
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from lumbar_core.errors import Damaged, ReadingError, Refused
from lumbar_core.reading import limits
from lumbar_core.reading.colour import EXPORT_INSTEAD, refuse_colour
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

# What a camera notes of each exposure; scanners and screenshot tools name themselves and the date at most.
_EXPOSURE = (
    ExifTags.Base.ExposureTime,
    ExifTags.Base.FNumber,
    ExifTags.Base.ISOSpeedRatings,
    ExifTags.Base.FocalLength,
)

# Without colour, or with one that says nothing: the inks of CMYK are no shades of red, green and blue.
_NOT_COLOURED = frozenset({"1", "L", "CMYK"})


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """Size after the EXIF turn, and whether there are further pages in the file."""

    rows: int
    columns: int
    has_pages: bool


def read_picture_header(stream: BinaryIO, name: str) -> PictureHeader:
    """Size, and whether there are further pages, without decoding. Raises Damaged or Refused."""
    with _open(stream, name) as image:
        exif = _exif(image)
        if _is_exposed(exif):
            raise Refused(f"{name} is a photograph taken with a camera.", EXPORT_INSTEAD)
        columns, rows = image.size
        if _turn(image, exif) in _SIDEWAYS:
            columns, rows = rows, columns
        return PictureHeader(rows, columns, _has_pages(image))


def decode_picture(stream: BinaryIO, name: str) -> Pixels:
    """Grey values of the first page, 0 to 255 whatever the bit depth of whole numbers; float TIFFs as stored.

    Raises Damaged or Refused.
    """
    with _open(stream, name) as image:
        turn = _turn(image, _exif(image))
        image.load()
        upright = image.transpose(_TURNS[turn]) if turn in _TURNS else image
        return _to_grey(upright, name)


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


def _exif(image: Image.Image) -> Image.Exif:
    """What the file says of its making; nothing where that is broken, since the picture itself may be whole."""
    if image.format == "PNG" and "exif" not in image.info:
        return Image.Exif()  # it would decode the whole picture to look behind the pixels
    try:
        return image.getexif()
    except _PICTURE_FAULTS:
        return Image.Exif()


def _is_exposed(exif: Image.Exif) -> bool:
    try:
        camera = exif.get_ifd(ExifTags.IFD.Exif)
    except _PICTURE_FAULTS:
        return False
    return any(_is_positive(camera.get(tag)) for tag in _EXPOSURE)


def _is_positive(value: Any) -> bool:
    """Of several values the first counts: a film's speed may be given twice."""
    first = value[0] if isinstance(value, tuple) and value else value
    return isinstance(first, numbers.Real) and float(first) > 0


def _turn(image: Image.Image, exif: Image.Exif) -> int:
    """The EXIF orientation that is left for us to undo; 1 (upright) where there is none."""
    if image.format == "TIFF":
        return 1  # Pillow gives size and pixels of a TIFF turned already
    turn = exif.get(ExifTags.Base.Orientation, 1)
    return turn if isinstance(turn, int) else 1


def _to_grey(image: Image.Image, name: str) -> Pixels:
    """16 bits are scaled here: Pillow's own conversion of `I;16` to 8 bits clips instead."""
    if image.mode.startswith("I;16"):
        return np.asarray(image).astype(np.float32) / np.float32(257.0)
    if image.mode in {"I", "F"}:
        return np.nan_to_num(np.asarray(image).astype(np.float32), posinf=0.0, neginf=0.0)
    shown = _on_black(image.convert("RGBA")) if image.has_transparency_data else image
    if shown.mode not in _NOT_COLOURED:
        shown = shown if shown.mode in {"RGB", "RGBA"} else shown.convert("RGB")
        refuse_colour(shown, name)
    return np.asarray((shown.convert("RGB") if shown.mode == "CMYK" else shown).convert("L")).astype(np.float32)


def _on_black(image: Image.Image) -> Image.Image:
    """Transparent parts become black, as the surroundings of an MR image are."""
    black = Image.new("RGBA", image.size, (0, 0, 0, 255))
    return Image.alpha_composite(black, image)


def _too_many_pixels(name: str) -> Refused:
    return Refused(
        f"{name} has more than {limits.MAX_PICTURE_PX // 1_000_000} million pixels.",
        "Export the picture at its normal size.",
    )
