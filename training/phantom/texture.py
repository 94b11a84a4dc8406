"""Random fields fixed in the spine, so that neighbouring slices and both weightings see the same grain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

Array = NDArray[np.float64]

# (x, y, z) box that the fields cover, in mm of the spine frame; beyond it they repeat their edge.
CORNER_MM = np.array([-40.0, -120.0, -190.0])
SIZE_MM = np.array([80.0, 260.0, 340.0])


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

    def at(self, x: float, y: Array, z: Array) -> Array:
        """The field at one x and at (y, z) of any common shape."""
        places = np.stack([np.full(y.shape, x), y, z]) - CORNER_MM.reshape(3, *[1] * y.ndim)
        steps = places / self.step_mm.reshape(3, *[1] * y.ndim)
        sampled: Array = map_coordinates(self.values, steps, order=1, mode="nearest", output=np.float64)
        return sampled


@dataclass(frozen=True, slots=True)
class Texture:
    """The grains of one spine: of marrow, of muscle and belly, and the strands of the cauda equina.

    The strands' field is sampled at (x, behind, along) of the canal instead of at places of the patient.
    """

    fine: Field
    coarse: Field
    strands: Field

    @classmethod
    def of_seed(cls, seed: int) -> Texture:
        """The textures that belong to a spine's seed."""
        random = np.random.default_rng([seed, 2])
        return cls(
            Field.grown(random, (2.5, 1.5, 1.5), (0.8, 0.8, 0.8)),
            Field.grown(random, (4.0, 4.0, 4.0), (1.3, 1.3, 1.3)),
            Field.grown(random, (1.5, 1.5, 3.0), (0.8, 0.8, 7.0)),
        )
