"""Painting what lies in the canal and the foramina: fat, the thecal sac, the cord's end, and the nerve roots."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_dilation

from lumbar_core.anatomy import Side
from training.phantom.bones import flavum_front, roof
from training.phantom.canvas import Array, Canvas, Mask, rounded, within
from training.phantom.disease import SIDES
from training.phantom.spine import PRESACRAL, Body, Spine
from training.phantom.tissues import Tissue

ROOT_MM = 0.8  # radius of a root in the sac
NERVE_MM, GANGLION_MM = 1.4, 2.4  # half widths on the way out (Hasegawa et al., Spine 1996;21:1005)
CORD_MM = (4.6, 3.6)  # half width and half depth above its cone
CONE_MM = 32.0
NERVES_STREAM = 6


def paint_fat(canvas: Canvas, spine: Spine) -> None:
    """Fat in the canal and the foramina: the bed of all that follows."""
    end = spine.bodies[PRESACRAL + 2].bottom_mm
    near = canvas.part(along=(-np.inf, end), behind=(-6.0, 26.0), aside=(-30.0, 30.0))
    _, width = spine.canal(near.along)
    room = within(near.behind, -2.0, roof(spine, near.along, near.aside) + 1.0)
    near.paint(room & (np.abs(near.aside) < width), Tissue.FAT)
    gates = near.part(along=(-np.inf, spine.bodies[PRESACRAL].along_mm))
    _, width = spine.canal(gates.along)
    outwards = np.abs(gates.aside)
    gates.paint(within(outwards, width - 3, width + 12) & within(gates.behind, -5.0, 12.0), Tissue.FAT)


def paint_nerves(canvas: Canvas, spine: Spine) -> None:
    """The sac takes what room the bones, discs and ligaments have left; so do the roots in it and beside it."""
    random = np.random.default_rng([spine.seed, NERVES_STREAM])
    near = canvas.part(behind=(-1.0, 26.0), aside=(-16.0, 16.0))
    front, back, width = spine.sac(near.along)
    middle, half = (front + back) / 2, (back - front) / 2
    in_sac = rounded(near.behind - middle, half, near.aside, width, 2.3)
    in_sac &= near.behind < flavum_front(spine, near.along, near.aside) - 0.4
    near.paint(in_sac & (near.along < spine.bodies[PRESACRAL + 2].top_mm), Tissue.FLUID, over=Tissue.FAT)
    near.paint(binary_dilation(near.is_tissue(Tissue.FLUID)), Tissue.DURA, over=Tissue.FAT)
    conus = spine.discs[2].along_mm + float(random.normal(-8, 8))  # near L1/L2 (Saifuddin et al., Spine 1998;23:1452)
    _paint_roots(near, spine, conus, random)
    taper = np.clip((conus - near.along) / CONE_MM, 1e-6, 1.0) ** 0.5
    cord = rounded(near.behind - middle - 0.5, CORD_MM[1] * taper, near.aside, CORD_MM[0] * taper, 2.0)
    near.paint(cord & near.is_tissue(Tissue.FLUID, Tissue.ROOT), Tissue.CORD)
    for body in spine.bodies[: PRESACRAL + 1]:
        for side in SIDES:
            part, tube = exit_tube(canvas.half(side), spine, body, side)
            part.paint(tube, Tissue.ROOT, over=Tissue.FAT)
            part.paint(tube, Tissue.ROOT, over=Tissue.SURROUNDINGS)


def _paint_roots(near: Canvas, spine: Spine, conus: float, random: np.random.Generator) -> None:
    """The cauda equina: those that leave next lie outside, those that go far in the middle, all towards the back.

    A root keeps its size where the sac is narrow, so that the fluid between the roots goes.
    """
    fluid = near.is_tissue(Tissue.FLUID)
    rows = np.flatnonzero(fluid.any(axis=(1, 2)))
    if not rows.size:
        return
    near = near.part(along=(float(near.along[rows[0], 0, 0]), float(near.along[rows[-1], 0, 0])))
    fluid = near.is_tissue(Tissue.FLUID)
    along, aside = near.along.ravel(), near.aside.ravel()
    columns = fluid.any(axis=1)
    first, last = columns.argmax(axis=1), columns.shape[1] - 1 - columns[:, ::-1].argmax(axis=1)
    filled = np.zeros_like(fluid)
    for index in range(2, len(spine.bodies)):
        leaves = spine.discs[index - 1].along_mm + 4
        to_go = np.clip(leaves - along, 0, None)
        for outwards in (-1, 1):
            for _ in range(2 if index <= PRESACRAL else 1):
                share = outwards * (0.82 - 0.72 * np.clip(to_go / 150, 0, 1)) + _sway(along, random, 0.08)
                depth = 0.84 - 0.40 * np.exp(-to_go / 25) + _sway(along, random, 0.08)
                x = (aside[first] + aside[last]) / 2 + share * (aside[last] - aside[first]) / 2
                column = np.clip(np.searchsorted(aside, x), 0, aside.size - 1)
                here = fluid[np.arange(along.size), :, column]
                low, high = here.argmax(axis=1), here.shape[1] - 1 - here[:, ::-1].argmax(axis=1)
                behind = near.behind.ravel()
                b = behind[low] + depth * (behind[high] - behind[low])
                apart = (near.aside - x[:, None, None]) ** 2 + (near.behind - b[:, None, None]) ** 2
                runs = (along > conus - 25) & (along < leaves)
                filled |= (apart < ROOT_MM**2) & runs[:, None, None]
    near.paint(filled, Tissue.ROOT, over=Tissue.FLUID)


def _sway(along: Array, random: np.random.Generator, size: float) -> Array:
    """A slow wave of its own for each root."""
    length, phase = random.uniform(50, 120), random.uniform(0, 2 * np.pi)
    swayed: Array = size * (np.sin(2 * np.pi * along / length + phase) + random.normal())
    return swayed


def exit_tube(half: Canvas, spine: Spine, body: Body, side: Side) -> tuple[Canvas, Mask]:
    """A part of one side and the root's way out in it, were nothing in its way.

    Through the recess beside the sac, under its pedicle, and off in front of the joint.
    """
    index = spine.bodies.index(body)
    start = spine.discs[index - 1].along_mm - 2 if index else body.top_mm - 6
    _, width = spine.canal(np.array(body.along_mm))
    inner, height = float(width), body.height_mm
    pushed = 3.0 * spine.discs[index].disease.narrowing.foramen_on(side)  # up against the pedicle
    knots = np.array([  # along, behind, aside, radius
        (start, 4.2, inner - 5.5, NERVE_MM),
        (body.along_mm - 0.2 * height, 3.2, inner - 3.0, NERVE_MM),
        (body.along_mm + 0.24 * height - pushed, 4.6, inner + 1.0, 0.5 * (NERVE_MM + GANGLION_MM)),
        (body.along_mm + 0.36 * height - pushed, 4.8, inner + 4.5, GANGLION_MM),
        (body.along_mm + 0.55 * height, 3.0, inner + 9.0, NERVE_MM + 0.3),
        (body.bottom_mm + 4.0, -4.0, inner + 14.0, NERVE_MM),
    ])  # fmt: skip
    if body.is_sacral:
        knots = knots[:2]
    near = half.part(along=(knots[0, 0], knots[-1, 0])).beside(0.0, 40.0)
    behind, aside, radius = (np.interp(near.along, knots[:, 0], knots[:, column]) for column in (1, 2, 3))
    # Its course is slanted, so a cut across the canal meets it as an ellipse.
    return near, rounded(near.behind - behind, radius, near.aside - aside, 1.2 * radius, 2.0)
