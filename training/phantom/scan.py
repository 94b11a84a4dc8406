"""The scanner: slices through the spine with thickness, coil, noise, and their place in the patient."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import Weighting
from lumbar_core.geometry import Plane
from training.phantom.painting import paint_cut
from training.phantom.spine import Spine
from training.phantom.texture import Texture
from training.phantom.tissues import SIGNALS

Array = NDArray[np.float64]

WHITE = 900.0  # stored value of brightness 1 where the coil is neither near nor far
FAST_SIDE = 256


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the spine lies in the scanner: patient = rotation @ spine + shift_mm."""

    rotation: Array  # (3, 3)
    shift_mm: Array  # (3,)

    def to_patient(self, points: Array) -> Array:
        """Map (..., 3) from the spine frame to the patient frame (LPS)."""
        return points @ self.rotation.T + self.shift_mm


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a sagittal series is made.

    offset_mm: (y, z) of the picture's centre in the spine frame.
    cuts:      places in a slice's thickness, in parts of it, that are averaged.
    """

    name: str
    weighting: Weighting
    slices: int
    rows: int
    columns: int
    spacing_mm: float
    thickness_mm: float
    gap_mm: float
    repetition_ms: float
    echo_ms: float
    echo_train: int
    noise: float
    offset_mm: tuple[float, float]
    cuts: tuple[float, ...] = (-0.33, 0.0, 0.33)


PROTOCOLS: tuple[Protocol, ...] = (
    Protocol("t2_tse_sag", Weighting.T2, 13, 320, 320, 0.875, 4.0, 0.4, 3400.0, 102.0, 17, 0.022, (-8.0, -28.0)),
    Protocol("t1_tse_sag", Weighting.T1, 13, 256, 256, 1.09375, 4.0, 0.4, 550.0, 9.5, 3, 0.020, (-5.0, -30.0)),
)


def fast(protocol: Protocol) -> Protocol:
    """The same field of view in fewer pixels and without a slice profile, for tests."""
    spacing = protocol.spacing_mm * protocol.rows / FAST_SIDE
    return replace(protocol, rows=FAST_SIDE, columns=FAST_SIDE, spacing_mm=spacing, cuts=(0.0,))


@dataclass(frozen=True, slots=True)
class Scan:
    """A scanned series, from the patient's right to left: pixels (rows, columns) of uint16 and their planes."""

    protocol: Protocol
    pixels: tuple[NDArray[np.uint16], ...]
    planes: tuple[Plane, ...]


def pose_of(seed: int) -> Pose:
    """How this seed's patient lies: a few degrees and millimetres off the scanner's axes."""
    random = np.random.default_rng([seed, 3])
    roll, turn = np.deg2rad(random.normal(0, 1.5, 2))
    about_z = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    about_y = np.array([[np.cos(roll), 0, np.sin(roll)], [0, 1, 0], [-np.sin(roll), 0, np.cos(roll)]])
    return Pose(about_z @ about_y, random.normal(0, 1, 3) * np.array([4.0, 12.0, 20.0]))


def scan(spine: Spine, protocol: Protocol, pose: Pose) -> Scan:
    """Cut, blur over the thickness, shade and add noise; the same arguments give the same pixels."""
    random = np.random.default_rng([spine.seed, 4, [each.name for each in PROTOCOLS].index(protocol.name)])
    texture = Texture.of_seed(spine.seed)
    y, z = _grid(protocol)
    places = (y, z, *spine.wall.locate(y, z))
    step = protocol.thickness_mm + protocol.gap_mm
    # The middle slice misses the middle of the spine by a little, as it does in life.
    aside = float(random.uniform(-1.0, 1.0))
    centres = [(index - (protocol.slices - 1) / 2) * step + aside for index in range(protocol.slices)]
    shade = _shade(y, z, spine)
    pixels = []
    for x in centres:
        cuts = [
            paint_cut(spine, texture, SIGNALS[protocol.weighting], x + share * protocol.thickness_mm, places)
            for share in protocol.cuts
        ]
        pixels.append(_measured(np.mean(cuts, axis=0) * shade, protocol.noise, random))
    return Scan(protocol, tuple(pixels), tuple(_plane(protocol, pose, x) for x in centres))


def _grid(protocol: Protocol) -> tuple[Array, Array]:
    """(y, z) of every pixel; rows go down (−z), columns to the back (+y)."""
    rows = protocol.offset_mm[1] - (np.arange(protocol.rows) - (protocol.rows - 1) / 2) * protocol.spacing_mm
    columns = protocol.offset_mm[0] + (np.arange(protocol.columns) - (protocol.columns - 1) / 2) * protocol.spacing_mm
    z, y = np.meshgrid(rows, columns, indexing="ij")
    return y, z


def _plane(protocol: Protocol, pose: Pose, x: float) -> Plane:
    y, z = _grid(protocol)
    origin = pose.to_patient(np.array([x, y[0, 0], z[0, 0]]))
    return Plane(origin, -pose.rotation[:, 2], pose.rotation[:, 1].copy(), (protocol.spacing_mm, protocol.spacing_mm))


def _shade(y: Array, z: Array, spine: Spine) -> Array:
    """The surface coil under the back, its fall-off at both ends, and the band that mutes the belly."""
    near = 1.5 * np.exp(-(spine.back_skin(z) - y) / 140.0)
    ends = 1 - 0.55 * (np.abs(z + 28) / 140) ** 3
    band = 0.12 + 0.88 / (1 + np.exp(-(y + 58.0) / 5.0))
    return near * np.clip(ends, 0.1, 1) * band


def _measured(brightness: Array, noise: float, random: np.random.Generator) -> NDArray[np.uint16]:
    """Magnitude of a complex signal with noise in both parts (Rician)."""
    real = brightness + random.normal(0, noise, brightness.shape)
    imaginary = random.normal(0, noise, brightness.shape)
    return np.clip(np.rint(np.hypot(real, imaginary) * WHITE), 0, 4095).astype(np.uint16)
