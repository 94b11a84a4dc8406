"""Draw the program's icon: a row of vertebrae from the side, one disc narrow. Drawn by this code; no MRI is in it.

    python -m freeze.icon

The files are committed, so that a build needs no drawing.
"""

from __future__ import annotations

import math
from pathlib import Path

from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[1]
WINDOW_ICON = ROOT / "lumbar_gui" / "icon.png"
WINDOWS_ICON = ROOT / "freeze" / "lumbar.ico"
SIZES = [(size, size) for size in (16, 20, 24, 32, 40, 48, 64, 128, 256)]

SIDE, SMOOTH = 256, 4  # drawn this much larger, then shrunk
GROUND, BONE, DISC, NARROW, CANAL = (22, 32, 46), (226, 232, 240), (96, 165, 250), (248, 150, 60), (120, 180, 230)
VERTEBRAE, NARROW_DISC = 5, 3


def draw() -> Image.Image:
    """The icon, 256 × 256 with round corners."""
    side = SIDE * SMOOTH
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((0, 0, side - 1, side - 1), radius=side // 5, fill=GROUND)
    pen.line([_place(step / 40, aside=0.27) for step in range(-1, 42)], fill=CANAL, width=side // 18, joint="curve")
    for number in range(VERTEBRAE):
        at = (number + 0.5) / VERTEBRAE
        _block(pen, at, half_height=0.058, half_width=0.155, colour=BONE)
        if number:
            narrow = number == NARROW_DISC
            _block(pen, number / VERTEBRAE, 0.016, 0.19 if narrow else 0.14, NARROW if narrow else DISC)
    return image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def main() -> None:
    """Write the icon for the window and for Windows."""
    icon = draw()
    icon.save(WINDOW_ICON, optimize=True)
    icon.save(WINDOWS_ICON, sizes=SIZES)


def _place(at: float, aside: float) -> tuple[float, float]:
    """The point at this part of the column's length, so far behind its middle; the column curves as a lordosis does."""
    side = SIDE * SMOOTH
    bend = 0.09 * math.sin(math.pi * at)
    return (0.44 - bend + aside) * side, (0.12 + 0.76 * at) * side


def _block(pen: ImageDraw.ImageDraw, at: float, half_height: float, half_width: float, colour: tuple[int, ...]) -> None:
    """A block across the column, tilted with it."""
    side = SIDE * SMOOTH
    (x, y), (x_next, y_next) = _place(at, 0), _place(at + 0.01, 0)
    length = math.hypot(x_next - x, y_next - y)
    along = ((x_next - x) / length * side, (y_next - y) / length * side)
    across = (along[1], -along[0])
    steps = [(half_width * i, half_height * j) for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    corners = [(x + across[0] * i + along[0] * j, y + across[1] * i + along[1] * j) for i, j in steps]
    pen.polygon(corners, fill=colour)
    pen.line([*corners, corners[0], corners[1]], fill=colour, width=round(0.03 * side), joint="curve")


if __name__ == "__main__":
    main()
