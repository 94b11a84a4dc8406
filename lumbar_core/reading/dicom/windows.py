"""Display windows of a file, in the values that the decoder gives."""

from __future__ import annotations

from lumbar_core.reading.dicom.frames import FrameView
from lumbar_core.reading.dicom.values import number, numbers, text, whole
from lumbar_core.study import Window


def read_windows(view: FrameView) -> tuple[Window, ...]:
    """The windows with a width, first one first (PS3.3 C.11.2); mirrored for MONOCHROME1, whose pixels are."""
    holder = view.holder("FrameVOILUTSequence", "WindowCenter")
    centres, widths = numbers(holder, "WindowCenter") or (), numbers(holder, "WindowWidth") or ()
    names = text(holder, "WindowCenterWidthExplanation").split("\\")
    inverted = text(view.dataset, "PhotometricInterpretation") == "MONOCHROME1"
    mirror = _mirror_sum(view) if inverted else 0.0
    return tuple(
        Window(mirror - centre if inverted else centre, width, names[index].strip() if index < len(names) else "")
        for index, (centre, width) in enumerate(zip(centres, widths, strict=False))
        if width > 0
    )


def _mirror_sum(view: FrameView) -> float:
    """Value + mirrored value of a MONOCHROME1 pixel: twice the intercept and slope × (lowest + highest stored)."""
    slope, intercept = rescale_of(view)
    bits = whole(view.dataset, "BitsStored") or 16
    lowest_and_highest = -1 if whole(view.dataset, "PixelRepresentation") == 1 else 2**bits - 1
    return slope * lowest_and_highest + 2 * intercept


def rescale_of(view: FrameView) -> tuple[float, float]:
    """(slope, intercept) of the frame; (1, 0) where none or a useless one is given."""
    holder = view.holder("PixelValueTransformationSequence", "RescaleSlope")
    slope, intercept = number(holder, "RescaleSlope"), number(holder, "RescaleIntercept")
    return (slope or 1.0), (intercept or 0.0)
