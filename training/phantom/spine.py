"""The skeleton of a generated patient: a chain of vertebrae and discs with a canal, in millimetres.

Two frames: the *spine frame* (x to the patient's left, y to the back, z to the head; origin in the middle of the third
vertebra above the sacrum), and the *column frame* (along the back wall of the bodies, behind it, aside from the
midline), in which the wall is straight and anatomy is easily told (`volume`).

Sizes are of Panjabi et al. (Spine 1992;17:299: bodies, pedicles, canal) and Zhou et al. (Eur Spine J 2000;9:242: lower
bodies and discs), the curve's of lying patients with a sacral slope of about 40° (Roussouly et al., Spine 2005;30:346).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d

from lumbar_core.anatomy import LEVELS, Level, Side
from training.phantom.curve import Wall
from training.phantom.disease import Disease, diseases_of

Array = NDArray[np.floating[Any]]

PRESACRAL = 7  # vertebrae above the sacrum that are drawn
# From the seventh above the sacrum to S5: height, half depth, half width, and tilt of the middle plane in degrees
# (positive where the foot end lies further back).
BODY_SIZES: tuple[tuple[float, float, float, float], ...] = (
    (22.0, 14.5, 17.5, -13.0),
    (23.5, 15.0, 18.5, -14.0),
    (25.0, 15.5, 20.0, -13.0),
    (26.0, 16.0, 21.0, -9.0),
    (26.5, 16.5, 22.0, -3.0),
    (26.5, 17.0, 23.5, 6.0),
    (26.0, 17.0, 25.0, 19.0),
    (27.0, 15.0, 26.0, 39.0),
    (21.0, 10.5, 24.0, 40.0),
    (17.0, 8.0, 20.0, 34.0),
    (15.0, 6.0, 16.0, 24.0),
    (13.0, 4.5, 12.0, 12.0),
)
DISC_HEIGHTS_MM = (5.5, 6.5, 8.0, 9.5, 10.5, 11.5, 12.5, 2.4, 1.2, 1.0, 1.0)
RUDIMENT_MM, REMNANT_MM = 3.0, 7.5  # height of the disc of a vertebra grown to the sacrum, and of one between S1 and S2
# Of the thecal sac at each body: front to back, side to side, and its gap to the wall; of the bony canal: depth.
SAC_DEPTHS_MM = (14.0, 14.5, 15.0, 14.5, 14.0, 13.5, 12.5, 9.5, 3.5, 0.3, 0.2, 0.2)
SAC_WIDTHS_MM = (17.5, 18.5, 19.5, 19.5, 19.5, 19.5, 19.0, 14.0, 5.0, 0.5, 0.3, 0.3)
SAC_GAPS_MM = (1.2, 1.2, 1.2, 1.2, 1.2, 1.4, 2.6, 4.0, 4.0, 3.0, 3.0, 3.0)
CANAL_DEPTHS_MM = (17.5, 18.0, 18.5, 18.0, 17.5, 18.0, 19.0, 16.0, 11.0, 6.0, 4.0, 3.0)
CANAL_WIDTHS_MM = (21.0, 22.0, 23.0, 23.5, 24.0, 25.0, 27.0, 29.0, 24.0, 16.0, 12.0, 10.0)


@dataclass(frozen=True, slots=True)
class Body:
    """A vertebral body. `along_mm`: of its middle, along the wall. `aside_mm`: of its middle, by scoliosis."""

    name: str
    height_mm: float
    half_depth_mm: float
    half_width_mm: float
    tilt_deg: float
    along_mm: float

    @property
    def is_sacral(self) -> bool:
        """Grown together with its neighbours."""
        return self.name.startswith("S")

    @property
    def top_mm(self) -> float:
        """Its upper endplate, along the wall."""
        return self.along_mm - self.height_mm / 2

    @property
    def bottom_mm(self) -> float:
        """Its lower endplate, along the wall."""
        return self.along_mm + self.height_mm / 2


@dataclass(frozen=True, slots=True)
class Disc:
    """A disc between two bodies.

    level:     of the five that are graded, counted from the sacrum upwards; None for others.
    along_mm:  of its middle, along the wall; `height_mm` at the wall.
    is_fused:  its vertebrae have grown together over it; a seam is left.
    """

    name: str
    level: Level | None
    height_mm: float
    half_depth_mm: float
    half_width_mm: float
    along_mm: float
    disease: Disease
    is_fused: bool


@dataclass(frozen=True, slots=True)
class Variant:
    """How a skeleton differs from the usual one.

    lumbar:       vertebrae between ribs and sacrum, 4 to 6.
    transitional: the lowest lumbar vertebra has grown to the sacrum (Castellvi et al., Spine 1984;9:493).
    remnant:      a well-formed disc between S1 and S2.
    scoliosis_mm: sideways bow of the column's middle, positive to the patient's left.
    """

    lumbar: int = 5
    transitional: bool = False
    remnant: bool = False
    scoliosis_mm: float = 0.0


USUAL = Variant()


@dataclass(frozen=True, slots=True)
class Spine:
    """A whole spine: bodies and discs from head to foot, the wall behind them, and how fat the patient is."""

    seed: int
    variant: Variant
    bodies: tuple[Body, ...]
    discs: tuple[Disc, ...]
    wall: Wall
    size: float
    fat_mm: float

    def sac(self, along_mm: Array) -> tuple[Array, Array, Array]:
        """(front edge, back edge, half width) of a healthy thecal sac in mm behind the wall, at places along it."""
        front = self._at(along_mm, SAC_GAPS_MM)
        return front, front + self._at(along_mm, SAC_DEPTHS_MM), self._at(along_mm, SAC_WIDTHS_MM) / 2

    def canal(self, along_mm: Array) -> tuple[Array, Array]:
        """(depth, half width) of the bony canal in mm at places along the wall."""
        return self._at(along_mm, CANAL_DEPTHS_MM), self._at(along_mm, CANAL_WIDTHS_MM) / 2

    def half_depth(self, along_mm: Array) -> Array:
        """Half the depth of the bodies at places along the wall."""
        return self._at(along_mm, tuple(body.half_depth_mm for body in self.bodies))

    def _at(self, along_mm: Array, values: tuple[float, ...]) -> Array:
        found: Array = np.interp(along_mm, [body.along_mm for body in self.bodies], values)
        return found

    def bow(self, along_mm: Array) -> Array:
        """How far the column's middle lies to the patient's left, in mm, at places along the wall."""
        top, bottom = self.bodies[0].along_mm, self.bodies[PRESACRAL].along_mm
        share = np.clip((along_mm - top) / (bottom - top), 0, 1)
        found: Array = self.variant.scoliosis_mm * np.sin(np.pi * share) ** 2
        return found

    def back_skin(self, z: Array) -> Array:
        """y of the skin of the back in the midline at heights z: hollow in the loin, full over the sacrum."""
        places = self.bodies[0], self.bodies[2], self.bodies[4], self.bodies[6], self.bodies[8], self.bodies[11]
        behind = np.array([55.0, 56.0, 55.0, 56.0, 41.0, 28.0]) + self.fat_mm
        points = np.array([self.wall.place(body.along_mm, off) for body, off in zip(places, behind, strict=True)])
        order = np.argsort(points[:, 1])
        heights = np.arange(points[order[0], 1], points[order[-1], 1])
        smooth = gaussian_filter1d(PchipInterpolator(points[order, 1], points[order, 0])(heights), 22, mode="nearest")
        y: Array = np.interp(z, heights, smooth)
        return y

    def level_disc(self, level: Level) -> Disc:
        """The disc of a graded level."""
        return next(disc for disc in self.discs if disc.level is level)

    def place(self, along_mm: float, behind_mm: float, aside_mm: float) -> Array:
        """(3,) a place of the column frame in the spine frame."""
        y, z = self.wall.place(along_mm, behind_mm)
        return np.array([aside_mm + float(self.bow(np.array(along_mm))), y, z])

    @property
    def degenerations(self) -> tuple[float, ...]:
        """Of all discs, from head to foot."""
        return tuple(disc.disease.degeneration for disc in self.discs)


def sign_of(side: Side) -> float:
    """+1 where x grows, on the patient's left."""
    return 1.0 if side is Side.LEFT else -1.0


def variant_of(seed: int) -> Variant:
    """How this seed's skeleton differs; one in ten has no five free lumbar vertebrae (Hughes & Saifuddin 2004)."""
    random = np.random.default_rng([seed, 5])
    return Variant(
        lumbar=int(random.choice([4, 5, 6], p=[0.04, 0.90, 0.06])),
        transitional=bool(random.random() < 0.06),
        remnant=bool(random.random() < 0.08),
        scoliosis_mm=float(np.clip(random.normal(0, 5), -15, 15)),
    )


def build_spine(seed: int, diseases: Mapping[Level, Disease] | None = None, variant: Variant | None = None) -> Spine:
    """The spine of a seed's patient; with `diseases` (healthy where a level is missing) or `variant`, that one."""
    random = np.random.default_rng([seed, 1])
    variant = variant_of(seed) if variant is None else variant
    found = diseases_of(seed) if diseases is None else diseases
    grown = PRESACRAL - variant.transitional  # the first vertebra of the sacrum, or grown to it
    size = float(random.normal(1.0, 0.04))
    tilts = np.array([row[3] for row in BODY_SIZES]) * random.normal(1.0, 0.08) + random.normal(0.0, 2.0)
    sizes = np.array([row[:3] for row in BODY_SIZES]) * size
    levels: list[Level | None] = [None, None, *LEVELS, *[None] * 4]
    ill = [found.get(level, Disease()) if level else Disease() for level in levels]
    gaps = np.array(DISC_HEIGHTS_MM) * size
    gaps[:PRESACRAL] *= 1 - 0.45 * np.array([each.degeneration for each in ill[:PRESACRAL]])
    if variant.transitional:
        tilts[PRESACRAL - 1], gaps[PRESACRAL - 1] = tilts[PRESACRAL] - 3, RUDIMENT_MM
    if variant.remnant:
        tilts[PRESACRAL + 1], gaps[PRESACRAL], sizes[PRESACRAL + 1, 1] = (
            tilts[PRESACRAL] + 6,
            REMNANT_MM,
            0.88 * sizes[PRESACRAL, 1],
        )
    # A bend takes height from the back of a disc: there must be something left.
    bends = np.abs(np.diff(tilts)) * np.pi / 180
    gaps = np.maximum(gaps, bends * sizes[:-1, 1] + np.where(np.arange(len(gaps)) < grown, 5.0, 0.5))
    slips = np.array([each.slip_mm for each in ill])
    centres, between = _chain(sizes[:, 0], gaps, tilts, slips)
    wall = _wall(centres, between, sizes, tilts)
    names = _names(variant.lumbar)
    bodies = tuple(
        Body(name, *map(float, row), float(tilt), _along(wall, centre))
        for name, row, centre, tilt in zip(names, sizes, centres, tilts, strict=True)
    )
    discs = tuple(
        Disc(
            f"{upper.name}/{lower.name}",
            level,
            max(lower.top_mm - upper.bottom_mm, 0.8),
            (upper.half_depth_mm + lower.half_depth_mm) / 2,
            (upper.half_width_mm + lower.half_width_mm) / 2,
            (upper.bottom_mm + lower.top_mm) / 2,
            disease,
            upper.is_sacral and not (variant.remnant and upper.name == "S1"),
        )
        for upper, lower, level, disease in zip(bodies[:-1], bodies[1:], levels, ill, strict=True)
    )
    return Spine(seed, variant, bodies, discs, wall, size, fat_mm=float(np.clip(random.gamma(4, 4), 4, 50)))


def _names(lumbar: int) -> tuple[str, ...]:
    above = [f"L{number}" for number in range(1, lumbar + 1)]
    ribs = [f"T{number}" for number in range(12 - (PRESACRAL - lumbar) + 1, 13)]
    return (*ribs, *above, *(f"S{number}" for number in range(1, 6)))


def _chain(heights: Array, gaps: Array, tilts: Array, slips: Array) -> tuple[list[Array], list[Array]]:
    """(y, z) centres of bodies and of discs, from head to foot; a slip moves all below backwards."""
    bodies, discs = [np.zeros(2)], []
    for index, gap in enumerate(gaps):
        end = bodies[-1] + _down(tilts[index]) * heights[index] / 2
        middle = (tilts[index] + tilts[index + 1]) / 2
        step = _down(middle) * gap + slips[index] * _back(middle)
        discs.append(end + step / 2)
        bodies.append(end + step + _down(tilts[index + 1]) * heights[index + 1] / 2)
    origin = bodies[4].copy()
    return [centre - origin for centre in bodies], [centre - origin for centre in discs]


def _wall(centres: list[Array], discs: list[Array], sizes: Array, tilts: Array) -> Wall:
    knots = []
    for index, centre in enumerate(centres):
        height, depth = sizes[index, :2]
        for share in (0.35, -0.35):
            knots.append(centre + depth * _back(tilts[index]) - share * height * _down(tilts[index]))
        if index < len(discs):
            depth = (sizes[index, 1] + sizes[index + 1, 1]) / 2
            knots.append(discs[index] + depth * _back((tilts[index] + tilts[index + 1]) / 2))
    return Wall.through(np.array(knots))


def _along(wall: Wall, centre: Array) -> float:
    along, _ = wall.locate(centre[:1], centre[1:])
    return float(along[0])


def _down(tilt_deg: float) -> Array:
    return np.array([np.sin(np.deg2rad(tilt_deg)), -np.cos(np.deg2rad(tilt_deg))])


def _back(tilt_deg: float) -> Array:
    return np.array([np.cos(np.deg2rad(tilt_deg)), np.sin(np.deg2rad(tilt_deg))])
