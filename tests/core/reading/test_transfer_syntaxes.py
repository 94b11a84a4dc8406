"""Every transfer syntax of the table is decoded to the right pixels, or refused in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from lumbar_core.errors import Refused
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DecodeProcess, DirectReader
from lumbar_core.reading.dicom.syntaxes import BY_UID, SYNTAXES, Support
from lumbar_core.study import PixelReader
from tests.core.reading.dicom_files import an_image, as_jpeg, pattern, to_bytes, write
from tests.core.reading.one_of_each import BASELINE, DATA, ENCODED, JPEG, SHIPPED


@pytest.fixture(scope="module")
def process() -> Iterator[PixelReader]:
    reader = DecodeProcess()
    yield reader
    reader.close()


def error_of(path: Path, reader: PixelReader, top: int = 4095) -> float:
    """The largest difference between what is decoded and what was drawn."""
    (series,) = read_study([path]).series
    pixels = reader.read(series.instances[0])
    assert pixels.dtype == np.float32
    return float(np.abs(pixels - pattern(top=top)).max())


@pytest.mark.parametrize(("uid", "tolerance"), ENCODED.items())
def test_an_image_encoded_here_is_decoded(uid: str, tolerance: int, tmp_path: Path, process: PixelReader) -> None:
    path = write(tmp_path, data=to_bytes(an_image(BitsStored=12, HighBit=11), uid))
    assert error_of(path, process) <= tolerance


@pytest.mark.parametrize(("path", "tolerance"), SHIPPED.values())
def test_a_ready_made_image_is_decoded(path: Path, tolerance: int, process: PixelReader) -> None:
    assert error_of(path, process) <= tolerance


@pytest.mark.parametrize("uid", BASELINE)
def test_an_eight_bit_jpeg_is_decoded(uid: str, tmp_path: Path, process: PixelReader) -> None:
    path = write(tmp_path, data=as_jpeg(pattern(top=255).astype(np.uint8), uid))
    assert error_of(path, process, top=255) <= 3


@pytest.mark.parametrize("uid", [JPEG + "90", JPEG + "80", "1.2.840.10008.1.2.5"])
def test_signed_pixels_keep_their_sign_when_compressed(uid: str, tmp_path: Path, process: PixelReader) -> None:
    drawn = pattern().astype(np.int16) - np.int16(1500)
    (series,) = read_study([write(tmp_path, data=to_bytes(an_image(drawn), uid))]).series
    np.testing.assert_array_equal(process.read(series.instances[0]), drawn)


def test_both_readers_give_equal_pixels(process: PixelReader) -> None:
    for path, _ in SHIPPED.values():
        (series,) = read_study([path]).series
        image = series.instances[0]
        np.testing.assert_array_equal(process.read(image), DirectReader().read(image))


def test_a_twelve_bit_jpeg_is_refused_in_words() -> None:
    with pytest.raises(Refused, match=r"jpeg_extended_12bit\.dcm is compressed as JPEG Extended") as refusal:
        read_study([DATA / "jpeg_extended_12bit.dcm"])
    assert "JPEG 2000" in refusal.value.remedy


@pytest.mark.parametrize("uid", [syntax.uid for syntax in SYNTAXES if syntax.support is Support.REFUSED] + ["1.2.9.9"])
def test_other_encodings_are_refused_in_words(uid: str, tmp_path: Path) -> None:
    image = an_image()
    data = to_bytes(image).replace(b"\x02\x00\x10\x00UI\x14\x00" + b"1.2.840.10008.1.2.1\0", _meta_syntax(uid))
    with pytest.raises(Refused, match="does not decode"):
        read_study([write(tmp_path, data=data)])


def _meta_syntax(uid: str) -> bytes:
    value = uid.encode() + b"\0" * (len(uid) % 2)
    return b"\x02\x00\x10\x00UI" + len(value).to_bytes(2, "little") + value


def test_every_syntax_called_tested_is_tested_here() -> None:
    called = {syntax.uid for syntax in SYNTAXES if syntax.support is Support.TESTED}
    assert called == {*ENCODED, *SHIPPED, *BASELINE}


def test_the_page_shows_the_table_of_the_code() -> None:
    page = (Path(__file__).parents[3] / "docs" / "READING.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `1.2.840.10008")]
    assert rows == [
        f"| `{syntax.uid}` | {syntax.name} | {_decoder(syntax.uid)} | {_support(syntax.uid)} |" for syntax in SYNTAXES
    ]


def _decoder(uid: str) -> str:
    syntax = BY_UID[uid]
    packages = {"pillow": "Pillow", "lumbar": "this program", "pyjpegls": "pyjpegls", "pylibjpeg": "pylibjpeg-openjpeg"}
    return "" if syntax.support is Support.REFUSED else packages.get(syntax.decoder, "pydicom")


def _support(uid: str) -> str:
    syntax = BY_UID[uid]
    return f"{syntax.support}, up to 8 bit; more is refused" if syntax.max_bits == 8 else str(syntax.support)
