"""The truth, measured on the painted column: what room the nerves have, and the grade that follows from it.

Canal: cross-section of the sac at the disc; 100 and 75 mm² part narrow from severely narrow (Schönström et al., Spine
1985;10:806; Ullrich et al., Radiology 1980;134:137). Foramen: fat around the root on the sagittal cuts; left on two
sides at most it is moderate (Wildermuth et al., Radiology 1998;207:391), gone all round or the root squeezed it is
severe (Lee et al., AJR 2010;194:1095). Lateral recess: its depth at the disc; 5 and 3 mm (Mikhael et al., Radiology
1981;140:97; Ciric et al., J Neurosurg 1980;53:433).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lumbar_core.anatomy import Severity, Side
from training.phantom.canvas import STEPS_MM, Canvas
from training.phantom.nerves import exit_tube
from training.phantom.spine import Disc, Spine
from training.phantom.tissues import Tissue

SAC_MODERATE_MM2, SAC_SEVERE_MM2 = 100.0, 75.0
RECESS_MODERATE_MM, RECESS_SEVERE_MM = 5.0, 3.0
SQUEEZED = 0.67  # of a free root's cross-section
FAT_LINE_MM = 1.2  # thinner fat than this is not seen in a slice of usual thickness
NEAR_DISC_MM = 4.0


@dataclass(frozen=True, slots=True)
class CanalRoom:
    """Of the sac at a disc, where it is narrowest: area, midline depth, and the share of fluid in it."""

    area_mm2: float
    depth_mm: float
    fluid_share: float
    behind_mm: float  # of the sac's middle

    @property
    def grade(self) -> Severity:
        """By the area."""
        return _graded(self.area_mm2, SAC_MODERATE_MM2, SAC_SEVERE_MM2)


@dataclass(frozen=True, slots=True)
class ForamenRoom:
    """Of a foramen: sides of the root (of four) where fat is left, and the share of its cross-section that is left."""

    sides_with_fat: int
    root_share: float
    along_mm: float
    behind_mm: float
    aside_mm: float

    @property
    def grade(self) -> Severity:
        """By the fat that is left and the root's shape."""
        if self.root_share < SQUEEZED or self.sides_with_fat == 0:
            return Severity.SEVERE
        return Severity.MODERATE if self.sides_with_fat <= 2 else Severity.NORMAL_MILD


@dataclass(frozen=True, slots=True)
class RecessRoom:
    """Of a lateral recess: least depth from the disc or body to the joint, and where."""

    depth_mm: float
    along_mm: float
    behind_mm: float
    aside_mm: float

    @property
    def grade(self) -> Severity:
        """By the depth."""
        return _graded(self.depth_mm, RECESS_MODERATE_MM, RECESS_SEVERE_MM)


def _graded(size: float, moderate_below: float, severe_below: float) -> Severity:
    if size < severe_below:
        return Severity.SEVERE
    return Severity.MODERATE if size < moderate_below else Severity.NORMAL_MILD


def canal_room(column: Canvas, disc: Disc) -> CanalRoom:
    """Measure the sac within a few mm of a disc."""
    near = column.part(
        along=(disc.along_mm - NEAR_DISC_MM, disc.along_mm + NEAR_DISC_MM), behind=(-2.0, 26.0), aside=(-16.0, 16.0)
    )
    _, deep, wide = STEPS_MM
    sac = near.is_tissue(Tissue.FLUID, Tissue.ROOT, Tissue.CORD)
    areas = sac.sum(axis=(1, 2)) * deep * wide
    narrowest = int(areas.argmin())
    cut = sac[narrowest]
    fluid = near.is_tissue(Tissue.FLUID)[narrowest]
    middle = np.abs(near.aside[0, 0]) < 1.0
    rows = near.behind[0, :, 0]
    behind = float(np.mean(rows[np.nonzero(cut)[0]])) if cut.any() else float(rows.mean())
    return CanalRoom(
        area_mm2=float(areas[narrowest]),
        depth_mm=float(cut[:, middle].sum(axis=0).mean() * deep),
        fluid_share=float(fluid.sum() / max(cut.sum(), 1)),
        behind_mm=behind,
    )


def foramen_room(column: Canvas, spine: Spine, disc: Disc, side: Side) -> ForamenRoom:
    """Measure the root under the pedicle above a disc on the sagittal cuts through its foramen."""
    index = spine.discs.index(disc)
    upper = spine.bodies[index]
    _, width = spine.canal(np.array(disc.along_mm))
    free = Canvas.like(column)
    part, tube = exit_tube(free.half(side), spine, upper, side)
    part.paint(tube, Tissue.ROOT)
    gate, free = (
        each.part(along=(upper.along_mm - 2, disc.along_mm + 8), behind=(-6.0, 14.0))
        .half(side)
        .beside(float(width) + 1.0, float(width) + 5.5)
        for each in (column, free)
    )
    tall, deep, _ = STEPS_MM
    root, fat, whole = gate.is_tissue(Tissue.ROOT), gate.is_tissue(Tissue.FAT), free.is_tissue(Tissue.ROOT)
    left, places_of_cuts, sides_of_cuts = float(root.sum() / whole.sum()), [], []
    for cut in np.flatnonzero(root.any(axis=(0, 1))):
        places = np.argwhere(root[:, :, cut])
        row, column_ = np.rint(places.mean(axis=0)).astype(int)
        sides = sum(
            int(_fat_beside(root[:, :, cut], fat[:, :, cut], (row, column_), step, size))
            for step, size in (((-1, 0), tall), ((1, 0), tall), ((0, -1), deep), ((0, 1), deep))
        )
        sides_of_cuts.append(sides)
        places_of_cuts.append((gate.along[row, 0, 0], gate.behind[0, column_, 0], gate.aside[0, 0, cut]))
    if not places_of_cuts:  # nothing of the root is left
        return ForamenRoom(0, 0.0, upper.along_mm + 0.36 * upper.height_mm, 4.8, float(width) + 3.0)
    along, behind, aside = (float(value) for value in np.mean(places_of_cuts, axis=0))
    return ForamenRoom(int(np.median(sides_of_cuts)), left, along, behind, aside)


def _fat_beside(
    root: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    fat: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    start: tuple[int, int],
    step: tuple[int, int],
    step_mm: float,
) -> bool:
    """Whether a line of fat is met where one leaves the root this way."""
    row, column = start
    while 0 <= row < root.shape[0] and 0 <= column < root.shape[1] and root[row, column]:
        row, column = row + step[0], column + step[1]
    thick = 0.0
    while 0 <= row < root.shape[0] and 0 <= column < root.shape[1] and fat[row, column]:
        thick += step_mm
        row, column = row + step[0], column + step[1]
    return thick > FAT_LINE_MM


def recess_room(column: Canvas, spine: Spine, disc: Disc, side: Side) -> RecessRoom:
    """Measure from the disc or the body below it back to the joint, beside the sac."""
    _, width = spine.canal(np.array(disc.along_mm))
    aside = float(width) - 3.0
    near = column.part(along=(disc.along_mm - 2, disc.along_mm + 7), behind=(-3.0, 20.0)).half(side)
    strip = near.beside(aside - 1.0, aside + 1.0)
    free = strip.is_tissue(Tissue.FAT, Tissue.ROOT, Tissue.FLUID, Tissue.DURA)
    started = np.cumsum(free, axis=1) > 0
    ended = np.cumsum(started & ~free, axis=1) > 0
    room = started & ~ended  # from the front backwards until bone or ligament
    depths = room.sum(axis=1) * STEPS_MM[1]
    row, cut = np.unravel_index(int(depths.argmin()), depths.shape)
    open_at = np.flatnonzero(room[row, :, cut])
    behind = float(strip.behind[0, :, 0][open_at].mean()) if open_at.size else 4.0
    return RecessRoom(float(depths[row, cut]), float(strip.along[row, 0, 0]), behind, float(strip.aside[0, 0, cut]))
