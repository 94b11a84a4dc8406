"""Our own decoder of lossless JPEG: every predictor, every kind of scan, and nothing but ValueError on damage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.pixels import pixel_array

from lumbar_core.reading.dicom.jpeg_lossless import PLUGIN, decode, register
from tests.core.reading.dicom_files import an_image, to_bytes
from tests.core.reading.jpeg_encoder import encode


def noise(seed: int = 0, precision: int = 16, components: int = 1) -> NDArray[np.uint16]:
    """A slope with noise, and jumps from black to white."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:20, :23]
    picture = (rows * 37 + columns * 11)[..., None] + random.integers(0, 30, (20, 23, components))
    picture[5:9, 7:11] = (1 << precision) - 1
    picture[12, ::2] = 0
    return (picture % (1 << precision)).astype(np.uint16)


@pytest.mark.parametrize("predictor", range(1, 8))
@pytest.mark.parametrize("precision", [2, 8, 12, 16])
def test_every_predictor_gives_back_what_was_encoded(predictor: int, precision: int) -> None:
    picture = noise(predictor, precision)
    np.testing.assert_array_equal(decode(encode(picture, predictor, precision)), picture)


@pytest.mark.parametrize("restart_rows", [1, 8, 20])
def test_rows_begin_afresh_after_a_restart(restart_rows: int) -> None:
    np.testing.assert_array_equal(decode(encode(noise(), 4, restart_rows=restart_rows)), noise())


@pytest.mark.parametrize("interleaved", [True, False])
@pytest.mark.parametrize("predictor", [1, 6])
def test_colours_may_come_together_or_one_by_one(interleaved: bool, predictor: int) -> None:
    picture = noise(precision=8, components=3)
    np.testing.assert_array_equal(decode(encode(picture, predictor, 8, interleaved=interleaved)), picture)


def test_a_point_transform_leaves_out_the_lowest_bits() -> None:
    np.testing.assert_array_equal(decode(encode(noise(), transform=3)), noise() >> 3 << 3)


def test_the_largest_difference_has_no_bits_of_its_own() -> None:
    picture = np.array([[0, 32768, 0, 65535]], np.uint16)[..., None]
    np.testing.assert_array_equal(decode(encode(picture)), picture)


def test_a_missing_end_marker_is_forgiven() -> None:
    np.testing.assert_array_equal(decode(encode(noise()).removesuffix(b"\xff\xd9")), noise())


@pytest.mark.parametrize("length", [0, 1, 2, 20, 60, 200])
def test_a_codestream_that_is_cut_off_is_damaged(length: int) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        decode(encode(noise())[:length])


def test_another_kind_of_jpeg_is_said_to_be_one() -> None:
    with pytest.raises(ValueError, match="another kind"):
        decode(encode(noise()).replace(b"\xff\xc3", b"\xff\xc0", 1))


def test_damage_is_a_value_error_and_nothing_else() -> None:
    random = np.random.default_rng(1)
    codestream = encode(noise(), restart_rows=4)
    for _ in range(2000):
        damaged = np.frombuffer(codestream, np.uint8).copy()
        damaged[random.integers(0, len(damaged), 3)] = random.integers(0, 256, 3)
        try:
            decode(damaged.tobytes())
        except ValueError:
            continue


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_a_file_of_gdcm_gives_the_same_pixels(bits: int, signed: bool, tmp_path: Path) -> None:
    """A second opinion, by a library that is installed for tests and never ships."""
    picture = noise(bits, bits)[..., 0].astype(np.uint8 if bits == 8 else np.uint16)
    if signed:
        picture = (picture.astype(int) - (1 << (bits - 1))).astype(np.int8 if bits == 8 else np.int16)
    path = tmp_path / "gdcm.dcm"
    path.write_bytes(by_gdcm(to_bytes(an_image(picture, BitsStored=bits, HighBit=bits - 1)), tmp_path))
    register()
    np.testing.assert_array_equal(pixel_array(path, decoding_plugin=PLUGIN), picture)


def by_gdcm(uncompressed: bytes, folder: Path) -> bytes:
    """The file, compressed by GDCM as JPEG Lossless SV1."""
    gdcm = pytest.importorskip("gdcm")
    before, after = folder / "before.dcm", folder / "after.dcm"
    before.write_bytes(uncompressed)
    reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
    reader.SetFileName(str(before))
    assert reader.Read()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer.SetFileName(str(after))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    return after.read_bytes()
