"""Colours: every pair that the window shows can be read."""

from __future__ import annotations

import pytest

from lumbar_core.anatomy import Severity
from lumbar_gui.views import theme
from lumbar_gui.views.theme import DARK, LIGHT

PAIRS = [(palette.name, *pair) for palette in (DARK, LIGHT) for pair in theme.pairs(palette)]


@pytest.mark.parametrize(("name", "pair", "text", "ground", "least"), PAIRS, ids=[f"{p[0]}: {p[1]}" for p in PAIRS])
def test_every_text_stands_out_from_its_ground(name: str, pair: str, text: str, ground: str, least: float) -> None:
    assert theme.contrast(text, ground) >= least


def test_text_and_dim_are_held_to_their_limits_on_every_surface() -> None:
    limits = {pair: least for _, pair, _, _, least in PAIRS}
    for surface in ("ground", "panel", "raised"):
        assert limits[f"text on {surface}"] >= 7
        assert limits[f"dim on {surface}"] >= 4.5


def test_contrast_is_that_of_the_standard() -> None:
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_grades_differ_in_shape_as_well_as_in_colour() -> None:
    assert len(set(theme.SHAPES.values())) == len(Severity)
    for palette in (DARK, LIGHT):
        assert len({palette.of_grade(grade) for grade in Severity}) == len(Severity)


def test_cells_differ_in_grey_print() -> None:
    for palette in (DARK, LIGHT):
        greys = [sum(theme.rgb(c)) for c in (palette.raised, palette.severe)]
        assert abs(greys[0] - greys[1]) > 120


def test_mixing_is_by_share() -> None:
    assert theme.mix("#ffffff", "#000000", 0.2) == "#333333"
