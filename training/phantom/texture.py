"""Random fields fixed in the spine, so that neighbouring slices and both weightings see the same grain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial import cKDTree

Array = NDArray[np.floating[Any]]

# (x, y, z) box that the fields cover, in mm of the spine frame; beyond it they repeat their edge.
CORNER_MM = np.array([-110.0, -150.0, -190.0])
SIZE_MM = np.array([220.0, 270.0, 340.0])
LOOP_MM, WALL_MM = 26.0, 2.5  # from loop to loop of bowel, and how far its wall is felt
BETWEEN = 3.0  # what the field of loops holds there


@dataclass(frozen=True, slots=True)
class Field:
    """A smooth random field of mean 0 and standard deviation 1 on a grid of `step_mm`."""

    values: NDArray[np.float32]
    step_mm: Array

    @classmethod
    def grown(
        cls, random: np.random.Generator, step_mm: tuple[float, float, float], smooth: tuple[float, float, float]
    ) -> Field:
        """Noise on a grid of `step_mm` (x, y, z), smoothed by `smooth` grid steps along each."""
        step = np.array(step_mm)
        noise = random.standard_normal(np.ceil(SIZE_MM / step).astype(int)).astype(np.float32)
        values = gaussian_filter(noise, smooth)
        return cls((values - values.mean()) / values.std(), step)

    def at(self, points: Array) -> NDArray[np.float32]:
        """The field at points (..., 3) in mm of the spine frame."""
        steps = np.moveaxis((points - CORNER_MM) / self.step_mm, -1, 0)
        sampled: NDArray[np.float32] = map_coordinates(self.values, steps, order=1, mode="nearest", output=np.float32)
        return sampled


def _loops(random: np.random.Generator) -> Field:
    """What fills the loops of bowel, which lie like bubbles: standard normal, and `BETWEEN` in the fat among them."""
    step = np.full(3, 5.0)
    count = int(np.prod(SIZE_MM) / LOOP_MM**3)
    middles, filling = random.uniform(0, SIZE_MM, (count, 3)), random.standard_normal(count)
    shape = np.ceil(SIZE_MM / step).astype(int)
    distances, nearest = cKDTree(middles).query(np.indices(shape).reshape(3, -1).T * step, 2)
    to_wall = (distances[:, 1] - distances[:, 0]) / 2
    near_wall = np.clip(1 - to_wall / WALL_MM, 0, 1)
    values = filling[nearest[:, 0]] * (1 - near_wall) + BETWEEN * near_wall
    return Field(values.reshape(shape).astype(np.float32), step)


@dataclass(frozen=True, slots=True)
class Texture:
    """The grain of one patient.

    fine, coarse:   of marrow and muscle; the lumps of fat.
    sheets:         a field whose zeros are sheets that run along the patient: the fat between bundles of muscle.
    loops:          of bowel.
    """

    fine: Field
    coarse: Field
    sheets: Field
    loops: Field

    @classmethod
    def of_seed(cls, seed: int) -> Texture:
        """The textures that belong to a patient's seed."""
        random = np.random.default_rng([seed, 2])
        return cls(
            Field.grown(random, (2.5, 1.8, 1.8), (0.8, 0.8, 0.8)),
            Field.grown(random, (4.0, 4.0, 4.0), (1.3, 1.3, 1.3)),
            Field.grown(random, (2.5, 2.5, 6.0), (0.9, 0.9, 2.2)),
            _loops(random),
        )
