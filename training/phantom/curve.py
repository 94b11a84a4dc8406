"""The back wall of the vertebral column, and places told from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.spatial import cKDTree

Array = NDArray[np.floating[Any]]

STEP_MM = 0.25  # between samples of the curve
BEYOND_MM = 70.0  # how far the curve goes on straight at both ends


@dataclass(frozen=True, slots=True)
class Wall:
    """A smooth curve in the sagittal plane of the spine frame, from head to foot.

    points:    (n, 2) samples (y, z), STEP_MM apart.
    backwards: (n, 2) unit normals to the patient's back.
    along_mm:  (n,) length along the curve, 0 at the first given point.
    """

    points: Array
    backwards: Array
    along_mm: Array

    @classmethod
    def through(cls, knots: Array) -> Wall:
        """The curve through `knots` (n, 2) of (y, z), from head to foot, straight beyond both ends."""
        lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(knots, axis=0), axis=1))])
        spline = CubicSpline(lengths, knots)
        along = np.arange(-BEYOND_MM, lengths[-1] + BEYOND_MM, STEP_MM)
        inside = np.clip(along, 0, lengths[-1])
        tangents = spline(inside, 1)
        tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
        points = spline(inside) + (along - inside)[:, None] * tangents
        return cls(points, np.stack([-tangents[:, 1], tangents[:, 0]], axis=1), along)

    def locate(self, y: Array, z: Array) -> tuple[Array, Array]:
        """(along, behind) in mm of places of any common shape: along the curve, and behind it."""
        flat = np.stack([y.ravel(), z.ravel()], axis=1)
        _, nearest = cKDTree(self.points).query(flat)
        behind = np.einsum("ij,ij->i", flat - self.points[nearest], self.backwards[nearest])
        return self.along_mm[nearest].reshape(y.shape), behind.reshape(y.shape)

    def place(self, along_mm: float, behind_mm: float) -> tuple[float, float]:
        """(y, z) of a place told along and behind the curve."""
        index = int(np.argmin(np.abs(self.along_mm - along_mm)))
        y, z = self.points[index] + behind_mm * self.backwards[index]
        return float(y), float(z)

    def backwards_at(self, along_mm: float) -> tuple[float, float]:
        """(y, z) unit step to the patient's back at a place along the curve."""
        y, z = self.backwards[int(np.argmin(np.abs(self.along_mm - along_mm)))]
        return float(y), float(z)
