"""Painting the vertebrae: bodies with endplates, discs, and the arches with their joints, into the column frame."""

from __future__ import annotations

import numpy as np

from lumbar_core.anatomy import Side
from training.phantom.canvas import Array, Canvas, Mask, Range, rounded, within
from training.phantom.disease import SIDES
from training.phantom.spine import PRESACRAL, Body, Disc, Spine
from training.phantom.tissues import FIRST_NUCLEUS, Tissue

SHELL_MM = 0.9  # of cortical bone
ENDPLATE_MM = 1.0
SEAM_MM, SEAM_SHELL_MM = 1.2, 0.5  # what is left of a disc of the sacrum, and the bone on either side of it
MODIC_REACH_MM = 7.0
FLAVUM_MM = 2.8  # healthy (Altinkaya et al., Neurosurg Rev 2011: 2 to 4 mm)
JOINT_BEHIND_MM = 16.5
# Angle of the facet joints to the sagittal plane, from the uppermost disc drawn to L5/S1 (Panjabi 1993).
JOINT_DEG = (20.0, 20.0, 24.0, 28.0, 34.0, 42.0, 48.0)


def paint_bones(canvas: Canvas, spine: Spine) -> None:
    """Discs, bodies and arches; the fat about them must be there already."""
    for index, disc in enumerate(spine.discs):
        _paint_disc(canvas, disc, FIRST_NUCLEUS + index)
    for index, body in enumerate(spine.bodies):
        above = spine.discs[index - 1] if index else None
        below = spine.discs[index] if index < len(spine.discs) else None
        _paint_body(canvas, body, above, below)
    _paint_sacral_wings(canvas, spine)
    for body in spine.bodies:
        _paint_arch(canvas, spine, body)
    for index in range(PRESACRAL):
        _paint_flavum(canvas, spine, spine.discs[index])
        for side in SIDES:
            _paint_joint(canvas.half(side), spine, spine.discs[index], side, JOINT_DEG[index])


def roof(spine: Spine, along: Array, aside: Array) -> Array:
    """How far behind the wall the laminae begin: they meet in the midline as a roof."""
    depth, _ = spine.canal(along)
    return (depth - 0.42 * np.abs(aside)).astype(np.float32)


def flavum_front(spine: Spine, along: Array, aside: Array) -> Array:
    """The front of the yellow ligaments, in mm behind the wall: thickest where a level is worn."""
    front: Array = roof(spine, along, aside) - FLAVUM_MM
    for disc in spine.discs[:PRESACRAL]:
        front = front - disc.disease.flavum_mm * np.exp(-(((along - disc.along_mm) / 9.0) ** 4))
    return front


def protrusion(disc: Disc, along: Array, aside: Array) -> Array:
    """How far a disc stands out behind the wall, in mm, at places along and aside."""
    off = along - disc.along_mm
    thin = np.exp(-((off / (0.5 * disc.height_mm + 2.0)) ** 4))
    out = disc.disease.bulge_mm * thin * (1 - 0.3 * np.clip(np.abs(aside) / disc.half_width_mm, 0, 1))
    narrowing = disc.disease.narrowing
    far = np.clip((np.abs(aside) - 9.0) / 4.0, 0, 1)
    sided = np.where(aside > 0, narrowing.foramen_on(Side.LEFT), narrowing.foramen_on(Side.RIGHT))
    # In a foramen the bulge comes with a ridge of bone that climbs towards the root.
    climbs = np.exp(-(((off + 5.0 * sided) / (0.5 * disc.height_mm + 2.0 + 6.0 * sided)) ** 4))
    out = np.maximum(out, 6.5 * sided * far * climbs)
    herniation = disc.disease.herniation
    if herniation is not None:
        base = np.exp(-0.5 * ((aside - herniation.aside_mm) / herniation.half_width_mm) ** 2)
        strays = abs(herniation.strays_mm) / 2
        tail = np.exp(-(((off - herniation.strays_mm / 2) / (0.5 * disc.height_mm + 2.0 + strays)) ** 4))
        out = np.maximum(out, (herniation.depth_mm * base * tail).astype(np.float32))
    return np.where(out > 0.3, out, -np.inf).astype(np.float32)  # the fine ends of the curves are nothing


def _cross_section(canvas: Canvas, half_width: float | Array, half_depth: float, front: float, back: float) -> Mask:
    """The outline of a body from above: flat behind, round in front; `front` and `back` shift its edges."""
    share = np.clip(np.abs(canvas.aside) / half_width, 0, 1)
    back_edge = back - 0.30 * half_depth * share**3
    front_edge = front - 2 * half_depth + 1.6 * half_depth * (1 - np.sqrt(1 - share**2.8))
    return (share < 1) & within(canvas.behind, front_edge, back_edge)


def _paint_disc(canvas: Canvas, disc: Disc, nucleus: int) -> None:
    reach = disc.height_mm / 2 + 14
    near = canvas.part(along=(disc.along_mm - reach, disc.along_mm + reach))
    off, half = near.along - disc.along_mm, disc.height_mm / 2
    width, depth = disc.half_width_mm, disc.half_depth_mm
    between = np.abs(off) < half + 2.2
    near.paint(between & _cross_section(near, width + 0.9, depth, front=-0.9, back=0.4), Tissue.ANNULUS)
    inner = _cross_section(near, 0.78 * width, 0.74 * depth, front=-0.3 * depth, back=-0.3 * depth)
    near.paint((np.abs(off) < half + 1.0) & inner, nucleus)
    if disc.disease.degeneration < 0.5:  # the cleft of a disc that still has water
        cleft = _cross_section(near, 0.5 * width, 0.45 * depth, front=-0.55 * depth, back=-0.55 * depth)
        near.paint((np.abs(off) < 0.3) & cleft, Tissue.ANNULUS)
    out = within(near.behind, -1.0, protrusion(disc, near.along, near.aside)) & (np.abs(near.aside) < width)
    near.paint(out & (np.abs(off) < half + 12), Tissue.ANNULUS)


def _paint_body(canvas: Canvas, body: Body, above: Disc | None, below: Disc | None) -> None:
    near = canvas.part(along=(body.top_mm - 3, body.bottom_mm + 3))
    off, half = (near.along - body.along_mm), body.height_mm / 2
    width, depth = body.half_width_mm, body.half_depth_mm
    middle = np.clip(1 - (off / half) ** 2, 0, 1)
    waist = 1 - (0.0 if body.is_sacral else 0.10) * middle
    radius = np.minimum((near.aside / width) ** 2 + ((near.behind + depth) / depth) ** 2, 1.0)
    hollow, rim = (0.3, 0.0) if body.is_sacral else (2.2, 1.6)
    end = half - hollow * (1 - radius) - rim * radius**6
    narrow = 0.0 if body.is_sacral else -1.3
    (up, plate_up), (down, plate_down) = _towards(above), _towards(below)
    whole = within(off, -end - up, end + down) & _cross_section(near, width * waist, depth, front=0.0, back=0.0)
    # The waist takes more from the back's middle, where the veins leave.
    whole &= near.behind < narrow * middle
    near.paint(whole, Tissue.CORTEX)
    inside = within(off, plate_up - end - up, end + down - plate_down) & _cross_section(
        near, width * waist - SHELL_MM, depth, front=SHELL_MM, back=-SHELL_MM
    )
    inside &= near.behind < narrow * middle - SHELL_MM
    near.paint(inside, Tissue.MARROW)
    for disc, to_plate in ((above, off + half), (below, half - off)):
        if disc is not None and (modic := disc.disease.endplates):
            change = inside & (to_plate < MODIC_REACH_MM - 0.1 * np.abs(near.aside) + 0.05 * near.behind)
            near.paint(change, Tissue.OEDEMA if modic == 1 else Tissue.FATTY_MARROW)
    if not body.is_sacral:
        vein = rounded(near.behind + 0.25 * depth, 0.3 * depth, off, 1.6, 2.0) & (np.abs(near.aside) < 4)
        near.paint(vein & whole, Tissue.VEIN)


def _towards(disc: Disc | None) -> tuple[float, float]:
    """(how far bone reaches beyond its endplate, how thick it is there) towards a disc, in mm."""
    if disc is None or not disc.is_fused:
        return 0.0, ENDPLATE_MM
    return max((disc.height_mm - SEAM_MM) / 2, 0.0), SEAM_SHELL_MM


def _paint_sacral_wings(canvas: Canvas, spine: Spine) -> None:
    """The lateral masses of S1 to S3, and of a lowest lumbar vertebra that has grown to them."""
    first = spine.bodies[PRESACRAL]
    top = spine.bodies[PRESACRAL - 1].along_mm if spine.variant.transitional else first.top_mm
    bottom = spine.bodies[PRESACRAL + 2].bottom_mm
    near = canvas.part(along=(top, bottom))
    for side in SIDES:
        wing = near.half(side).beside(0.75 * first.half_width_mm, 60.0)
        down = (wing.along - top) / (bottom - top)
        shape = within(wing.behind, -26 + 16 * down + 0.1 * wing.aside, 7.0) & (wing.aside < 62 - 34 * down)
        wing.paint(shape, Tissue.CORTEX, over=Tissue.SURROUNDINGS)
        core = within(wing.behind, -25 + 16 * down + 0.1 * wing.aside, 6.0) & (wing.aside < 61 - 34 * down)
        wing.paint(core, Tissue.MARROW, over=Tissue.CORTEX)


def _paint_arch(canvas: Canvas, spine: Spine, body: Body) -> None:
    height = body.height_mm
    near = canvas.part(along=(body.top_mm - 4, body.bottom_mm + 0.4 * height))
    off = near.along - body.along_mm
    _, width = spine.canal(np.array(body.along_mm))
    inner, thick = float(width), 7.5 if not body.is_sacral else 12.0
    for side in SIDES:
        half = near.half(side)
        pedicle = half.beside(inner - 1, inner + thick)
        level, tall = pedicle.along - body.along_mm + 0.2 * height, 0.27 * height
        aside = pedicle.aside - inner - thick / 2
        for shrink, tissue in ((0.0, Tissue.CORTEX), (SHELL_MM, Tissue.MARROW)):
            shape = rounded(aside, thick / 2 - shrink, level, tall - shrink) & within(pedicle.behind, -4.0, 11.0)
            pedicle.paint(shape, tissue)
        if not body.is_sacral:
            _paint_transverse(half.beside(inner + 5, 48.0), body)
    slant = 0.20 * off
    begins = roof(spine, near.along, near.aside) + np.clip(slant, -2.0, 3.0)
    low, high = (-0.12 * height, 0.50 * height) if not body.is_sacral else (-0.5 * height, 0.5 * height)
    for shrink, tissue in ((0.0, Tissue.CORTEX), (SHELL_MM, Tissue.MARROW)):
        plate = within(near.behind, begins + shrink, begins + (6.5 if not body.is_sacral else 3.5) - shrink)
        near.paint(plate & within(off, low + shrink, high - shrink) & (np.abs(near.aside) < inner + 3), tissue)
    reach = 13.5 if not body.is_sacral else 4.0
    tip, _ = spine.canal(np.array(body.along_mm))
    back = near.behind - float(tip) - 3.0 - reach - 0.15 * off
    for shrink, tissue in ((0.0, Tissue.CORTEX), (SHELL_MM, Tissue.MARROW)):
        spinous = rounded(back, reach - shrink, off - 0.30 * height, 0.44 * height - shrink, 3.0)
        near.paint(spinous & (np.abs(near.aside) < 3.2 - shrink), tissue)


def _paint_transverse(half: Canvas, body: Body) -> None:
    off = half.along - body.along_mm + 0.15 * body.height_mm
    tall = 5.0 + 1.5 * np.cos(half.aside / 6)
    for shrink, tissue in ((0.0, Tissue.CORTEX), (SHELL_MM, Tissue.MARROW)):
        shape = rounded(half.behind - 5 - 0.12 * (half.aside - 18), 3.2 - shrink, off, tall - shrink, 3.0)
        half.paint(shape & (half.aside < 44 - shrink), tissue)


def _paint_joint(half: Canvas, spine: Spine, disc: Disc, side: Side, angle_deg: float) -> None:
    """A facet joint: the superior process of the vertebra below in front and outside, the inferior one behind it.

    Growth lengthens the superior process towards the recess, and thickens it into the foramen.
    """
    near = half.part(along=(disc.along_mm - 22, disc.along_mm + 18)).beside(3.0, 34.0)
    _, width = spine.canal(np.array(disc.along_mm))
    off = near.along - disc.along_mm
    angle = np.deg2rad(angle_deg)
    out, back = near.aside - float(width) - 4.0, near.behind - JOINT_BEHIND_MM
    across = out * np.cos(angle) - back * np.sin(angle)  # from the joint's cleft outwards and forwards
    beside = out * np.sin(angle) + back * np.cos(angle)  # along the cleft, outwards and backwards
    narrowing, grown = disc.disease.narrowing, disc.disease.facet_on(side)
    # Each process: (inner, outer) across the cleft, (front, back) beside it, (upper, lower) end along the canal.
    superior = (
        (0.5, 7.0 + 4.5 * narrowing.foramen_on(side)),
        (-7.5 - 1.5 * narrowing.foramen_on(side), 8.5),
        (-8.0 - 9.0 * narrowing.foramen_on(side), 15.0),
    )
    spur = ((0.5, 5.0), (-7.5 - 8.0 * narrowing.recess_on(side), 0.0), (-3.0, 12.0))
    inferior = ((-8.5 - 0.5 * grown, -0.5), (-6.5, 9.5 + 0.5 * grown), (-18.0, 8.5))
    for process in (superior, spur, inferior):
        for shrink, tissue in ((0.0, Tissue.CORTEX), (SHELL_MM, Tissue.MARROW)):
            near.paint(_lump((across, beside, off), process, shrink), tissue)
    cleft = (np.abs(across) < 0.5) & (np.abs(beside - 0.5) < 6.5) & within(off, -7.0, 7.0)
    near.paint(cleft, Tissue.FLUID if grown > 1.0 else Tissue.ANNULUS)


def _lump(axes: tuple[Array, Array, Array], ranges: tuple[Range, Range, Range], shrink_mm: float) -> Mask:
    """Inside a box with round corners, given by its range on each axis and made smaller all round."""
    far: Array = np.float32(0.0)
    for axis, (low, high) in zip(axes, ranges, strict=True):
        far = far + np.abs((axis - (low + high) / 2) / ((high - low) / 2 - shrink_mm)) ** 4
    return far < 1


def _paint_flavum(canvas: Canvas, spine: Spine, disc: Disc) -> None:
    near = canvas.part(along=(disc.along_mm - 12, disc.along_mm + 9))
    _, width = spine.canal(np.array(disc.along_mm))
    front = flavum_front(spine, near.along, near.aside)
    sheet = within(near.behind, front, roof(spine, near.along, near.aside) + 1.0)
    near.paint(sheet & within(np.abs(near.aside), 0.7, float(width) + 1.0), Tissue.FLAVUM)
