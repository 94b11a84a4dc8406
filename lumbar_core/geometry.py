"""Planes in the patient: pixels to millimetres and back.

Patient points are (x, y, z) millimetres in DICOM's LPS frame (+x to the patient's left, +y to the back,
+z to the head; PS3.3 C.7.6.2). Pixels are (row, column); the centre of the first pixel is (0, 0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lumbar_core.anatomy import Orientation
from lumbar_core.errors import GeometryError

Points2 = NDArray[np.float64]  # (..., 2) as (row, column), pixel centres at whole numbers
Points3 = NDArray[np.float64]  # (..., 3) as (x, y, z) in mm, LPS

# A slice counts as sagittal, axial or coronal up to this angle off the patient's axis; beyond it is oblique.
# Lumbar axial slices are tilted to each disc, L5/S1 often by more than 30°, so the limit is generous.
OBLIQUE_DEG = 45.0
# Two planes this near to parallel have no crossing worth showing: two sagittal series differ by a few degrees.
PARALLEL_DEG = 20.0
UPRIGHT = 0.5  # least cosine between an image's directions and the patient's; a spine leans by less


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """One image plane placed in the patient.

    origin_mm:  (3,) centre of pixel (0, 0).
    down:       (3,) unit step of increasing row.
    right:      (3,) unit step of increasing column.
    spacing_mm: (between rows, between columns), the order of DICOM Pixel Spacing.

    Raises GeometryError for a spacing that is not positive or for axes that are not at right angles.
    """

    origin_mm: Points3
    down: Points3
    right: Points3
    spacing_mm: tuple[float, float]

    def __post_init__(self) -> None:
        if not min(self.spacing_mm) > 0 or not np.isfinite(self.spacing_mm).all():
            raise GeometryError(f"Pixel spacing must be positive, got {self.spacing_mm} mm.")
        axes = np.stack([self.down, self.right])
        if not np.isfinite(axes).all() or not np.isfinite(self.origin_mm).all():
            raise GeometryError("The image's position or orientation is not a number.")
        if not np.allclose(axes @ axes.T, np.eye(2), atol=1e-2):
            raise GeometryError("The image's row and column directions are not at right angles.")

    @classmethod
    def from_dicom(cls, position: ArrayLike, orientation: ArrayLike, spacing: ArrayLike) -> Plane:
        """From Image Position (Patient), Image Orientation (Patient), Pixel Spacing (PS3.3 C.7.6.2).

        DICOM's first orientation triple is the direction of a *row*, which is that of rising columns.
        """
        cosines = np.asarray(orientation, np.float64).reshape(2, 3)
        lengths = np.linalg.norm(cosines, axis=1, keepdims=True)
        if not (lengths > 0.5).all():
            raise GeometryError("The image's orientation has no direction.")
        right, down = cosines / lengths
        between_rows, between_columns = np.asarray(spacing, np.float64).reshape(2)
        return cls(
            np.asarray(position, np.float64).reshape(3),
            down,
            right,
            (float(between_rows), float(between_columns)),
        )

    @property
    def normal(self) -> Points3:
        """(3,) unit vector right × down, away from the viewer."""
        return np.cross(self.right, self.down)

    @property
    def position_mm(self) -> float:
        """Signed place of the plane along its normal."""
        return float(self.origin_mm @ self.normal)

    @property
    def orientation(self) -> Orientation:
        """Sagittal, axial or coronal by the nearest patient axis; oblique beyond 45°."""
        along = np.abs(self.normal)
        axis = int(np.argmax(along))
        if along[axis] < np.cos(np.deg2rad(OBLIQUE_DEG)):
            return Orientation.OBLIQUE
        return (Orientation.SAGITTAL, Orientation.CORONAL, Orientation.AXIAL)[axis]

    @property
    def is_upright(self) -> bool:
        """Whether a sagittal image shows the head above and the front of the body on the left (LPS)."""
        return bool(-self.down[2] > UPRIGHT and self.right[1] > UPRIGHT)

    def to_patient(self, pixels: Points2) -> Points3:
        """Map (row, column) pixels of shape (..., 2) to (x, y, z) mm of shape (..., 3)."""
        steps: Points2 = np.asarray(pixels, np.float64) * np.asarray(self.spacing_mm)
        points: Points3 = self.origin_mm + steps[..., :1] * self.down + steps[..., 1:] * self.right
        return points

    def to_pixels(self, points: Points3) -> Points2:
        """Map (x, y, z) mm of shape (..., 3), projected along the normal, to (row, column) of shape (..., 2)."""
        offset = np.asarray(points, np.float64) - self.origin_mm
        pixels: Points2 = np.stack([offset @ self.down, offset @ self.right], axis=-1) / np.asarray(self.spacing_mm)
        return pixels

    def distance_mm(self, points: Points3) -> NDArray[np.float64]:
        """Signed distance of points (..., 3) from the plane along its normal, shape (...)."""
        distance: NDArray[np.float64] = (np.asarray(points, np.float64) - self.origin_mm) @ self.normal
        return distance

    def crossing(self, shape: tuple[int, int], other: Plane) -> Points2 | None:
        """The line on which an image of shape (rows, columns) in this plane cuts another plane.

        (2, 2): its ends, where the image ends, in the other's (row, column) pixels. None where the planes are
        nearly parallel or the image does not reach the other.
        """
        if abs(float(self.normal @ other.normal)) > np.cos(np.deg2rad(PARALLEL_DEG)):
            return None
        bottom, right = shape[0] - 0.5, shape[1] - 0.5
        corners = self.to_patient(np.array([(-0.5, -0.5), (-0.5, right), (bottom, right), (bottom, -0.5)]))
        heights = other.distance_mm(corners)
        following, next_heights = np.roll(corners, -1, axis=0), np.roll(heights, -1)
        cut = (heights > 0) != (next_heights > 0)
        if not cut.any():
            return None
        share = (heights[cut] / (heights[cut] - next_heights[cut]))[:, None]
        return other.to_pixels(corners[cut] + share * (following[cut] - corners[cut]))
