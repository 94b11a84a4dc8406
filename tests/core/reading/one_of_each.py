"""One image in every transfer syntax that is decoded."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lumbar_core.self_test import PICTURES
from tests.core.reading.dicom_files import an_image, as_jpeg, pattern, to_bytes

DATA = Path(__file__).parents[1] / "data"
JPEG = "1.2.840.10008.1.2.4."

# Encoded here by pydicom's encoders; the number is the largest error of a grey value.
ENCODED = {
    "1.2.840.10008.1.2": 0,
    "1.2.840.10008.1.2.1": 0,
    "1.2.840.10008.1.2.1.99": 0,
    "1.2.840.10008.1.2.2": 0,
    "1.2.840.10008.1.2.5": 0,
    JPEG + "80": 0,
    JPEG + "81": 2,
    JPEG + "90": 0,
    JPEG + "91": 8,
}
# Ready-made: generated pictures for which there is no encoder here, most of them the self-test's.
SHIPPED = {
    JPEG + "57": (PICTURES / "jpeg_lossless_predictor_4.dcm", 0),
    JPEG + "70": (DATA / "jpeg_lossless_sv1.dcm", 0),
    JPEG + "201": (PICTURES / "htj2k_lossless.dcm", 0),
    JPEG + "202": (PICTURES / "htj2k_lossless_rpcl.dcm", 0),
    JPEG + "203": (PICTURES / "htj2k.dcm", 1),
}
BASELINE = (JPEG + "50", JPEG + "51")


def one_of_each() -> dict[str, bytes]:
    """A file in each syntax, by its UID."""
    encoded = {uid: to_bytes(an_image(BitsStored=12, HighBit=11), uid) for uid in ENCODED}
    shipped = {uid: path.read_bytes() for uid, (path, _) in SHIPPED.items()}
    return encoded | shipped | {uid: as_jpeg(pattern(top=255).astype(np.uint8), uid) for uid in BASELINE}
