"""The chosen finding in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lumbar_core.anatomy import Condition, Level, Side
from lumbar_gui.views.finding_panel import describe, title
from tests.factories import CANAL, FORAMEN, RECESS
from tests.gui.fakes import a_lone_t1_result, a_picture_study, a_placed_result, a_study, seen_on_axial_too
from tests.gui.sample import spot

STUDY, RESULT = a_study(), a_placed_result()


def said(condition: Condition, side: Side | None, level: Level, *, doubtful: bool = False) -> str:
    result = replace(RESULT, numbering=replace(RESULT.numbering, doubtful=doubtful))
    finding = next(f for f in result.findings if (f.condition, f.side, f.level) == (condition, side, level))
    return describe(result, STUDY, finding)


@pytest.mark.parametrize(
    ("condition", "side", "root"),
    [
        (FORAMEN, Side.LEFT, "Exiting root L4."),
        (FORAMEN, Side.RIGHT, "Exiting root L4."),
        (RECESS, Side.LEFT, "Traversing root L5."),
        (CANAL, None, "Traversing root L5."),
    ],
)
def test_the_root_concerned_is_named_by_the_structure(condition: Condition, side: Side | None, root: str) -> None:
    assert said(condition, side, Level.L4_L5).endswith(root)
    assert "root" not in said(condition, side, Level.L4_L5, doubtful=True)


def test_the_views_used_are_named_by_series_and_slice() -> None:
    t1, axial = spot(FORAMEN, Level.L4_L5, Side.LEFT), spot(RECESS, Level.L4_L5, Side.LEFT)
    assert f"From Sagittal T1 slice {t1.index + 1}." in said(FORAMEN, Side.LEFT, Level.L4_L5)
    assert f"From Axial T2 slice {axial.index + 1}." in said(RECESS, Side.LEFT, Level.L4_L5)


def test_a_canal_seen_in_two_planes_names_both() -> None:
    result = a_placed_result()
    finding = seen_on_axial_too(next(f for f in result.findings if f.condition is CANAL and f.level is Level.L4_L5))
    t2, axial = spot(CANAL, Level.L4_L5), spot(RECESS, Level.L4_L5, Side.LEFT)
    slices = f"Sagittal T2 slices {t2.index}–{t2.index + 2} and Axial T2 slice {axial.index}"
    assert describe(result, a_study(), finding).startswith(f"From {slices}.")


def test_a_foramen_of_a_lone_picture_says_that_its_side_is_unknown() -> None:
    result = a_lone_t1_result()
    finding = next(f for f in result.findings if f.level is Level.L4_L5)
    assert title(finding) == "L4/L5 · foramen, side unknown"
    assert describe(result, a_picture_study(), finding).endswith("Exiting root L4.")
