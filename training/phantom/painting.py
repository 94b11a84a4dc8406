"""One thin sagittal cut through the spine: tissue over tissue, from the surroundings to the nerves.

Each `_paint_…` lays one structure over what is there. `canvas.lay(cover, brightness)` blends by cover.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.phantom.shapes import Array, between, block, ellipse, inside, turned
from training.phantom.spine import Body, Disc, Spine
from training.phantom.texture import Field, Texture
from training.phantom.tissues import Signals

SKIN_MM = 1.8
REACH_MM = 32.0  # from the middle of a body or disc to beyond its corners
CANAL_HALF_WIDTH_MM = 12.0
PEDICLE_X_MM, PEDICLE_HALF_WIDTH_MM = 14.5, 4.5


@dataclass(frozen=True, slots=True)
class Canvas:
    """A cut at one x being painted.

    y, z:           (rows, columns) places in the spine frame; rows share their z, columns their y.
    along, behind:  the same places told from the wall.
    image:          brightness so far, painted in place.
    grain, lumps:   fine and coarse texture at these places.
    """

    x: float
    y: Array
    z: Array
    along: Array
    behind: Array
    signals: Signals
    strands: Field
    image: Array
    grain: Array
    lumps: Array

    def lay(self, cover: Array, brightness: Array | float) -> None:
        """Blend a tissue over the picture."""
        self.image[...] += cover * (brightness - self.image)

    def around(self, centre: tuple[float, float], reach_mm: float) -> Canvas:
        """The part of this canvas within `reach_mm` of (y, z); painting it paints the whole."""
        rows = _range(np.abs(self.z[:, 0] - centre[1]) < reach_mm)
        columns = _range(np.abs(self.y[0] - centre[0]) < reach_mm)
        parts = {name: getattr(self, name)[rows, columns] for name in PLANES}
        return replace(self, **parts)


PLANES = ("y", "z", "along", "behind", "image", "grain", "lumps")


def _range(wanted: NDArray[np.bool_]) -> slice:
    indices = np.flatnonzero(wanted)
    return slice(int(indices[0]), int(indices[-1]) + 1) if indices.size else slice(0, 0)


def paint_cut(
    spine: Spine, texture: Texture, signals: Signals, x: float, places: tuple[Array, Array, Array, Array]
) -> NDArray[np.float64]:
    """Brightness (rows, columns) of the cut at `x`; `places` are (y, z, along, behind) of its pixels."""
    y, z, along, behind = places
    grain, lumps = texture.fine.at(x, y, z), texture.coarse.at(x, y, z)
    canvas = Canvas(x, y, z, along, behind, signals, texture.strands, np.zeros_like(y), grain, lumps)
    _paint_belly(canvas, spine)
    _paint_back(canvas, spine)
    _paint_column_bed(canvas, spine)
    _paint_arches(canvas, spine)
    for disc in spine.discs:
        _paint_disc(canvas.around(disc.centre, REACH_MM), disc)
    for body in spine.bodies:
        _paint_body(canvas.around(body.centre, REACH_MM), body)
    _paint_canal(canvas, spine)
    _paint_foramina(canvas, spine)
    _paint_outside(canvas, spine)
    return canvas.image


def _paint_belly(canvas: Canvas, spine: Spine) -> None:
    """Bowel and fat in front of the column, great vessels along it."""
    tissue = canvas.signals
    fat = inside(2.0 * (0.25 - canvas.lumps))
    canvas.lay(np.ones_like(canvas.y), tissue.bowel * (1 + 0.25 * canvas.lumps))
    canvas.lay(0.8 * fat, tissue.fat * 0.8)
    depth = _body_depth(spine, canvas.along)
    for x_mm, radius, last in ((9.0, 9.0, "L4"), (-13.0, 10.5, "L5")):  # aorta on the left, cava on the right
        half = np.sqrt(max(radius**2 - (canvas.x - x_mm) ** 2, 0.0))
        end = next(body.along_mm for body in spine.bodies if body.name == last)
        tube = between(canvas.behind + 2 * depth + radius + 2.5, -half, half) * inside((canvas.along - end) / 3)
        if half > 0:
            canvas.lay(tube, tissue.vessel * (1 + 0.3 * np.abs(canvas.grain)))


def _paint_back(canvas: Canvas, spine: Spine) -> None:
    """Muscle with streaks of fat behind the canal, or ligaments between the spinous processes."""
    tissue = canvas.signals
    muscle = tissue.muscle * (1 + 0.12 * canvas.grain)
    streaks = inside(1.6 * (1.15 - canvas.lumps - 0.25 * canvas.grain))
    canvas.lay(inside(-canvas.behind), muscle)
    canvas.lay(0.75 * streaks * inside(-canvas.behind), tissue.fat * 0.8)
    middle = float(np.clip(1.6 - abs(canvas.x) / 4, 0, 1))
    between_spines = inside(-(canvas.behind - spine.canal_depth(canvas.along)))
    canvas.lay(middle * between_spines, 0.55 * tissue.muscle + 0.4 * tissue.fat * (0.7 + 0.25 * canvas.grain))


def _paint_column_bed(canvas: Canvas, spine: Spine) -> None:
    """Psoas beside the column, a line of fat and the ligament in front of it."""
    tissue = canvas.signals
    depth = _body_depth(spine, canvas.along)
    sacrum = next(body.along_mm for body in spine.bodies if body.name == "S1")
    thick = np.interp(canvas.along, [sacrum - 40, sacrum, sacrum + 50], [4.5, 6.0, 24.0])
    bed = between(canvas.behind, -2 * depth - thick, 3.0)
    canvas.lay(bed, tissue.fat * (0.85 + 0.05 * canvas.lumps))
    canvas.lay(between(canvas.behind, -2 * depth - 0.5, 2.0), tissue.muscle * (1 + 0.1 * canvas.grain))


def _paint_arches(canvas: Canvas, spine: Spine) -> None:
    """Pedicles, facets, laminae and spinous processes."""
    for upper, lower in zip(spine.bodies[:-1], spine.bodies[1:], strict=True):
        _paint_arch(canvas.around(upper.centre, 2 * REACH_MM), upper, spine)
        _paint_facet(canvas.around(lower.centre, 2 * REACH_MM), upper, lower)


def _paint_arch(canvas: Canvas, body: Body, spine: Spine) -> None:
    side = abs(canvas.x)
    u, v = turned(canvas.y, canvas.z, body.centre, body.tilt_deg)
    depth = float(spine.canal_depth(np.array([body.along_mm]))[0])
    wall = body.half_depth_mm
    sacral = body.is_sacral
    pedicle = _window(side - PEDICLE_X_MM, PEDICLE_HALF_WIDTH_MM)
    _lay_bone(canvas, pedicle, u - wall - 5, v - 0.2 * body.height_mm, 9.0, 0.29 * body.height_mm)
    lamina = _window(side - 6.0, 5.5)
    du, dv = _lean(u - wall - depth - 4, v + 0.22 * body.height_mm, 25.0)
    _lay_bone(canvas, lamina, du, dv, 3.2 if not sacral else 2.2, 0.42 * body.height_mm)
    pars = _window(side - 14.0, 5.0)
    du, dv = _lean(u - wall - 15, v + 0.15 * body.height_mm, -18.0)
    _lay_bone(canvas, pars, du, dv, 4.2, 0.45 * body.height_mm)
    spinous = _window(side, 3.0)
    reach = 13.0 if not sacral else 4.0
    du, dv = _lean(u - wall - depth - 3.0 - reach, v + 0.36 * body.height_mm, 12.0)
    _lay_bone(canvas, spinous, du, dv, reach, (0.33 if not sacral else 0.25) * body.height_mm, power=3.5)


def _paint_facet(canvas: Canvas, upper: Body, lower: Body) -> None:
    """The joint behind a foramen: a rounded pair of processes with a dark, then bright, cleft."""
    shown = _window(abs(canvas.x) - 18.0, 6.0)
    if shown == 0.0 or (lower.is_sacral and lower.name != "S1"):
        return
    centre = ((upper.centre[0] + lower.centre[0]) / 2, (upper.centre[1] + lower.centre[1]) / 2)
    tilt = (upper.tilt_deg + lower.tilt_deg) / 2
    u, v = turned(canvas.y, canvas.z, centre, tilt)
    wall = (upper.half_depth_mm + lower.half_depth_mm) / 2
    du, dv = _lean(u - wall - 16.5, v + 1.0, 20.0)
    _lay_bone(canvas, shown, du - 4.3, dv, 4.3, 9.5, power=2.6)
    _lay_bone(canvas, shown, du + 3.6, dv + 3.5, 3.6, 8.5, power=2.6)
    canvas.lay(shown * block(du - 0.2, dv + 1.0, 0.5, 6.0), 0.6 * canvas.signals.fluid)


def _paint_disc(canvas: Canvas, disc: Disc) -> None:
    tissue = canvas.signals
    u, v = turned(canvas.y, canvas.z, disc.centre, disc.tilt_deg)
    half_depth, shift = _depth_at(canvas.x, disc.half_depth_mm, disc.half_width_mm)
    if half_depth <= 0:
        return
    if disc.is_remnant:  # bone has grown around it
        marrow = tissue.marrow * (1 + 0.07 * canvas.grain)
        canvas.lay(block(u - shift, v, half_depth, disc.height_mm / 2 + 3), marrow)
        half_depth *= 0.6
    bulge = 0.6 * disc.narrowing * 14 * float(np.exp(-0.5 * (canvas.x / 9) ** 2))
    low = np.abs(v) < 0.8 * disc.height_mm + 2
    reach = half_depth + np.where(u - shift > 0, bulge, 0.6 * disc.degeneration)
    half_height = disc.height_mm / 2 + min(2.2, 0.7 * disc.height_mm)
    # Behind the endplates the bulge is as thin as the disc itself.
    thin = np.where(u - shift > half_depth, disc.height_mm / 2 + 0.6, half_height)
    cover = block(u - shift, v, reach, thin, power=4.0) * low
    canvas.lay(cover, tissue.annulus * (1 + 0.1 * canvas.grain))
    core = tissue.nucleus * (1 - disc.degeneration) + tissue.worn_disc * disc.degeneration
    nucleus = block(u - shift + 1.0, v, 0.74 * half_depth, 0.5 * disc.height_mm + 0.4, power=3.0) * low
    cleft = 1 - 0.25 * (1 - disc.degeneration) * np.exp(-0.5 * (v / 1.0) ** 2)
    canvas.lay(nucleus, core * cleft * (1 + 0.05 * canvas.grain))


def _paint_body(canvas: Canvas, body: Body) -> None:
    tissue = canvas.signals
    u, v = turned(canvas.y, canvas.z, body.centre, body.tilt_deg)
    half_depth, shift = _depth_at(canvas.x, body.half_depth_mm, body.half_width_mm)
    if half_depth <= 0:
        return
    half_height = body.height_mm / 2
    # The sacrum narrows downwards from its promontory; its back stays in line.
    taper = 1 + (0.14 if body.is_sacral else 0.0) * np.clip(v / half_height, -1, 1)
    u = u - shift - half_depth * (1 - taper)
    waist = half_depth * taper * (1 - 0.07 * (1 - np.clip(np.abs(v) / half_height, 0, 1) ** 2))
    hollow = half_height - (0.4 if body.is_sacral else 1.1) * (1 - np.clip(np.abs(u) / half_depth, 0, 1) ** 2)
    canvas.lay(block(u, v, waist, hollow, power=9.0), tissue.bone)
    marrow = tissue.marrow * (1 + 0.07 * canvas.grain + 0.08 * canvas.lumps)
    canvas.lay(block(u, v, waist - 0.8, hollow - (0.5 if body.is_sacral else 1.0), power=9.0), marrow)
    if abs(canvas.x) < 5:
        canvas.lay(0.8 * ellipse(u - 0.85 * half_depth, v, 0.28 * half_depth, 1.5), tissue.vein)


def _paint_canal(canvas: Canvas, spine: Spine) -> None:
    """Epidural fat, yellow ligament, sac with fluid, cord and cauda equina."""
    tissue = canvas.signals
    side = abs(canvas.x)
    shown = _window(side, CANAL_HALF_WIDTH_MM - 2)
    if shown == 0.0:
        return
    depth = spine.canal_depth(canvas.along)
    end = spine.bodies[-1].along_mm
    room = shown * between(canvas.behind, 0.2, depth) * inside((canvas.along - end) / 4)
    canvas.lay(room, tissue.fat * 0.9 * (1 + 0.05 * canvas.grain))
    for disc in spine.discs[:7]:
        near = np.exp(-0.5 * ((canvas.along - disc.along_mm - 1) / 7) ** 2)
        thick = 1.5 + 4.5 * disc.narrowing
        flap = _window(side - 5, 6) * between(canvas.behind, depth - 3.2 - thick * near, depth - 1.0)
        canvas.lay(flap * np.clip(2 * near - 0.5, 0, 1), tissue.annulus * 1.2)
        pushed = 14 * 0.6 * disc.narrowing * np.exp(-0.5 * ((canvas.along - disc.along_mm) / 4.5) ** 2)
        canvas.lay(shown * between(canvas.behind, -1.0, pushed + 0.3) * (pushed > 0.5), tissue.annulus)
    _paint_sac(canvas, spine, end)


def _paint_sac(canvas: Canvas, spine: Spine, end: float) -> None:
    tissue = canvas.signals
    front, back, half_width = spine.sac(canvas.along)
    middle, half_depth = (front + back) / 2, (back - front) / 2
    chord = np.sqrt(np.clip(1 - (canvas.x / half_width) ** 2, 0, 1))
    in_sac = inside(np.abs(canvas.behind - middle) - half_depth * chord) * (chord > 0.05)
    in_sac = in_sac * inside((canvas.along - end) / 3)
    canvas.lay(inside(np.abs(canvas.behind - middle) - half_depth * chord - 0.7) * (chord > 0.05), tissue.bone)
    # Nerves take what room they need: where the sac is narrow, they fill it and the fluid is gone.
    conus = next(body.along_mm for body in spine.bodies if body.name == "L1")
    need = np.interp(canvas.along, [conus, conus + 60, conus + 145, conus + 190], [62.0, 56.0, 38.0, 6.0])
    crowd = np.clip(need / np.maximum(np.pi * half_depth * half_width, 1.0), 0.0, 1.15)
    strands = canvas.strands.at(canvas.x, 1.5 * (canvas.behind - middle), canvas.along - 60)
    layered = np.clip((canvas.behind - middle) / np.maximum(half_depth, 1.0), -1, 1)  # roots sink to the back
    nerves = inside(0.8 * (1.35 - 2.6 * crowd - 0.7 * layered - 0.55 * strands)) * (canvas.along > conus - 15)
    fluid = tissue.fluid * (1 + 0.03 * canvas.lumps)
    canvas.lay(in_sac, fluid)
    canvas.lay(in_sac * nerves * (0.45 + 0.5 * np.clip(crowd, 0, 1)), tissue.nerve)
    taper = 4.3 * np.clip((conus + 10 - canvas.along) / 32, 0, 1) ** 0.5
    cord = np.sqrt(np.clip(taper**2 - canvas.x**2, 0, None))
    canvas.lay(in_sac * inside(np.abs(canvas.behind - middle - 0.8) - cord) * (cord > 0.3), tissue.cord)


def _paint_foramina(canvas: Canvas, spine: Spine) -> None:
    """Fat with a root in it, under each pedicle."""
    tissue = canvas.signals
    shown = _window(abs(canvas.x) - 15.5, 6.5)
    if shown == 0.0:
        return
    for upper, disc in zip(spine.bodies[:7], spine.discs[:7], strict=True):
        u, v = turned(canvas.y, canvas.z, disc.centre, disc.tilt_deg)
        gap = 0.5 * upper.height_mm
        u, v = u - disc.half_depth_mm - 4.0, v - 0.22 * upper.height_mm
        opening = shown * block(u, v, 4.2 - 0.08 * np.clip(-v, 0, 10) * 4.2, gap, power=2.6)
        canvas.lay(opening, tissue.fat * 0.95)
        canvas.lay(shown * ellipse(u + 0.3, v - 0.45 * gap, 2.4, 3.0), tissue.nerve)


def _paint_outside(canvas: Canvas, spine: Spine) -> None:
    """Fat under the skin of the back, the skin, and the air behind it."""
    tissue = canvas.signals
    skin = spine.back_skin(canvas.z)
    fat = np.interp(canvas.z, [-140, -70, -10, 120], [16, 22, 17, 10])
    septa = 1 - 0.2 * np.clip(np.abs(canvas.grain) - 1.2, 0, 1) - 0.06 * np.clip(canvas.lumps, -1, 1)
    canvas.lay(inside(skin - fat - 1.4 - canvas.y), tissue.bone * 1.5)
    canvas.lay(inside(skin - fat - canvas.y), tissue.fat * septa)
    canvas.lay(inside(skin - SKIN_MM - canvas.y), tissue.skin)
    canvas.lay(inside(skin - canvas.y), tissue.air)


def _body_depth(spine: Spine, along: Array) -> Array:
    depth: Array = np.interp(
        along, [body.along_mm for body in spine.bodies], [body.half_depth_mm for body in spine.bodies]
    )
    return depth


def _depth_at(x: float, half_depth: float, half_width: float) -> tuple[float, float]:
    """(half depth, shift to the back) of a body cut at `x`: its back is flat, its front round."""
    inner = 1 - (x / half_width) ** 2
    if inner <= 0:
        return 0.0, 0.0
    cut = half_depth * inner**0.5
    return cut, 0.8 * (half_depth - cut)


def _window(off_mm: float, half_width_mm: float) -> float:
    """Cover of the cut by a structure of this half width, `off_mm` from its middle."""
    return float(np.clip((half_width_mm - abs(off_mm)) / 1.5 + 0.5, 0.0, 1.0))


def _lean(u: Array, v: Array, degrees: float) -> tuple[Array, Array]:
    return turned(u, v, (0.0, 0.0), degrees)


def _lay_bone(
    canvas: Canvas, shown: float, u: Array, v: Array, half_u: float, half_v: float, power: float = 4.0
) -> None:
    """A bone with a dark shell and marrow in it."""
    if shown == 0.0:
        return
    tissue = canvas.signals
    canvas.lay(shown * block(u, v, half_u, half_v, power), tissue.bone)
    marrow = tissue.marrow * 1.05 * (1 + 0.08 * canvas.grain)
    canvas.lay(shown * block(u, v, max(half_u - 1.1, 0.4), max(half_v - 1.1, 0.4), power), marrow)
