"""What lies around the column: muscle, fat and skin behind it, psoas, vessels, kidneys and bowel in front."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.phantom.spine import PRESACRAL, Spine
from training.phantom.tissues import Tissue

Array = NDArray[np.floating[Any]]
SKIN_MM = 1.8
FASCIA_MM = 1.5
ROUND = 0.0022  # how the back falls away to both sides, per mm


def surroundings(
    spine: Spine, points: Array, along: Array, behind: Array, lumps: Array, loops: Array
) -> NDArray[np.uint8]:
    """Tissue numbers of places (..., 3) of the spine frame, given also along and behind the wall.

    lumps, loops: random fields there (`Texture`), of the fat and of the bowel.
    """
    aside, y, z = points[..., 0], points[..., 1], points[..., 2]
    inwards = np.interp(z, *skin_of(spine)) - ROUND * aside**2 - y  # depth under the skin of the back
    found = np.full(aside.shape, Tissue.BOWEL, np.uint8)
    _put(found, loops < -1.1, Tissue.AIR)
    _put(found, loops > 1.5 - 0.3 * lumps, Tissue.FAT)
    bed = -2 * spine.half_depth(along) - 9 + 0.25 * np.abs(aside) + 4 * lumps
    _put(found, behind > bed, Tissue.FAT)
    _paint_front(found, spine, aside, along, behind)
    _paint_back(found, spine, aside, along, behind, lumps)
    fat = spine.fat_mm + 0.12 * np.abs(aside)
    _put(found, (inwards < fat + FASCIA_MM) & (behind > 0), Tissue.FLAVUM)
    _put(found, inwards < fat, Tissue.SUBCUTANEOUS)
    _put(found, inwards < SKIN_MM, Tissue.SKIN)
    _put(found, inwards < 0, Tissue.AIR)
    return found


def skin_of(spine: Spine) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(z, y) along the skin of the back in the midline, z rising."""
    heights = np.arange(-200.0, 200.0, 4.0)
    return heights, spine.back_skin(heights)


def _put(found: NDArray[np.uint8], where: NDArray[np.bool_], tissue: Tissue) -> None:
    found[where] = tissue


def _disc_of(u: Array, half_u: Array | float, v: Array, half_v: Array | float) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (u / half_u) ** 2 + (v / half_v) ** 2 < 1
    return inside


def _paint_front(found: NDArray[np.uint8], spine: Spine, aside: Array, along: Array, behind: Array) -> None:
    depth = spine.half_depth(along)
    bodies = {name: spine.bodies[PRESACRAL - above].along_mm for above, name in enumerate("S5432", start=0)}
    outwards = np.abs(aside)
    for sign in (-1, 1):
        kidney = ((aside - 62 * sign) / 22) ** 2 + ((behind + 24) / 22) ** 2 + ((along - bodies["2"] + 25) / 50) ** 2
        _put(found, kidney < 1, Tissue.KIDNEY)
    low = np.clip((along - bodies["2"]) / (bodies["S"] - bodies["2"]), -0.6, 1.2)
    psoas = _disc_of(outwards - 29 - 8 * low, 10 + 8 * low, behind + depth - 1, 13 + 6 * low)
    _put(found, psoas, Tissue.MUSCLE)
    _put(found, _disc_of(outwards - 53, 14.0, behind + 1, 8.0) & (along < bodies["5"]), Tissue.MUSCLE)
    front = behind + 2 * depth
    parted = np.clip((along - bodies["4"] - 8) / 60, 0, 1)  # the aorta parts at L4, the cava joins a little lower
    for x_mm, radius, later in ((8.0, 8.5, 0.0), (-14.0, 9.5, 0.12)):
        apart = np.clip(parted - later, 0, 1)
        for sign in (-1, 1):
            centre = x_mm * (1 - np.clip(2 * apart, 0, 1)) + sign * 34 * apart
            vessel = _disc_of(aside - centre, radius * (1 - 0.35 * (apart > 0)), front + 10 - 4 * apart, radius)
            _put(found, vessel, Tissue.BLOOD)


def _paint_back(
    found: NDArray[np.uint8], spine: Spine, aside: Array, along: Array, behind: Array, lumps: Array
) -> None:
    """Multifidus and erector spinae with fat between them; the ilium with its muscles low down."""
    outwards = np.abs(aside)
    low = along - spine.bodies[PRESACRAL - 1].along_mm
    wing = outwards - 60 + 0.55 * (behind - 15)
    beside = (low > 0) & (behind > -55)
    _put(found, beside & (np.abs(wing) < 26 + 0.2 * behind) & (behind < 45), Tissue.MUSCLE)
    worn = np.clip((along - spine.bodies[4].along_mm) / 80, -0.5, 1.0)  # the lower, the fattier
    thick = np.clip(1 - 0.35 * np.maximum(worn, 0), 0.6, 1)
    back = _disc_of(outwards - 35, 37.0, behind - 33, 27.0 * thick) | _disc_of(outwards - 13, 13.5, behind - 34, 24.0)
    _put(found, back, Tissue.MUSCLE)
    parted = np.abs(outwards - 15 - 0.55 * (behind - 12) - 2 * lumps) < 1.0 + 0.8 * worn  # multifidus from longissimus
    _put(found, back & parted & (behind < 46 + 6 * lumps), Tissue.FAT)
    _put(found, (outwards < 2.2) & (behind > 12) & (behind < 58), Tissue.LIGAMENT)
    thin = 6.5 + 0.06 * behind
    _put(found, beside & (np.abs(wing) < thin) & (behind < 32), Tissue.CORTEX)
    _put(found, beside & (np.abs(wing) < thin - 1.5) & (behind < 30.5), Tissue.MARROW)
