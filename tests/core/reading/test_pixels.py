"""Grey values: rescale, sign, inversion, colour, frames; high is bright, and the shape is the header's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileDataset

from lumbar_core.errors import Damaged
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.study import InputKind, Instance, Pixels, Window
from tests.core.reading.dicom_files import ENHANCED_MR, an_image, as_jpeg, pattern, to_bytes, write


def read_one(path: Path) -> tuple[Instance, Pixels]:
    (series,) = read_study([path]).series
    return series.instances[0], DirectReader().read(series.instances[0])


def test_rescale_is_applied(tmp_path: Path) -> None:
    _, pixels = read_one(write(tmp_path, RescaleSlope=0.5, RescaleIntercept=-100))
    np.testing.assert_allclose(pixels, pattern() * 0.5 - 100)
    assert pixels.dtype == np.float32


def test_signed_pixels_keep_their_sign(tmp_path: Path) -> None:
    drawn = pattern().astype(np.int16) - np.int16(2000)
    np.testing.assert_array_equal(read_one(write(tmp_path, pixels=drawn))[1], drawn)


def test_big_endian_pixels_are_turned(tmp_path: Path) -> None:
    path = write(tmp_path, data=to_bytes(an_image(), "1.2.840.10008.1.2.2"))
    np.testing.assert_array_equal(read_one(path)[1], pattern())


@pytest.mark.parametrize(("signed", "mirror"), [(False, 4095), (True, -1)])
def test_monochrome1_is_inverted_and_its_window_too(signed: bool, mirror: int, tmp_path: Path) -> None:
    drawn = pattern(top=2000).astype(np.int16 if signed else np.uint16)
    values = {"BitsStored": 12, "HighBit": 11, "RescaleSlope": 2, "RescaleIntercept": 10}
    image, pixels = read_one(
        write(
            tmp_path, pixels=drawn, PhotometricInterpretation="MONOCHROME1", WindowCenter=510, WindowWidth=800, **values
        )
    )
    expected = (mirror - drawn.astype(float)) * 2 + 10
    np.testing.assert_allclose(pixels, expected)
    # The window was centred on stored value 250; it is now on that value's mirror.
    assert image.windows == (Window((mirror - 250) * 2 + 10, 800, ""),)


@pytest.mark.parametrize(("given", "stored"), [(-32768, -32768), (2**16 - 2000, -2000), (1000, 1000)])
@pytest.mark.parametrize("photometric", ["MONOCHROME2", "MONOCHROME1"])
def test_padding_is_as_dark_as_the_darkest_of_the_image(
    given: int, stored: int, photometric: str, tmp_path: Path
) -> None:
    drawn = pattern(top=2000).astype(np.int16)
    drawn[:5] = stored
    image = an_image(drawn, PhotometricInterpretation=photometric, RescaleSlope=2, RescaleIntercept=7)
    image.add_new("PixelPaddingValue", "US" if given > 2**15 else "SS", given)
    _, pixels = read_one(write(tmp_path, data=to_bytes(image)))
    rest = (-1 - drawn if photometric == "MONOCHROME1" else drawn)[5:] * 2.0 + 7
    np.testing.assert_array_equal(pixels[5:], np.where(drawn[5:] == stored, rest[drawn[5:] != stored].min(), rest))
    assert (pixels[:5] == rest[drawn[5:] != stored].min()).all()


def test_a_range_of_padding_is_dark_throughout(tmp_path: Path) -> None:
    drawn = pattern() + np.uint16(100)
    drawn[:2], drawn[2:4] = 0, 60
    image = an_image(drawn)
    image.add_new("PixelPaddingValue", "US", 0)
    image.add_new("PixelPaddingRangeLimit", "US", 60)
    _, pixels = read_one(write(tmp_path, data=to_bytes(image)))
    np.testing.assert_array_equal(pixels[:4], drawn[4:].min())
    np.testing.assert_array_equal(pixels[4:], drawn[4:])


def test_an_image_that_would_be_padding_throughout_is_shown_as_it_is(tmp_path: Path) -> None:
    image = an_image()
    image.add_new("PixelPaddingValue", "US", 0)
    image.add_new("PixelPaddingRangeLimit", "US", 2**16 - 1)
    np.testing.assert_array_equal(read_one(write(tmp_path, data=to_bytes(image)))[1], pattern())


@pytest.mark.parametrize("sign", [1, -1])
def test_values_that_fill_the_upper_bits_are_moved_down(sign: int, tmp_path: Path) -> None:
    drawn = (pattern(top=2000).astype(np.int16) * sign).astype(np.int16 if sign < 0 else np.uint16)
    path = write(tmp_path, pixels=drawn << 4 | 9, BitsStored=12, HighBit=15)
    np.testing.assert_array_equal(read_one(path)[1], drawn)


def test_every_window_with_a_width_is_kept(tmp_path: Path) -> None:
    image, _ = read_one(
        write(
            tmp_path,
            WindowCenter=[300, 500, 700],
            WindowWidth=[600, 0, 900],
            WindowCenterWidthExplanation=["SOFT", "NONE", "HARD"],
        )
    )
    assert image.windows == (Window(300, 600, "SOFT"), Window(700, 900, "HARD"))


def test_a_modality_table_is_applied(tmp_path: Path) -> None:
    item = Dataset()
    item.LUTDescriptor = [256, 0, 16]
    item.LUTData = np.arange(0, 512, 2).astype("<u2").tobytes()
    item["LUTData"].VR = "OW"
    item.ModalityLUTType = "US"
    item["LUTDescriptor"].VR = "US"
    drawn = pattern(top=255)
    np.testing.assert_array_equal(read_one(write(tmp_path, pixels=drawn, ModalityLUTSequence=[item]))[1], drawn * 2)


def test_colour_becomes_grey(tmp_path: Path) -> None:
    colours = np.zeros((64, 48, 3), np.uint8)
    colours[..., 0] = 200
    image = an_image(np.zeros((64, 48), np.uint8), SamplesPerPixel=3, PhotometricInterpretation="RGB")
    image.PlanarConfiguration = 0
    image.PixelData = colours.tobytes()
    np.testing.assert_allclose(read_one(write(tmp_path, data=to_bytes(image)))[1], 200 * 0.299, atol=0.01)


def test_a_palette_becomes_grey(tmp_path: Path) -> None:
    image = an_image(pattern(top=255).astype(np.uint8), PhotometricInterpretation="PALETTE COLOR")
    ramp = (np.arange(256) * 256).astype("<u2").tobytes()
    for colour in ("Red", "Green", "Blue"):
        setattr(image, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        image[f"{colour}PaletteColorLookupTableDescriptor"].VR = "US"
        setattr(image, f"{colour}PaletteColorLookupTableData", ramp)
    pixels = read_one(write(tmp_path, data=to_bytes(image)))[1]
    np.testing.assert_allclose(pixels, pattern(top=255) * 256.0, rtol=1e-5)


def enhanced(frames: int = 4) -> FileDataset:
    """Enhanced MR: position and rescale per frame, orientation, spacing and times shared; frames out of order."""
    stack = np.stack([pattern() + np.uint16(frame) for frame in range(frames)])
    image = an_image(stack, SOPClassUID=ENHANCED_MR, NumberOfFrames=frames)
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RepetitionTime", "EchoTime"):
        delattr(image, keyword)
    shared = Dataset()
    shared.PlaneOrientationSequence = [_item(ImageOrientationPatient=[0, 1, 0, 0, 0, -1])]
    shared.PixelMeasuresSequence = [_item(PixelSpacing=[0.6, 0.7])]
    shared.MRTimingAndRelatedParametersSequence = [_item(RepetitionTime=600)]
    shared.MREchoSequence = [_item(EffectiveEchoTime=10)]
    image.SharedFunctionalGroupsSequence = [shared]
    image.PerFrameFunctionalGroupsSequence = []
    for frame in range(frames):
        groups = Dataset()
        groups.PlanePositionSequence = [_item(ImagePositionPatient=[-4.0 * frame, -100, 100])]
        groups.PixelValueTransformationSequence = [_item(RescaleSlope=1 + frame, RescaleIntercept=-frame)]
        image.PerFrameFunctionalGroupsSequence.append(groups)
    return image


def _item(**values: Any) -> Dataset:
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.90"])
def test_each_frame_of_a_multi_frame_file_has_its_own_place_and_scale(syntax: str, tmp_path: Path) -> None:
    study = read_study([write(tmp_path, data=to_bytes(enhanced(), syntax))])
    (series,) = study.series
    assert study.kind is InputKind.SERIES
    assert [image.source.frame for image in series.instances] == [3, 2, 1, 0]
    assert series.kind.weighting == "T1"
    reader = DirectReader()
    for image in series.instances:
        frame = image.source.frame
        assert image.plane is not None
        assert image.plane.spacing_mm == (0.6, 0.7)
        assert image.plane.origin_mm[0] == -4.0 * frame
        expected = (pattern() + frame) * (1.0 + frame) - frame
        np.testing.assert_allclose(reader.read(image), expected)


def test_a_file_that_has_changed_since_is_not_shown_as_the_old_one(tmp_path: Path) -> None:
    path = write(tmp_path)
    (series,) = read_study([path]).series
    write(tmp_path, pixels=pattern(80, 60))
    with pytest.raises(Damaged, match="not the image that was read before"):
        DirectReader().read(series.instances[0])


def test_a_compressed_frame_that_claims_another_size_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    data = as_jpeg(pattern(top=255).astype(np.uint8))
    start = data.index(b"\xff\xc0\x00\x0b\x08") + 5
    path = write(tmp_path, data=data[:start] + b"\xff\xff\xff\xff" + data[start + 4 :])
    (series,) = read_study([path]).series
    with pytest.raises(Damaged, match="65535 × 65535 pixels inside"):
        DirectReader().read(series.instances[0])
