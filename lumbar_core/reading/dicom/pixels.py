"""One frame of a DICOM file → float32 grey values. Imported by what decodes, never by what reads headers."""

from __future__ import annotations

from typing import Any, BinaryIO

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from lumbar_core.errors import Damaged
from lumbar_core.reading.colour import refuse_colour
from lumbar_core.reading.dicom import jpeg_lossless
from lumbar_core.reading.dicom.codestream import claimed_size
from lumbar_core.reading.dicom.frames import frame_view
from lumbar_core.reading.dicom.headers import count_frames
from lumbar_core.reading.dicom.part10 import DEFLATED, Shell, open_shell
from lumbar_core.reading.dicom.refusals import refuse_syntax
from lumbar_core.reading.dicom.syntaxes import BY_UID
from lumbar_core.reading.dicom.values import at_the_door, items, text, whole
from lumbar_core.reading.dicom.windows import rescale_of
from lumbar_core.study import Pixels

jpeg_lossless.register()

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as for other pictures


class DicomFrames:
    """A file held open for decoding its frames, one at a time."""

    def __init__(self, dataset: Dataset, transfer_syntax: str, name: str) -> None:
        self._dataset = dataset
        self._transfer_syntax = transfer_syntax
        self._name = name
        self.count = whole(dataset, "NumberOfFrames") or 1

    def decode(self, frame: int) -> Pixels:
        """Grey values of one frame after rescale, high is bright. Raises Damaged or Refused."""
        if not 0 <= frame < self.count:
            raise Damaged(f"{self._name} has no frame {frame + 1}.", "Open the study again.")
        with at_the_door(self._name):
            check_claims(self._dataset, self._transfer_syntax, frame, self._name)
            stored = _decode_stored(self._dataset, self._transfer_syntax, frame)
            return _to_grey(self._dataset, stored, frame, self._name)


def open_frames(stream: BinaryIO, name: str) -> DicomFrames:
    """Read the whole file, pixels undecoded. Raises Damaged or Refused."""
    with at_the_door(name):
        shell = open_shell(stream, name)
        dataset = pydicom.dcmread(shell.stream, force=True)
        refuse_syntax(shell.transfer_syntax, whole(dataset, "BitsAllocated"), name)
        count_frames(dataset, name)
        _settle_syntax(dataset, shell)
        return DicomFrames(dataset, shell.transfer_syntax, name)


def check_claims(dataset: Dataset, transfer_syntax: str, frame: int, name: str) -> None:
    """Compare the size inside a compressed frame with the header's. Raises Damaged."""
    syntax = BY_UID.get(transfer_syntax)
    if syntax is None or not syntax.decoder:
        return
    count = whole(dataset, "NumberOfFrames") or 1
    claimed = claimed_size(get_frame(dataset.PixelData, frame, number_of_frames=count))
    if claimed is not None and claimed != (whole(dataset, "Rows"), whole(dataset, "Columns")):
        raise Damaged(
            f"{name} is damaged: its image is {claimed[1]} × {claimed[0]} pixels inside, its header says otherwise.",
            "Export it again from its source.",
        )


def _settle_syntax(dataset: Dataset, shell: Shell) -> None:
    """Name the transfer syntax that pydicom guessed where the file does not."""
    if shell.transfer_syntax:
        return
    implicit, little = dataset.original_encoding
    guessed = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian if little else ExplicitVRBigEndian
    dataset.file_meta.TransferSyntaxUID = guessed


def _decode_stored(dataset: Dataset, transfer_syntax: str, frame: int) -> NDArray[Any]:
    """Stored values of one frame in native byte order, (rows, columns) or (rows, columns, 3)."""
    decoder = get_decoder(dataset.file_meta.TransferSyntaxUID)
    syntax = BY_UID.get(transfer_syntax)
    plugin = syntax.decoder if syntax and transfer_syntax != DEFLATED else ""
    unused = 0 if decoder.is_encapsulated else _unused_bits_below(dataset)
    bits: dict[str, Any] = {"bits_stored": (whole(dataset, "BitsStored") or 0) + unused} if unused else {}
    array, _ = decoder.as_array(dataset, index=frame, decoding_plugin=plugin, **bits)
    array = array >> unused if unused else array
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _unused_bits_below(dataset: Dataset) -> int:
    """How many bits lie below the values: in old files they may (HighBit), since 2014 all unused ones lie above."""
    stored, highest = whole(dataset, "BitsStored"), whole(dataset, "HighBit")
    if stored is None or highest is None or highest >= (whole(dataset, "BitsAllocated") or 0):
        return 0
    return max(0, highest + 1 - stored)


def _to_grey(dataset: Dataset, stored: NDArray[Any], frame: int, name: str) -> Pixels:
    photometric = text(dataset, "PhotometricInterpretation")
    if photometric == "PALETTE COLOR":
        colours = apply_color_lut(stored, dataset)
        return _without_colour(colours, 8 * colours.dtype.itemsize, name)
    if stored.ndim == 3:
        return _without_colour(stored, whole(dataset, "BitsStored") or 8 * stored.dtype.itemsize, name)
    upright = _mirror(dataset, stored) if photometric == "MONOCHROME1" else stored
    return _as_dark_as_the_rest(_rescale(dataset, upright, frame), _padding(dataset, stored))


def _without_colour(colours: NDArray[Any], bits: int, name: str) -> Pixels:
    """Brightness of red, green and blue. Raises Refused where they differ nearly everywhere."""
    colours = colours[..., :3]
    refuse_colour(Image.fromarray((colours >> max(0, bits - 8)).astype(np.uint8)), name)
    return (colours.astype(np.float32) @ _LUMA).astype(np.float32)


def _mirror(dataset: Dataset, stored: NDArray[Any]) -> NDArray[Any]:
    """Lowest and highest value of the stored range change places (PS3.3 C.7.6.3.1.2)."""
    if np.issubdtype(stored.dtype, np.floating):
        return -stored
    bits = whole(dataset, "BitsStored") or stored.dtype.itemsize * 8
    highest_and_lowest = -1 if np.issubdtype(stored.dtype, np.signedinteger) else 2**bits - 1
    return highest_and_lowest - stored.astype(np.int32 if bits < 31 else np.int64)


def _padding(dataset: Dataset, stored: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Where the header says that there is no image (PS3.3 C.7.5.1.1.2); None where it says nothing of the kind."""
    value = whole(dataset, "PixelPaddingValue")
    if value is None or np.issubdtype(stored.dtype, np.floating):
        return None
    limit = whole(dataset, "PixelPaddingRangeLimit")
    # Of signed pixels some files give it unsigned: −2000 as 63536.
    low, high = np.sort(np.array([value, value if limit is None else limit]).astype(stored.dtype))
    inside: NDArray[np.bool_] = (stored >= low) & (stored <= high)
    return inside


def _as_dark_as_the_rest(values: Pixels, padding: NDArray[np.bool_] | None) -> Pixels:
    """Padding may lie so far below the image that this would be one white beside it."""
    if padding is None or padding.all() or not padding.any():
        return values
    return np.where(padding, values[~padding].min(), values)


def _rescale(dataset: Dataset, stored: NDArray[Any], frame: int) -> Pixels:
    if items(dataset, "ModalityLUTSequence"):
        values = np.asarray(apply_modality_lut(stored, dataset), np.float32)
    else:
        slope, intercept = rescale_of(frame_view(dataset, frame))
        plain = (slope, intercept) == (1.0, 0.0)
        values = stored.astype(np.float32) if plain else (stored * np.float64(slope) + intercept).astype(np.float32)
    if not np.isfinite(values).all():
        raise Damaged("The image holds values that are not numbers.", "Export it again.")
    return values
