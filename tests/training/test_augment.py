"""Points travel with the pixels, whatever the affine; brightness stays within the networks' range."""

from __future__ import annotations

import math

import numpy as np
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from training.augment import (
    AffineRange,
    coil_falloff,
    draw_affines,
    hide_patches,
    mix,
    vary_brightness,
    warp,
    warp_points,
)

SIDE = 64
BOUNDS = AffineRange(rotation_deg=14.0, scale=0.22, aspect=0.15, shift=0.10)


def dots(points: Tensor) -> Tensor:
    """(K, 1, S, S): one soft dot a picture, at (row, column)."""
    grid = torch.arange(SIDE, dtype=torch.float32)
    rows = (grid[None] - points[:, :1]) ** 2
    columns = (grid[None] - points[:, 1:]) ** 2
    return torch.exp(-(rows[:, :, None] + columns[:, None]) / (2 * 2.0**2))[:, None]


def centre(picture: Tensor) -> tuple[float, float]:
    """(row, column) of the brightness' centre."""
    grid = torch.arange(SIDE, dtype=torch.float64)
    mass = picture.double()
    return float(mass.sum(1) @ grid / mass.sum()), float(mass.sum(0) @ grid / mass.sum())


affines = st.builds(
    lambda angle, across, along, x, y: torch.tensor(
        [[
            [math.cos(angle) * across, -math.sin(angle) * along, x],
            [math.sin(angle) * across, math.cos(angle) * along, y],
        ]]
    ),
    st.floats(-math.pi, math.pi),
    st.floats(0.7, 1.4),
    st.floats(0.7, 1.4),
    st.floats(-0.25, 0.25),
    st.floats(-0.25, 0.25),
)  # fmt: skip
places = st.tuples(st.floats(8.0, SIDE - 9.0), st.floats(8.0, SIDE - 9.0))


@settings(max_examples=60)
@given(affine=affines, place=places)
def test_a_drawn_dot_lands_where_its_point_lands(affine: Tensor, place: tuple[float, float]) -> None:
    point = torch.tensor([place])
    row, column = warp_points(point[None], affine, SIDE)[0, 0].tolist()
    # A dot cut off by the edge has its centre elsewhere.
    assume(10 <= row <= SIDE - 11 and 10 <= column <= SIDE - 11)
    seen = centre(warp(dots(point), affine)[0, 0])
    np.testing.assert_allclose(seen, (row, column), atol=0.15)


@settings(max_examples=30)
@given(affine=affines, place=places)
def test_the_way_back_leads_to_the_point(affine: Tensor, place: tuple[float, float]) -> None:
    point = torch.tensor([[place]], dtype=torch.float64)
    there = affine.double()
    square = torch.cat([there, torch.tensor([[[0.0, 0.0, 1.0]]], dtype=torch.float64)], dim=1)
    back = torch.linalg.inv(square)[:, :2]
    np.testing.assert_allclose(warp_points(warp_points(point, there, SIDE), back, SIDE), point, atol=1e-6)


def test_the_identity_moves_nothing() -> None:
    identity = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    picture = dots(torch.tensor([[20.0, 40.0]]))
    point = torch.tensor([[[20.0, 40.0]]])
    torch.testing.assert_close(warp(picture, identity), picture, atol=1e-5, rtol=0)
    torch.testing.assert_close(warp_points(point, identity, SIDE), point)


def test_an_unmarked_point_stays_unmarked_and_does_not_touch_its_neighbours() -> None:
    points = torch.tensor([[[float("nan"), float("nan")], [20.0, 40.0]]])
    moved = warp_points(points, draw_affines(1, BOUNDS, torch.Generator().manual_seed(1)), SIDE)
    assert torch.isnan(moved[0, 0]).all()
    assert torch.isfinite(moved[0, 1]).all()


def test_drawn_affines_keep_within_their_bounds_and_are_not_all_alike() -> None:
    drawn = draw_affines(400, BOUNDS, torch.Generator().manual_seed(5))
    matrix, shift = drawn[:, :, :2], drawn[:, :, 2]
    assert shift.abs().max() <= 2 * BOUNDS.shift
    angles = torch.rad2deg(torch.atan2(matrix[:, 1, 0], matrix[:, 0, 0]))
    assert angles.abs().max() <= BOUNDS.rotation_deg + 1e-3
    area = torch.linalg.det(matrix).sqrt().log()
    assert area.abs().max() <= BOUNDS.scale + 1e-5
    assert angles.std() > 5
    assert area.std() > 0.08
    assert (torch.linalg.det(matrix) > 0).all(), "a mirrored picture would swap front and back"


def test_the_same_seed_draws_the_same() -> None:
    one, other = (draw_affines(3, BOUNDS, torch.Generator().manual_seed(9)) for _ in range(2))
    assert torch.equal(one, other)


def test_outside_the_picture_is_black() -> None:
    away = torch.tensor([[[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]])  # looks half a picture to the right
    seen = warp(torch.ones(1, 1, SIDE, SIDE), away)
    assert seen[0, 0, :, SIDE // 2 + 1 :].max() == 0
    assert seen[0, 0, :, : SIDE // 2 - 1].min() > 0.99


def test_brightness_stays_in_the_range_of_network_inputs_and_differs_from_picture_to_picture() -> None:
    pictures = torch.rand(8, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0)) * 1.5
    varied = vary_brightness(pictures, 1.0, torch.Generator().manual_seed(1))
    assert varied.shape == pictures.shape
    assert varied.min() >= 0
    assert varied.max() <= 1.5
    same = vary_brightness(pictures[:1].expand(8, -1, -1, -1), 1.0, torch.Generator().manual_seed(1))
    assert len({round(float(each.mean()), 4) for each in same}) == 8


def test_strength_nought_changes_nothing() -> None:
    pictures = torch.rand(2, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(vary_brightness(pictures, 0.0, torch.Generator().manual_seed(1)), pictures)


def test_a_coil_darkens_some_pictures_away_from_it_and_brightens_none() -> None:
    pictures = torch.ones(200, 1, 16, 16)
    lit = coil_falloff(pictures, torch.Generator().manual_seed(5))
    darkened = (lit < 0.99).flatten(1).any(1)
    assert 0.2 < darkened.float().mean() < 0.4
    assert (lit <= 1).all()
    # The coil lies behind (right) or below: the far corner is darkest, the near one stays.
    assert (lit[:, 0, -1, -1] == 1).all()
    assert (lit[:, 0, 0, 0] <= lit.flatten(1).amin(1)).all()


def test_a_grey_rectangle_lies_on_half_of_the_pictures() -> None:
    pictures = torch.full((400, 1, 80, 64), 0.9)
    hidden = hide_patches(pictures, torch.Generator().manual_seed(3)) != pictures
    touched = hidden.flatten(1).any(1)
    assert 0.4 < touched.float().mean() < 0.6
    for mask in hidden[touched][:, 0]:
        rows, columns = mask.any(1).sum(), mask.any(0).sum()
        assert mask.sum() == rows * columns, "one rectangle"
        assert 9 <= rows <= 31
        assert 7 <= columns <= 25


def test_mixed_pictures_and_their_targets_are_of_the_same_two() -> None:
    """Each picture of one grey of its own, so that its mean tells how much of whom it holds."""
    greys = torch.linspace(0, 1, 400)
    pictures = greys[:, None, None, None].expand(400, 1, 40, 40).clone()
    targets = torch.stack([1 - greys, greys], dim=1)
    mixed, shares = mix(pictures, targets, 0.6, torch.Generator().manual_seed(4))
    torch.testing.assert_close(mixed.mean(dim=(1, 2, 3)), shares[:, 1], atol=1e-3, rtol=0)
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(400))
    changed = (mixed - pictures).abs().flatten(1).amax(1) > 1e-3
    assert 0.5 < changed.float().mean() < 0.7
    whole = mixed[changed].flatten(1)
    blended = (whole.amax(1) - whole.amin(1) < 1e-4).float().mean()
    assert 0.35 < blended < 0.65, "half of them blended, half with a rectangle of the other"


def test_a_share_of_nought_mixes_nothing() -> None:
    pictures, targets = torch.rand(4, 1, 8, 8), torch.eye(4)
    mixed, shares = mix(pictures, targets, 0.0, torch.Generator().manual_seed(4))
    torch.testing.assert_close(mixed, pictures)
    torch.testing.assert_close(shares, targets)
