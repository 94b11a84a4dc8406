"""PNG, JPEG, TIFF and WebP of every depth and mode become the grey values that they show."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image

from lumbar_core.anatomy import Orientation, Weighting
from lumbar_core.errors import Damaged, Refused
from lumbar_core.reading import limits, read_study
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.study import InputKind, KindBasis, Pixels, Series, SeriesKind
from tests.core.reading.dicom_files import pattern
from tests.robustness.bombs import tiff_of_pages

GREY = (pattern(60, 40) % 256).astype(np.uint8)


# EXIF orientation: what turns the stored rows and columns into the picture as seen.
UPRIGHT: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    1: lambda stored: stored,
    2: np.fliplr,
    3: lambda stored: np.rot90(stored, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(stored, 2).T,
    8: np.rot90,
}


def read_one(path: Path) -> tuple[Series, Pixels]:
    study = read_study([path])
    assert study.kind is InputKind.PICTURE
    (series,) = study.series
    return series, DirectReader().read(series.instances[0])


def smooth() -> NDArray[np.uint8]:
    row, column = np.mgrid[0:60, 0:40]
    return (40 + 2 * row + 2 * column).astype(np.uint8)


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp"])
def test_a_grey_picture_is_read_exactly(name: str, tmp_path: Path) -> None:
    image = Image.fromarray(GREY)
    image.save(tmp_path / name, **({"lossless": True} if name == "a.webp" else {}))
    series, pixels = read_one(tmp_path / name)
    np.testing.assert_allclose(pixels, GREY, atol=1)
    assert pixels.dtype == np.float32
    assert series.kind == SeriesKind(Orientation.UNKNOWN, Weighting.UNKNOWN, KindBasis.NONE)
    assert series.instances[0].plane is None


def test_a_jpeg_is_read(tmp_path: Path) -> None:
    Image.fromarray(smooth()).save(tmp_path / "a.jpg", quality=95)
    np.testing.assert_allclose(read_one(tmp_path / "a.jpg")[1], smooth(), atol=4)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_sixteen_bits_are_scaled_and_not_clipped(name: str, tmp_path: Path) -> None:
    deep = np.array([[0, 300, 3000], [30_000, 60_000, 65_535]], np.uint16).repeat(20, 0).repeat(20, 1)
    Image.fromarray(deep).save(tmp_path / name)
    np.testing.assert_allclose(read_one(tmp_path / name)[1], deep / 257.0, rtol=1e-6)


@pytest.mark.parametrize("mode", ["RGB", "P", "1", "CMYK"])
def test_other_modes_become_grey(mode: str, tmp_path: Path) -> None:
    drawn = (smooth() > 120) * np.uint8(255)
    Image.fromarray(drawn).convert(mode).save(tmp_path / "a.tif")
    np.testing.assert_allclose(read_one(tmp_path / "a.tif")[1], drawn, atol=1)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_what_is_transparent_is_black(mode: str, tmp_path: Path) -> None:
    image = Image.fromarray(GREY).convert(mode)
    alpha = np.full(GREY.shape, 255, np.uint8)
    alpha[:30] = 0
    image.putalpha(Image.fromarray(alpha))
    image.save(tmp_path / "a.png")
    pixels = read_one(tmp_path / "a.png")[1]
    assert not pixels[:30].any()
    np.testing.assert_allclose(pixels[30:], GREY[30:], atol=1)


def test_a_float_tiff_keeps_its_values(tmp_path: Path) -> None:
    values = (GREY * np.float32(7.5)).astype(np.float32)
    Image.fromarray(values).save(tmp_path / "a.tif")
    np.testing.assert_array_equal(read_one(tmp_path / "a.tif")[1], values)


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.tif", "a.png", "a.webp"])
def test_an_exif_turn_counts_as_the_original(name: str, turn: int, tmp_path: Path) -> None:
    stored = Image.fromarray(smooth())
    exif = Image.Exif()
    exif[274] = turn
    quality = {"a.jpg": {"quality": 95}, "a.webp": {"lossless": True}}.get(name, {})
    stored.save(tmp_path / name, exif=exif, **quality)
    series, pixels = read_one(tmp_path / name)
    image = series.instances[0]
    assert (image.rows, image.columns) == ((60, 40) if turn < 5 else (40, 60)) == pixels.shape
    np.testing.assert_allclose(pixels, UPRIGHT[turn](smooth()), atol=4)


BROKEN_EXIF = {
    "no header": b"Exif\0\0nothing of the kind",
    "a folder beyond the end": b"Exif\0\0II*\0\xff\xff\xff\x7f",
    "very many values": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x9a\x82\x05\0\xff\xff\xff\xff\x1a\0\0\0\0\0\0\0",
    "exposure beyond the end": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\xff\xff\xff\x7f\0\0\0\0",
    "exposure that is its own parent": b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x08\0\0\0\0",
}


@pytest.mark.parametrize("exif", BROKEN_EXIF.values(), ids=BROKEN_EXIF)
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_broken_exif_does_not_break_the_picture(name: str, exif: bytes, tmp_path: Path) -> None:
    Image.fromarray(smooth()).save(tmp_path / name, exif=exif, **({} if name == "a.png" else {"quality": 95}))
    np.testing.assert_allclose(read_one(tmp_path / name)[1], smooth(), atol=4)


def test_a_tiff_whose_exif_lies_nowhere_is_read(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.IFD.Exif] = exposure = exif.get_ifd(ExifTags.IFD.Exif)
    exposure[ExifTags.Base.ExposureTime] = 0.02
    Image.fromarray(smooth()).save(tmp_path / "a.tif", exif=exif)
    data, pointer = (tmp_path / "a.tif").read_bytes(), b"\x69\x87\x04\0\x01\0\0\0"
    assert pointer in data
    start = data.index(pointer) + len(pointer)
    (tmp_path / "a.tif").write_bytes(data[:start] + b"\xff\xff\xff\x7f" + data[start + 4 :])
    np.testing.assert_array_equal(read_one(tmp_path / "a.tif")[1], smooth())


def test_of_a_tiff_with_pages_the_first_is_read_and_said(tmp_path: Path) -> None:
    first, second = Image.fromarray(GREY), Image.new("L", (40, 60), 9)
    first.save(tmp_path / "a.tif", save_all=True, append_images=[second])
    series, pixels = read_one(tmp_path / "a.tif")
    np.testing.assert_array_equal(pixels, GREY)
    assert "The file holds several pages; the first is read." in series.notes


def test_a_tiff_of_very_many_pages_is_read_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(tiff_of_pages(100_000))
    begun = time.perf_counter()
    read_study([tmp_path / "a.tif"])
    assert time.perf_counter() - begun < 5.0  # walking them all took minutes


def test_a_cut_picture_is_damaged(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(data[: len(data) // 2])
    (series,) = read_study([tmp_path / "a.png"]).series
    with pytest.raises(Damaged, match=r"a\.png"):
        DirectReader().read(series.instances[0])


def test_a_picture_above_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_PICTURE_PX", 1000)
    Image.fromarray(GREY).save(tmp_path / "a.png")
    with pytest.raises(Refused, match="million pixels"):
        read_study([tmp_path / "a.png"])
