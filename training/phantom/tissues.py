"""The tissues, and how they answer a spin echo: proton density, T1 and T2 at 1.5 and 3 tesla.

Relaxation times follow de Bazelaire et al. (Radiology 2004;230:652) for marrow, fat, kidney and muscle, Stanisz et
al. (Magn Reson Med 2005;54:507) for nerve, cord, muscle and blood, and the bulk values of water for fluid. Fat's T2 is
longer than those, because echo trains brighten it (Henkelman et al., J Magn Reson Imaging 1994;4:533). Discs are by
grade of degeneration between the water-rich nucleus and the fibrous one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]


class Tissue(IntEnum):
    """What a voxel holds. Nuclei follow from `FIRST_NUCLEUS` on, one a disc."""

    SURROUNDINGS = 0  # not part of the column: what lies there is told by `surroundings`
    AIR = 1
    CORTEX = 2  # and ligament
    MARROW = 3
    OEDEMA = 4  # marrow beside an irritated endplate (Modic 1)
    FATTY_MARROW = 5  # beside an old one (Modic 2)
    ANNULUS = 6
    FLAVUM = 7
    FLUID = 8
    ROOT = 9
    CORD = 10
    FAT = 11
    MUSCLE = 12
    VEIN = 13
    BLOOD = 14  # flowing: it leaves the slice before its echo
    SKIN = 15
    KIDNEY = 16
    BOWEL = 17
    DURA = 18
    LIGAMENT = 19  # between spinous processes: fibres with fat among them
    SUBCUTANEOUS = 20  # fat with fibrous sheets


FIRST_NUCLEUS = 32


@dataclass(frozen=True, slots=True)
class Relaxation:
    """density: of protons, water 1. fat: share of the signal that is fat's. Times in ms at 1.5 and 3 T.

    grain, lumps: how strongly fine and coarse texture show, as shares of the signal.
    laced: share of the signal that is another tissue's (`LACE`) in the sheets that run through this one.
    """

    density: float
    t1_ms: tuple[float, float]
    t2_ms: tuple[float, float]
    fat: float = 0.0
    grain: float = 0.0
    lumps: float = 0.0
    laced: float = 0.0


RELAXATION: dict[Tissue, Relaxation] = {
    Tissue.AIR: Relaxation(0.0, (1000, 1000), (1, 1)),
    Tissue.CORTEX: Relaxation(0.25, (800, 900), (14, 12)),
    Tissue.DURA: Relaxation(0.25, (800, 900), (14, 12)),
    Tissue.MARROW: Relaxation(0.72, (540, 580), (95, 92), fat=0.5, grain=0.07, lumps=0.07),
    Tissue.OEDEMA: Relaxation(0.80, (900, 980), (120, 115), fat=0.3, grain=0.08, lumps=0.08),
    Tissue.FATTY_MARROW: Relaxation(0.85, (380, 410), (105, 102), fat=0.8, grain=0.06, lumps=0.06),
    Tissue.ANNULUS: Relaxation(0.55, (850, 950), (30, 27), grain=0.10),
    Tissue.FLAVUM: Relaxation(0.50, (800, 900), (30, 27), grain=0.10),
    Tissue.FLUID: Relaxation(1.0, (4200, 4300), (1900, 1600), lumps=0.03),
    Tissue.ROOT: Relaxation(0.72, (900, 1000), (80, 76)),
    Tissue.CORD: Relaxation(0.72, (800, 990), (78, 76)),
    Tissue.FAT: Relaxation(0.95, (260, 365), (112, 112), fat=0.95, grain=0.03, lumps=0.05),
    Tissue.SUBCUTANEOUS: Relaxation(0.95, (260, 365), (112, 112), fat=0.95, grain=0.03, lumps=0.05, laced=0.2),
    Tissue.MUSCLE: Relaxation(0.80, (900, 1150), (40, 37), grain=0.16, lumps=0.08, laced=0.7),
    Tissue.LIGAMENT: Relaxation(0.65, (600, 700), (50, 46), fat=0.3, grain=0.2, lumps=0.1, laced=0.6),
    Tissue.VEIN: Relaxation(0.85, (900, 1000), (110, 100)),
    Tissue.BLOOD: Relaxation(0.10, (1440, 1930), (60, 50), grain=0.3),
    Tissue.SKIN: Relaxation(0.55, (700, 800), (45, 42), grain=0.10),
    Tissue.KIDNEY: Relaxation(0.80, (970, 1190), (95, 85), lumps=0.06),
    Tissue.BOWEL: Relaxation(0.75, (600, 700), (95, 90), fat=0.4, grain=0.15, lumps=0.35),
}
LACE: dict[int, Tissue] = {Tissue.MUSCLE: Tissue.FAT, Tissue.LIGAMENT: Tissue.FAT, Tissue.SUBCUTANEOUS: Tissue.CORTEX}
FRESH_NUCLEUS = Relaxation(0.85, (1100, 1300), (120, 105), grain=0.04, lumps=0.03)
WORN_NUCLEUS = Relaxation(0.55, (900, 1000), (36, 33), grain=0.08, lumps=0.05)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A spin echo's times in ms; `inversion_ms` nulls fat in STIR."""

    repetition_ms: float
    echo_ms: float
    inversion_ms: float | None = None

    def brightness(self, tissue: Relaxation, tesla: float) -> float:
        """Signal of a tissue, that of unrelaxed water being 1 (Bernstein, Handbook of MRI Pulse Sequences, ch. 14)."""
        at = 0 if tesla < 2.25 else 1
        t1, t2 = tissue.t1_ms[at], tissue.t2_ms[at]
        recovered = 1 - np.exp(-self.repetition_ms / t1)
        if self.inversion_ms is not None:
            recovered = abs(1 - 2 * np.exp(-self.inversion_ms / t1) + np.exp(-self.repetition_ms / t1))
        return float(tissue.density * recovered * np.exp(-self.echo_ms / t2))


@dataclass(frozen=True, slots=True, eq=False)
class Brightness:
    """By tissue number, (256,) each: signal of water and of fat, and how strongly grain, lumps and lace show in it."""

    water: NDArray[np.float32]
    fat: NDArray[np.float32]
    grain: NDArray[np.float32]
    lumps: NDArray[np.float32]
    lace: NDArray[np.float32]

    @classmethod
    def of(cls, sequence: Sequence, tesla: float, degenerations: tuple[float, ...]) -> Brightness:
        """Of all tissues, and of the nuclei of discs that are degenerated so far (0 fresh, 1 black)."""
        tissues: dict[int, Relaxation] = {int(tissue): values for tissue, values in RELAXATION.items()}
        for index, worn in enumerate(degenerations):
            tissues[FIRST_NUCLEUS + index] = _between(FRESH_NUCLEUS, WORN_NUCLEUS, worn)
        tables = np.zeros((5, 256), np.float32)
        for number, values in tissues.items():
            signal = sequence.brightness(values, tesla)
            lace = values.laced * (sequence.brightness(RELAXATION[LACE[number]], tesla) - signal) if values.laced else 0
            tables[:, number] = (
                signal * (1 - values.fat), signal * values.fat, signal * values.grain, signal * values.lumps, lace
            )  # fmt: skip
        return cls(*tables)


def _between(fresh: Relaxation, worn: Relaxation, share: float) -> Relaxation:
    def mix(first: float, second: float) -> float:
        return float(first ** (1 - share) * second**share)

    return Relaxation(
        mix(fresh.density, worn.density),
        (mix(fresh.t1_ms[0], worn.t1_ms[0]), mix(fresh.t1_ms[1], worn.t1_ms[1])),
        (mix(fresh.t2_ms[0], worn.t2_ms[0]), mix(fresh.t2_ms[1], worn.t2_ms[1])),
        grain=fresh.grain,
        lumps=worn.lumps,
    )
