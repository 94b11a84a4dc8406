"""Simulated photographs of a viewer's screen, as a phone takes them: what the reader refuses by its colour.

In linear light: the screen's pixels are stripes of red, green and blue; the camera looks at them a little askew through
a lens darker at its edges, adds the room's glare, samples by a Bayer mosaic, gets the white balance wrong, and smooths
away noise. What a messenger makes of it is a small JPEG. Nothing here is tuned to what the reader looks for.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Light = NDArray[np.float32]  # (rows, columns) or (rows, columns, 3); 1 is what the sensor can just hold

GAMMA = 2.2
SCREEN_ROWS = 320  # of the screen's pixels that the slice takes
LINES = 0.6  # of the light, in the third row of each pixel
SENSOR = 2  # samples of the sensor's pixel, across and down: together its area


@dataclass(frozen=True, slots=True)
class Conditions:
    """How a photograph is taken.

    cast: by how much the strongest of red, green and blue outdoes the weakest, of grey, in linear light.
    """

    cast: float
    tint: tuple[float, float, float]
    zoom: float
    tilt: float
    keystone: tuple[float, ...]
    exposure: float
    leak: float
    vignette: float
    shading: tuple[float, float]
    glare: float
    glare_tint: tuple[float, float, float]
    noise: float
    size: float
    quality: int


def conditions(cast: float, rng: np.random.Generator) -> Conditions:
    """Drawn at random, but for the error of the white balance."""
    warm, green = rng.choice([-1.0, 1.0]), rng.uniform(-1.0, 1.0)
    raw = np.array([warm, green, -warm])
    tint = 1 + cast * (raw - raw.max()) / np.ptp(raw)
    room = rng.uniform(-1, 1)
    return Conditions(
        cast=cast,
        tint=(float(tint[0]), float(tint[1]), float(tint[2])),
        zoom=rng.uniform(1.3, 2.6),
        tilt=rng.uniform(-4.0, 4.0),
        keystone=tuple(rng.uniform(-0.04, 0.04, 4)),
        exposure=rng.uniform(0.5, 1.1),
        leak=rng.uniform(0.001, 0.006),
        vignette=rng.uniform(0.05, 0.35),
        shading=(rng.uniform(-0.02, 0.02), rng.uniform(-0.02, 0.02)),
        glare=rng.uniform(0.0, 0.04),
        glare_tint=(1 + 0.25 * room, 1.0, 1 - 0.25 * room),
        noise=rng.uniform(0.005, 0.02),
        size=rng.uniform(0.5, 1.0),
        quality=int(rng.integers(60, 93)),
    )


def photograph(grey: NDArray[np.uint8], taken: Conditions, rng: np.random.Generator) -> Image.Image:
    """The picture that a phone would save of a slice shown on a screen."""
    seen = _through_the_lens(_screen(grey), taken)
    rows, columns = seen.shape[:2]
    down, across = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j].astype(np.float32)
    radius = (down**2 + across**2) / 2
    lens = (1 - taken.vignette * radius)[..., None] * (
        1 + radius[..., None] * np.array([taken.shading[0], 0, taken.shading[1]])
    )
    slope = (1 + across * rng.uniform(-1, 1) + down * rng.uniform(-1, 1)) / 2
    glare = taken.glare * np.clip(slope, 0, None)[..., None] * np.array(taken.glare_tint)
    light = taken.exposure * (((1 - taken.leak) * seen + taken.leak) * lens + glare)
    light = rng.normal(light, taken.noise * np.sqrt(light + 0.01)).astype(np.float32)
    # Balanced after the sensor, wrongly.
    balanced = np.clip(_demosaiced(light) * np.array(taken.tint), 0, 1)
    image = Image.fromarray((255 * balanced ** (1 / GAMMA)).round().astype(np.uint8))
    return _saved(_smoothed(image), taken)


def _screen(grey: NDArray[np.uint8]) -> Light:
    """Light of each sub-pixel: three columns to a pixel, each of one colour; three rows of them, dark lines between."""
    scale = SCREEN_ROWS / max(grey.shape)
    shown = Image.fromarray(grey).resize(
        (round(grey.shape[1] * scale), round(grey.shape[0] * scale)), Image.Resampling.BICUBIC
    )
    light = (np.asarray(shown, np.float32) / 255) ** GAMMA
    stripes = np.zeros((3 * light.shape[0], 3 * light.shape[1], 3), np.float32)
    for colour in range(3):
        stripes[:, colour::3, colour] = 3 * light.repeat(3, axis=0)
    stripes[2::3] *= LINES
    return stripes * 3 / (2 + LINES)


def _through_the_lens(stripes: Light, taken: Conditions) -> Light:
    """As the sensor's pixels gather it: askew, each over its area."""
    rows, columns = stripes.shape[0], stripes.shape[1]
    k = taken.keystone
    corners = [(k[0], k[1]), (k[2], 1 + k[1]), (1 + k[3], 1 - k[0]), (1 - k[2], -k[3])]
    turn = np.exp(1j * np.radians(taken.tilt))
    quad: list[float] = []  # where the sensor's corners look, on the screen
    for x, y in corners:
        place = ((x - 0.5) * columns + 1j * (y - 0.5) * rows) * turn
        quad += [place.real + columns / 2, place.imag + rows / 2]
    fine = (round(columns / 3 * taken.zoom) * SENSOR, round(rows / 3 * taken.zoom) * SENSOR)
    planes = []
    for colour in range(3):
        plane = Image.fromarray(stripes[..., colour]).transform(
            fine, Image.Transform.QUAD, quad, Image.Resampling.BILINEAR
        )
        planes.append(np.asarray(plane).reshape(fine[1] // SENSOR, SENSOR, fine[0] // SENSOR, SENSOR).mean(axis=(1, 3)))
    return _blurred(np.stack(planes, axis=-1))


def _blurred(light: Light) -> Light:
    """The lens' own blur: 1, 2, 1 each way."""
    for axis in (0, 1):
        light = (np.roll(light, 1, axis) + 2 * light + np.roll(light, -1, axis)) / 4
    return light


def _demosaiced(light: Light) -> Light:
    """Red, green and blue each at its own sites of the mosaic, bilinear between them."""
    mosaic = np.zeros_like(light)
    mosaic[0::2, 0::2, 0] = 1
    mosaic[0::2, 1::2, 1] = mosaic[1::2, 0::2, 1] = 1
    mosaic[1::2, 1::2, 2] = 1
    return _blurred(light * mosaic) / _blurred(mosaic)


def _smoothed(image: Image.Image) -> Image.Image:
    """As phones do: colours much, brightness hardly, then sharpened."""
    bright, blue, red = image.convert("YCbCr").split()
    blue, red = (plane.filter(ImageFilter.GaussianBlur(2)) for plane in (blue, red))
    bright = bright.filter(ImageFilter.GaussianBlur(0.6)).filter(ImageFilter.UnsharpMask(1, 60, 2))
    return Image.merge("YCbCr", (bright, blue, red)).convert("RGB")


def _saved(image: Image.Image, taken: Conditions) -> Image.Image:
    small = image.resize((round(image.width * taken.size), round(image.height * taken.size)), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=taken.quality)
    return Image.open(stream).convert("RGB")
