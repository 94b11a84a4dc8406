"""Soft-edged shapes: each gives the share of a pixel that it covers, 0–1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

EDGE_MM = 0.9  # width of the transition from outside to inside


def inside(distance_mm: Array) -> Array:
    """Cover from a signed distance (negative inside)."""
    return np.clip(0.5 - distance_mm / EDGE_MM, 0.0, 1.0)


def between(value: Array, low: Array | float, high: Array | float) -> Array:
    """Cover of the band low … high."""
    return inside(np.maximum(low - value, value - high))


def ellipse(u: Array, v: Array, half_u: float, half_v: float) -> Array:
    """Cover of an ellipse about the origin of (u, v)."""
    radius = np.hypot(u / half_u, v / half_v)
    return inside((radius - 1) * min(half_u, half_v))


def block(u: Array, v: Array, half_u: Array | float, half_v: Array | float, power: float = 6.0) -> Array:
    """Cover of a rectangle with round corners (a superellipse) about the origin of (u, v)."""
    # The sum is of dimensionless numbers; clipped so that far pixels do not overflow.
    far = np.clip(np.abs(u) / half_u, 0, 50) ** power + np.clip(np.abs(v) / half_v, 0, 50) ** power
    return inside((far ** (1 / power) - 1) * np.minimum(half_u, half_v))


def turned(y: Array, z: Array, centre: tuple[float, float], tilt_deg: float) -> tuple[Array, Array]:
    """(u, v): u to the back along a structure's middle plane, v to the head along its axis."""
    angle = np.deg2rad(tilt_deg)
    dy, dz = y - centre[0], z - centre[1]
    return dy * np.cos(angle) + dz * np.sin(angle), dz * np.cos(angle) - dy * np.sin(angle)
