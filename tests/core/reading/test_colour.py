"""Photographs of a screen are told from exports by their colour; a viewer's own colours are not taken for one."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps
from pydicom.pixels.processing import convert_color_space

import lumbar_core
from lumbar_core.errors import Refused
from lumbar_core.reading import read_study
from lumbar_core.reading.colour import is_coloured
from lumbar_core.reading.decoding import DecodeProcess, DirectReader
from lumbar_core.reading.pixels import FileDecoder
from lumbar_core.study import Pixels, Source
from tests.core.reading.dicom_files import an_image, to_bytes, write
from training.screen_photograph import conditions, photograph
from training.screenshots import exports

SLICE = Path(lumbar_core.__file__).parent / "sample" / "t2_tse_sag" / "0008.dcm"
SPEED_MS = 5.0


@pytest.fixture(scope="module")
def grey() -> NDArray[np.uint8]:
    """A generated slice, 0 to 255."""
    pixels = FileDecoder().decode(Source(SLICE))
    return (255 * np.clip(pixels / np.percentile(pixels, 99.5), 0, 1)).astype(np.uint8)


def tinted(grey: NDArray[np.uint8], white: str = "#ffe9c8") -> Image.Image:
    return ImageOps.colorize(Image.fromarray(grey), "black", white)


def read(path: Path) -> Pixels:
    return DirectReader().read(read_study([path]).series[0].instances[0])


def coloured_dicom(colours: NDArray[np.uint8], photometric: str = "RGB") -> bytes:
    image = an_image(colours, SamplesPerPixel=3, PhotometricInterpretation=photometric, PlanarConfiguration=0)
    image.Rows, image.Columns = colours.shape[:2]
    return to_bytes(image)


@pytest.mark.parametrize("brightness", [1.0, 0.4])
@pytest.mark.parametrize("seed", range(3))
def test_no_way_of_saving_a_grey_slice_makes_a_photograph_of_it(
    seed: int, brightness: float, grey: NDArray[np.uint8]
) -> None:
    dim = (brightness * grey).astype(np.uint8)
    ways = list(exports(dim, np.random.default_rng(seed)))
    assert len(ways) > 5
    assert not [name for name, image in ways if is_coloured(image)]


@pytest.mark.parametrize("seed", range(4))
def test_a_photograph_with_a_cast_is_told(seed: int, grey: NDArray[np.uint8]) -> None:
    rng = np.random.default_rng(seed)
    assert is_coloured(photograph(grey, conditions(0.25, rng), rng))


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp"])
def test_a_photograph_is_refused_in_every_format(name: str, grey: NDArray[np.uint8], tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    photograph(grey, conditions(0.25, rng), rng).save(tmp_path / name)
    with pytest.raises(Refused, match=rf"{name} is in colour.*MRI is grey: export"):
        read(tmp_path / name)


@pytest.mark.parametrize("white", ["#ffe9c8", "#ffc880", "#a0c8ff", "#00ff00"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_a_picture_tinted_as_a_whole_is_refused(mode: str, white: str, grey: NDArray[np.uint8], tmp_path: Path) -> None:
    picture = tinted(grey, white)
    (picture.quantize(256) if mode == "P" else picture.convert(mode)).save(tmp_path / "sepia.png")
    with pytest.raises(Refused, match=r"sepia\.png is in colour"):
        read(tmp_path / "sepia.png")


def test_inks_are_not_taken_for_colours(grey: NDArray[np.uint8], tmp_path: Path) -> None:
    """Printers mix grey of unequal inks."""
    key = 255 - grey
    inks = [(key * share).astype(np.uint8) for share in (0.6, 0.5, 0.45, 0.2)]
    Image.merge("CMYK", [Image.fromarray(ink) for ink in inks]).save(tmp_path / "a.tif")
    assert read(tmp_path / "a.tif").shape == grey.shape


def test_the_coloured_letters_of_a_dark_picture_are_not_most_of_it() -> None:
    dark = np.full((300, 300, 3), 20, np.uint8)
    dark[5:15, 5:60] = np.random.default_rng(0).integers(60, 255, (10, 55, 3))
    assert not is_coloured(Image.fromarray(dark))


def test_the_user_sees_it_through_the_decode_process(grey: NDArray[np.uint8], tmp_path: Path) -> None:
    tinted(grey).save(tmp_path / "a.png")
    Image.fromarray(grey).save(tmp_path / "b.png")
    (first,), (second,) = (read_study([tmp_path / name]).series for name in ("a.png", "b.png"))
    reader = DecodeProcess()
    try:
        with pytest.raises(Refused) as error:
            reader.read(first.instances[0])
        assert error.value.finding == "a.png is in colour, as a photograph of a screen is."
        assert error.value.remedy == "MRI is grey: export the slice from the viewer as DICOM or PNG."
        np.testing.assert_array_equal(reader.read(second.instances[0]), grey)
    finally:
        reader.close()


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL"])
def test_a_coloured_dicom_image_is_refused_and_a_grey_one_is_not(
    photometric: str, grey: NDArray[np.uint8], tmp_path: Path
) -> None:
    def stored(image: Image.Image) -> NDArray[np.uint8]:
        colours = np.asarray(image)
        return colours if photometric == "RGB" else convert_color_space(colours, "RGB", "YBR_FULL")

    path = write(tmp_path, "grey.dcm", coloured_dicom(stored(Image.fromarray(grey).convert("RGB")), photometric))
    np.testing.assert_allclose(read(path), grey, atol=2)
    with pytest.raises(Refused, match=r"tint\.dcm is in colour"):
        read(write(tmp_path, "tint.dcm", coloured_dicom(stored(tinted(grey)), photometric)))


@pytest.mark.parametrize("bits", [8, 16])
def test_a_coloured_palette_is_refused_and_a_grey_one_is_not(
    bits: int, grey: NDArray[np.uint8], tmp_path: Path
) -> None:
    top = 2.0 ** (bits - 8)
    for name, reds in (("grey", 1.0), ("hot", 0.6)):
        image = an_image(grey, PhotometricInterpretation="PALETTE COLOR")
        for colour in ("Red", "Green", "Blue"):
            ramp = (np.arange(256) * top * (reds if colour == "Blue" else 1)).astype(f"<u{bits // 8}").tobytes()
            setattr(image, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, bits])
            image[f"{colour}PaletteColorLookupTableDescriptor"].VR = "US"
            setattr(image, f"{colour}PaletteColorLookupTableData", ramp)
        write(tmp_path, f"{name}.dcm", to_bytes(image))
    np.testing.assert_allclose(read(tmp_path / "grey.dcm"), grey * top, rtol=1e-5)
    with pytest.raises(Refused, match=r"hot\.dcm is in colour"):
        read(tmp_path / "hot.dcm")


def test_a_megapixel_takes_no_time() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1000, 1000, 3), dtype=np.uint8)
    image, best = Image.fromarray(noise), np.inf
    for _ in range(20):
        begun = time.perf_counter()
        is_coloured(image)
        best = min(best, 1000 * (time.perf_counter() - begun))
    assert best < SPEED_MS
