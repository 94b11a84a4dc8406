"""What wear does to a level: how severe, and in which structures, so that every narrowing has its cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lumbar_core.anatomy import LEVELS, Level, Side

SIDES = (Side.RIGHT, Side.LEFT)
# How often a level is ill at all: the lower, the more (van der Graaf et al., Sci Data 2024; RSNA's tables agree).
CHANCE = {
    Level.L1_L2: 0.15, Level.L2_L3: 0.25, Level.L3_L4: 0.40, Level.L4_L5: 0.60, Level.L5_S1: 0.50,
}  # fmt: skip
DISEASE_STREAM = 853  # any number would do; with this one seed 1, the bundled sample, has something to show


@dataclass(frozen=True, slots=True)
class Narrowing:
    """How far a level is narrowed, 0 not at all to 1 as far as it goes; of foramina and recesses by side."""

    canal: float = 0.0
    foramen: Mapping[Side, float] | None = None
    recess: Mapping[Side, float] | None = None

    def foramen_on(self, side: Side) -> float:
        """Of the foramen on a side of the patient."""
        return self.foramen[side] if self.foramen else 0.0

    def recess_on(self, side: Side) -> float:
        """Of the lateral recess on a side of the patient."""
        return self.recess[side] if self.recess else 0.0


@dataclass(frozen=True, slots=True)
class Herniation:
    """Disc matter in the canal (Fardon et al., Spine J 2014;14:2525).

    aside_mm: middle of its base, positive to the patient's left.
    strays_mm: how far an extrusion has strayed along the canal, positive to the feet; 0 for a protrusion.
    """

    depth_mm: float
    half_width_mm: float
    aside_mm: float
    strays_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class Disease:
    """One level's wear. Lengths in mm beyond what is healthy.

    degeneration:  of the disc's signal and height, 0 fresh to 1 black (after Pfirrmann et al., Spine 2001;26:1873).
    bulge_mm:      of the disc to all sides.
    flavum_mm:     thickening of the yellow ligaments.
    facet_mm:      growth of the facet joints, by side.
    slip_mm:       of the vertebra above, forwards.
    endplates:     Modic's type 1 or 2, 0 for none (Modic et al., Radiology 1988;166:193).
    """

    narrowing: Narrowing = Narrowing()
    degeneration: float = 0.1
    bulge_mm: float = 0.0
    herniation: Herniation | None = None
    flavum_mm: float = 0.0
    facet_mm: tuple[float, float] = (0.0, 0.0)
    slip_mm: float = 0.0
    endplates: int = 0

    def facet_on(self, side: Side) -> float:
        """Growth of the facet joint on a side."""
        return self.facet_mm[SIDES.index(side)]


def disease_of(narrowing: Narrowing, random: np.random.Generator, age: float) -> Disease:
    """Causes that bring about a narrowing; `age` (0 young to 1 old) wears the discs even where nothing is narrow."""
    foramina = [narrowing.foramen_on(side) for side in SIDES]
    recesses = [narrowing.recess_on(side) for side in SIDES]
    worst = max(narrowing.canal, *foramina, *recesses)
    degeneration = float(np.clip(random.normal(0.05 + 0.45 * age, 0.15) + 0.55 * worst, 0.0, 1.0))
    by_disc = float(random.uniform(0.3, 0.7))  # share of the canal's narrowing that comes from the front
    herniation, bulge = None, 12.0 * by_disc * narrowing.canal + 1.2 * degeneration
    if worst > 0.25 and random.random() < 0.35:
        side = 1.0 if recesses[1] + foramina[1] >= recesses[0] + foramina[0] else -1.0
        strays = float(random.choice([-1, 1]) * random.uniform(4, 9)) if random.random() < 0.3 else 0.0
        herniation = Herniation(
            depth_mm=float(random.uniform(2.5, 4.5) + 3.0 * worst),
            half_width_mm=float(random.uniform(4, 7)),
            aside_mm=side * float(random.uniform(2, 6)),
            strays_mm=strays,
        )
        bulge *= 0.8
    slips = worst > 0.3 and random.random() < 0.15
    return Disease(
        narrowing=narrowing,
        degeneration=degeneration,
        bulge_mm=bulge,
        herniation=herniation,
        flavum_mm=9.0 * (1 - by_disc) * narrowing.canal + float(random.uniform(0, 0.8)) * age,
        facet_mm=(
            4.0 * max(recesses[0], foramina[0]) + 1.5 * narrowing.canal,
            4.0 * max(recesses[1], foramina[1]) + 1.5 * narrowing.canal,
        ),
        slip_mm=float(random.uniform(2, 6)) if slips else 0.0,
        endplates=int(random.choice([0, 1, 2], p=[0.6, 0.15, 0.25])) if degeneration > 0.6 else 0,
    )


def healthy(seed: int) -> dict[Level, Disease]:
    """No narrowing and fresh discs."""
    random = np.random.default_rng([seed, DISEASE_STREAM])
    return {level: disease_of(Narrowing(), random, age=0.0) for level in LEVELS}


def spread(seed: int) -> dict[Level, Disease]:
    """Every structure narrowed by an amount of its own, evenly drawn: for measuring how a network follows it."""
    random = np.random.default_rng([seed, DISEASE_STREAM, 1])
    found = {}
    for level in LEVELS:
        canal, *sided = random.uniform(0, 1, 5)
        foramen, recess = (dict(zip(SIDES, map(float, pair), strict=True)) for pair in (sided[:2], sided[2:]))
        found[level] = disease_of(Narrowing(float(canal), foramen, recess), random, float(random.uniform(0, 1)))
    return found


def narrowed(seed: int, canals: Mapping[Level, float]) -> dict[Level, Disease]:
    """A patient whose canal is narrowed so far at these levels, and the recesses with it; healthy elsewhere."""
    random = np.random.default_rng([seed, DISEASE_STREAM])
    return {
        level: disease_of(Narrowing(amount, None, dict.fromkeys(SIDES, 0.7 * amount)), random, age=0.0)
        for level in LEVELS
        for amount in [canals.get(level, 0.0)]
    }


def diseases_of(seed: int) -> dict[Level, Disease]:
    """What a seed's patient has at each level."""
    random = np.random.default_rng([seed, DISEASE_STREAM])
    age = float(random.uniform(0, 1))
    found = {}
    for level in LEVELS:
        ill = random.random() < CHANCE[level] * (0.4 + 0.9 * age)
        amounts = np.clip(random.beta(1.3, 1.6, 5), 0, 1) * ill
        canal, pairs = float(amounts[0]) * (0.5 if level is Level.L5_S1 else 1.0), amounts[1:].reshape(2, 2)
        foramen, recess = (dict(zip(SIDES, map(float, pair), strict=True)) for pair in pairs)
        recess = {side: max(value, 0.7 * canal) for side, value in recess.items()}
        found[level] = disease_of(Narrowing(canal, foramen, recess), random, age)
    return found
