"""How series are acquired: plane, times, resolution and faults; the usual set and what a seed makes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from lumbar_core.anatomy import Orientation, Weighting
from training.phantom.tissues import Sequence

FAST_SIDE = 256


class Stack(StrEnum):
    """How axial slices lie: a block tilted to each disc, or one straight stack through all levels."""

    BLOCKS = "blocks"
    STRAIGHT = "straight"


@dataclass(frozen=True, slots=True)
class Protocol:
    """One series.

    slices:        of a sagittal or straight stack; of each block where there are blocks.
    rows, columns: of the picture, at `spacing_mm`.
    echo_train:    echoes per excitation, for the header.
    noise:         standard deviation in each part of the complex signal; unrelaxed water is 1.
    shift_px:      chemical shift of fat along the rows' direction.
    ghosts:        brightness of the ghosts of what moves, as a share.
    turned_deg:    the stack's turn about the patient's long axis against the spine's own midline.
    backwards:     slices in the opposite order (left to right, feet to head).
    cuts, fine:    places in the thickness, and samples per pixel side, that are averaged.
    """

    name: str
    orientation: Orientation
    weighting: Weighting
    sequence: Sequence
    slices: int
    rows: int
    columns: int
    spacing_mm: float
    thickness_mm: float = 4.0
    gap_mm: float = 0.4
    tesla: float = 1.5
    echo_train: int = 16
    noise: float = 0.010
    shift_px: float = 0.8
    ghosts: float = 0.03
    stack: Stack = Stack.BLOCKS
    turned_deg: float = 0.0
    backwards: bool = False
    cuts: tuple[float, ...] = (-0.33, 0.0, 0.33)
    fine: int = 2

    @property
    def step_mm(self) -> float:
        """From slice to slice."""
        return self.thickness_mm + self.gap_mm


T2_SAGITTAL = Protocol(
    "t2_tse_sag", Orientation.SAGITTAL, Weighting.T2, Sequence(3400.0, 102.0), 15, 320, 320, 0.875
)  # fmt: skip
T1_SAGITTAL = Protocol(
    "t1_tse_sag", Orientation.SAGITTAL, Weighting.T1, Sequence(550.0, 9.5), 15, 320, 320, 0.875,
    echo_train=3, noise=0.012, ghosts=0.04,
)  # fmt: skip
T2_AXIAL = Protocol(
    "t2_tse_tra", Orientation.AXIAL, Weighting.T2, Sequence(3800.0, 100.0), 5, 320, 320, 0.625, gap_mm=0.0, shift_px=0.5
)
STIR_SAGITTAL = Protocol(
    "stir_sag", Orientation.SAGITTAL, Weighting.STIR, Sequence(4000.0, 60.0, 170.0), 15, 256, 256, 1.09375,
    noise=0.012,
)  # fmt: skip
PROTOCOLS = (T2_SAGITTAL, T1_SAGITTAL, T2_AXIAL)


def fast(protocol: Protocol) -> Protocol:
    """The same field of view in fewer pixels, without a slice profile and without ghosts, for tests."""
    spacing = protocol.spacing_mm * protocol.rows / FAST_SIDE
    return replace(protocol, rows=FAST_SIDE, columns=FAST_SIDE, spacing_mm=spacing, cuts=(0.0,), fine=1, ghosts=0.0)


def protocols_of(seed: int) -> tuple[Protocol, ...]:
    """How this seed's hospital scans: field strength, matrix, thickness, stack, order and faults differ."""
    random = np.random.default_rng([seed, 7])
    tesla = float(random.choice([1.5, 3.0]))
    straight = bool(random.random() < 0.35)
    found = []
    for usual in PROTOCOLS:
        factor = float(random.choice([0.8, 1.0, 1.25]))  # of the pixel's size
        one = replace(
            usual,
            tesla=tesla,
            rows=int(usual.rows / factor) // 2 * 2,
            columns=int(usual.columns / factor) // 2 * 2,
            spacing_mm=usual.spacing_mm * factor * float(random.uniform(0.92, 1.08)),
            thickness_mm=float(random.choice([3.0, 4.0, 5.0])),
            gap_mm=float(random.choice([0.0, 0.4, 1.0])),
            noise=usual.noise * float(random.uniform(0.6, 1.8)) * (0.7 if tesla > 2 else 1.0),
            shift_px=usual.shift_px * tesla / 1.5 * float(random.uniform(0.3, 1.2)),
            ghosts=usual.ghosts * float(random.uniform(0, 2)),
            turned_deg=float(random.normal(0, 1.5)),
            backwards=bool(random.random() < 0.5),
        )
        if usual.orientation is Orientation.SAGITTAL:
            one = replace(one, slices=int(np.ceil(66.0 / one.step_mm)))
        elif straight:
            one = replace(one, stack=Stack.STRAIGHT, slices=int(np.ceil(165.0 / one.step_mm)))
        found.append(one)
    return tuple(found)
