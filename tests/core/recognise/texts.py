"""Letters on pictures, as viewers burn them in."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lumbar_core.report.letters import EMBEDDED, REGULAR, font_file
from lumbar_core.study import Pixels


def with_text(pixels: Pixels, text: str, place: tuple[int, int], size: int = 14) -> Pixels:
    """White words at (column, row) of a picture with values 0 to 255."""
    image = Image.fromarray(pixels.astype(np.uint8))
    font = ImageFont.truetype(str(font_file(EMBEDDED[REGULAR])), size)
    ImageDraw.Draw(image).text(place, text, fill=255, font=font)
    return np.asarray(image, np.float32)
