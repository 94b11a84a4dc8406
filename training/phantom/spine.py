"""The anatomy: a chain of vertebrae T11 … S5 with discs and a canal, in millimetres of the spine frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from lumbar_core.anatomy import LEVELS, Level
from training.phantom.curve import Wall

Array = NDArray[np.float64]

# name, height, half depth (front to back), half width, tilt of the middle plane in degrees (foot end to the back)
BODIES: tuple[tuple[str, float, float, float, float], ...] = (
    ("T11", 22.0, 14.5, 17.5, -13.0),
    ("T12", 23.5, 15.0, 18.5, -14.0),
    ("L1", 25.0, 15.5, 19.5, -13.0),
    ("L2", 26.0, 16.0, 20.5, -9.0),
    ("L3", 26.5, 16.5, 21.5, -3.0),
    ("L4", 26.5, 17.0, 23.0, 6.0),
    ("L5", 26.0, 17.0, 25.0, 20.0),
    ("S1", 27.0, 15.0, 26.0, 45.0),
    ("S2", 21.0, 10.5, 24.0, 43.0),
    ("S3", 17.0, 8.0, 20.0, 36.0),
    ("S4", 15.0, 6.0, 16.0, 25.0),
    ("S5", 13.0, 4.5, 12.0, 12.0),
)
DISC_HEIGHTS_MM = (5.5, 6.5, 8.0, 9.5, 10.5, 11.0, 10.0, 2.6, 1.2, 1.0, 1.0)
# Front-to-back size of the sac and its width at each body, and the depth of the bony canal.
SAC_DEPTHS_MM = (14.0, 14.5, 15.0, 14.5, 14.0, 13.5, 12.5, 9.5, 3.5, 0.5, 0.3, 0.3)
SAC_WIDTHS_MM = (17.0, 18.0, 19.0, 18.5, 18.0, 17.5, 17.0, 13.0, 5.0, 1.0, 0.5, 0.5)
CANAL_DEPTHS_MM = (17.5, 18.0, 18.5, 18.0, 17.5, 18.0, 19.0, 16.0, 11.0, 7.0, 5.0, 3.5)
NARROWING_REACH_MM = 4.5  # standard deviation of a narrowing along the canal


@dataclass(frozen=True, slots=True)
class Body:
    """A vertebral body.

    centre:   (y, z).
    tilt_deg: angle of its axis to the patient's; positive where the foot end lies further back.
    along_mm: its place along the wall.
    """

    name: str
    centre: tuple[float, float]
    height_mm: float
    half_depth_mm: float
    half_width_mm: float
    tilt_deg: float
    along_mm: float

    @property
    def is_sacral(self) -> bool:
        """Grown together with its neighbours."""
        return self.name.startswith("S")


@dataclass(frozen=True, slots=True)
class Disc:
    """A disc between two bodies; `level` is None for those that are not graded."""

    name: str
    level: Level | None
    centre: tuple[float, float]
    height_mm: float
    half_depth_mm: float
    half_width_mm: float
    tilt_deg: float
    along_mm: float
    degeneration: float  # 0 fresh, 1 black
    narrowing: float  # share of the sac's depth that is lost here, 0–1

    @property
    def is_remnant(self) -> bool:
        """Between sacral bodies: short, in bone."""
        return self.name.startswith("S")


@dataclass(frozen=True, slots=True)
class Spine:
    """A whole spine: bodies and discs from head to foot, and the wall behind them."""

    seed: int
    bodies: tuple[Body, ...]
    discs: tuple[Disc, ...]
    wall: Wall

    def sac(self, along_mm: Array) -> tuple[Array, Array, Array]:
        """(front edge, back edge, half width) of the thecal sac in mm behind the wall, at places along it."""
        places = [body.along_mm for body in self.bodies]
        depth = np.interp(along_mm, places, SAC_DEPTHS_MM)
        half_width = np.interp(along_mm, places, SAC_WIDTHS_MM) / 2
        # The wall touches the sac at the discs; fat and veins lie between them behind the bodies and at L5/S1.
        gap = np.interp(along_mm, places, (1.6, 1.6, 1.6, 1.6, 1.6, 1.8, 3.4, 4.5, 4.0, 3.0, 3.0, 3.0))
        front, back = gap.copy(), gap + depth
        for disc in self.discs:
            near = np.exp(-0.5 * ((along_mm - disc.along_mm) / NARROWING_REACH_MM) ** 2)
            front += near * (0.6 * disc.narrowing * depth - 0.8)
            back -= near * 0.4 * disc.narrowing * depth
            half_width *= 1 - 0.55 * near * disc.narrowing
        return front, back, half_width

    def canal_depth(self, along_mm: Array) -> Array:
        """Depth of the bony canal in mm behind the wall."""
        depth: Array = np.interp(along_mm, [body.along_mm for body in self.bodies], CANAL_DEPTHS_MM)
        return depth

    def back_skin(self, z: Array) -> Array:
        """y of the skin of the back at heights z: hollow in the loin, full over the sacrum."""
        names = ("T11", "L1", "L3", "L5", "S2", "S5")
        bodies = [body for body in self.bodies if body.name in names]
        heights = np.array([body.centre[1] for body in bodies])
        skin = np.array([body.centre[0] for body in bodies]) + np.array([76.0, 78.0, 80.0, 84.0, 62.0, 46.0])
        smooth = PchipInterpolator(heights[::-1], skin[::-1])
        y: Array = smooth(np.clip(z, heights[-1], heights[0]))
        return y

    def level_disc(self, level: Level) -> Disc:
        """The disc of a graded level."""
        return next(disc for disc in self.discs if disc.level is level)

    def canal_point(self, level: Level) -> Array:
        """(3,) x, y, z of the middle of the sac at a level, in the spine frame."""
        along = self.level_disc(level).along_mm
        front, back, _ = self.sac(np.array([along]))
        y, z = self.wall.place(along, float(front[0] + back[0]) / 2)
        return np.array([0.0, y, z])

    def sac_depth(self, level: Level) -> float:
        """Front-to-back size of the sac at a level, in mm."""
        front, back, _ = self.sac(np.array([self.level_disc(level).along_mm]))
        return float(back[0] - front[0])


def _down(tilt_deg: float) -> Array:
    return np.array([np.sin(np.deg2rad(tilt_deg)), -np.cos(np.deg2rad(tilt_deg))])


def _back(tilt_deg: float) -> Array:
    return np.array([np.cos(np.deg2rad(tilt_deg)), np.sin(np.deg2rad(tilt_deg))])


def build_spine(seed: int, narrowing: Mapping[Level, float] | None = None) -> Spine:
    """A spine that varies a little with `seed`; `narrowing` is the share of the sac's depth lost per level.

    Without `narrowing` the seed chooses: no level, or up to three of the lower ones.
    """
    random = np.random.default_rng([seed, 1])
    lost = _random_narrowing(seed) if narrowing is None else dict(narrowing)
    size = random.normal(1.0, 0.03)
    sway = random.normal(0.0, 2.0)
    tilts = np.array([body[4] for body in BODIES]) * random.normal(1.0, 0.06) + sway
    heights = np.array([body[1] for body in BODIES]) * size
    gaps = np.array(DISC_HEIGHTS_MM) * size
    levels: list[Level | None] = [None, None, *LEVELS, *[None] * 4]
    worn = np.array([_wear(random, lost.get(level, 0.0) if level else 0.0) for level in levels])
    gaps = gaps * (1 - 0.35 * worn)

    centres, disc_centres = _chain(heights, gaps, tilts)
    wall = _wall(centres, disc_centres, heights, tilts, size)
    bodies = tuple(
        Body(name, _pair(centre), height, depth * size, width * size, tilt, _along(wall, centre))
        for (name, _, depth, width, _), centre, height, tilt in zip(BODIES, centres, heights, tilts, strict=True)
    )
    discs = tuple(
        Disc(
            f"{upper.name}/{lower.name}",
            level,
            _pair(centre),
            gap,
            (upper.half_depth_mm + lower.half_depth_mm) / 2 + 0.5,
            (upper.half_width_mm + lower.half_width_mm) / 2 + 0.5,
            (upper.tilt_deg + lower.tilt_deg) / 2,
            _along(wall, centre),
            wear,
            lost.get(level, 0.0) if level else 0.0,
        )
        for upper, lower, level, centre, gap, wear in zip(
            bodies[:-1], bodies[1:], levels, disc_centres, gaps, worn, strict=True
        )
    )
    return Spine(seed, bodies, discs, wall)


# Any number would do; with this one seed 1, the bundled sample, has something to show and seed 2 has nothing.
NARROWING_STREAM = 853


def _random_narrowing(seed: int) -> dict[Level, float]:
    random = np.random.default_rng([seed, NARROWING_STREAM])
    how_many = int(random.choice([0, 1, 2, 3], p=[0.35, 0.3, 0.2, 0.15]))
    chosen = random.choice(len(LEVELS), size=how_many, replace=False, p=[0.05, 0.15, 0.3, 0.4, 0.1])
    return {LEVELS[index]: float(random.uniform(0.2, 0.75)) for index in chosen}


def _wear(random: np.random.Generator, lost: float) -> float:
    return float(np.clip(random.uniform(0.0, 0.35) + 1.1 * lost, 0.0, 1.0))


def _chain(heights: Array, gaps: Array, tilts: Array) -> tuple[list[Array], list[Array]]:
    """Centres of bodies and of discs, from head to foot; the middle of L3 is the origin."""
    bodies, discs = [np.zeros(2)], []
    for index, gap in enumerate(gaps):
        end = bodies[-1] + _down(tilts[index]) * heights[index] / 2
        between = _down((tilts[index] + tilts[index + 1]) / 2)
        discs.append(end + between * gap / 2)
        bodies.append(end + between * gap + _down(tilts[index + 1]) * heights[index + 1] / 2)
    origin = bodies[[body[0] for body in BODIES].index("L3")].copy()
    return [centre - origin for centre in bodies], [centre - origin for centre in discs]


def _wall(centres: list[Array], discs: list[Array], heights: Array, tilts: Array, size: float) -> Wall:
    knots = []
    for index, centre in enumerate(centres):
        depth = BODIES[index][2] * size
        for share in (0.35, -0.35):
            knots.append(centre + depth * _back(tilts[index]) - share * heights[index] * _down(tilts[index]))
        if index < len(discs):
            depth = (BODIES[index][2] + BODIES[index + 1][2]) / 2 * size
            knots.append(discs[index] + (depth + 0.3) * _back((tilts[index] + tilts[index + 1]) / 2))
    return Wall.through(np.array(knots))


def _along(wall: Wall, centre: Array) -> float:
    along, _ = wall.locate(centre[:1], centre[1:])
    return float(along[0])


def _pair(point: Array) -> tuple[float, float]:
    return float(point[0]), float(point[1])
