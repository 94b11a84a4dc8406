"""What the networks saw in words and pictures, and kept for the findings that came of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lumbar_core.anatomy import Condition, Level, Severity, Side
from lumbar_core.grade.evidence import ViewEvidence
from lumbar_core.inference.packs import load_packs
from lumbar_gui.evidence import (
    EXAMPLES,
    counted_most,
    crop_picture,
    example_pictures,
    kept_behind,
    map_title,
    own_grade,
    painted_picture,
    places_say,
    seen_on,
)
from lumbar_gui.state import Evidence, EvidenceMap
from tests.factories import CANAL, FORAMEN, RECESS
from tests.gui.fakes import a_grade, a_picture_study, a_placed_picture_result, a_placed_result, a_study, counted_anew
from tests.gui.sample import spot

RESULT = a_placed_result()
FINDING = next(f for f in RESULT.findings if (f.condition, f.level) == (CANAL, Level.L4_L5))


def resting_on(map_: NDArray[np.float64], places: NDArray[np.float64] | None = None) -> ViewEvidence:
    (view,) = a_grade(FINDING).views
    return ViewEvidence(view, view.crop, np.array([0.1, 0.2, 0.7]), map_, places)


def a_corner(strength: float) -> NDArray[np.float64]:
    map_ = np.zeros((80, 80))
    map_[:20, :20] = strength
    return map_


def test_the_slice_is_named_as_the_panes_name_it() -> None:
    foramen = next(f for f in RESULT.findings if (f.condition, f.level, f.side) == (FORAMEN, Level.L4_L5, Side.LEFT))
    here = spot(FORAMEN, Level.L4_L5, Side.LEFT)
    study = a_study()
    slices = next(len(series.instances) for series in study.series if here.instance in series.instances)
    assert seen_on(study, foramen)[0] == f"Sagittal T1, slice {here.index + 1} of {slices}"
    canal = next(f for f in a_placed_picture_result().findings if f.location is not None)
    assert seen_on(a_picture_study(), canal) == ("Sagittal T2",)
    elsewhere = replace(foramen, location=replace(foramen.location, series="s9"), evidence=())  # type: ignore[arg-type, type-var]
    assert seen_on(study, elsewhere) == ("This picture",)


def test_what_counts_is_painted_and_nothing_else() -> None:
    view = resting_on(a_corner(0.4))
    plain, painted = np.asarray(crop_picture(view, 160)), np.asarray(painted_picture(view, 160))
    assert plain.shape == painted.shape == (160, 160, 3)
    assert painted[10, 10, 0] > plain[10, 10, 0] + 60
    np.testing.assert_array_equal(painted[80:, 80:], plain[80:, 80:])


def test_what_hardly_counts_is_not_painted_as_if_it_did() -> None:
    view = resting_on(a_corner(0.01))
    np.testing.assert_array_equal(np.asarray(painted_picture(view, 160)), np.asarray(crop_picture(view, 160)))
    assert counted_most(FINDING, view).startswith("No part of it alone decides")


def test_the_networks_own_map_is_spread_over_the_crop_where_it_speaks_for_the_grade() -> None:
    view = resting_on(a_corner(0.4), np.array([[-1.0, -1.0], [-1.0, 3.0]]))
    plain = np.asarray(crop_picture(view, 160), np.float64)
    paint = (np.asarray(painted_picture(view, 160, EvidenceMap.PLACES)) - plain)[:, :, 0]
    assert paint[:40, :40].max() == 0, "what speaks against it is not painted, nor what hiding costs"
    # From the middle of a place to that of the next it changes evenly, and is nought where the map is.
    assert paint[150, 58] == 0 < paint[150, 62]
    shares = paint[150, [70, 90, 110, 150]] / paint[150, 150]
    np.testing.assert_allclose(shares, np.array([30.5 * 4 - 80, 50.5 * 4 - 80, 70.5 * 4 - 80, 240]) / 240, atol=0.01)


def test_places_that_hardly_speak_for_the_grade_are_not_painted() -> None:
    view = resting_on(a_corner(0.4), np.array([[-1.0, 0.05], [-0.2, 0.0]]))
    painted = np.asarray(painted_picture(view, 160, EvidenceMap.PLACES))
    np.testing.assert_array_equal(painted, np.asarray(crop_picture(view, 160)))


def test_the_words_say_what_the_places_say() -> None:
    view = resting_on(a_corner(0.4), np.array([[-0.34, 1.0], [1.0, 2.0]]))
    assert places_say(replace(FINDING, grade=Severity.SEVERE), view) == (
        "Its 2 × 2 places speak for Severe by −0.3 to +2.0 nats (+ for, − against); "
        "their mean, +0.9, is what this slice says."
    )


def test_the_networks_own_map_is_called_what_it_is() -> None:
    view = resting_on(a_corner(0.4), np.ones((2, 3)))
    assert map_title(EvidenceMap.PLACES, view) == "Class activation map, 2 × 3 places"
    assert map_title(EvidenceMap.HIDING, view) == "What hiding a part costs"


def test_the_networks_own_map_is_offered_where_every_view_has_it() -> None:
    with_, without = resting_on(a_corner(0.4), np.ones((2, 2))), resting_on(a_corner(0.4))
    assert Evidence(FINDING, (with_, with_)).maps == (EvidenceMap.HIDING, EvidenceMap.PLACES)
    assert Evidence(FINDING, (with_, without)).maps == (EvidenceMap.HIDING,)


def test_the_words_say_how_much_is_lost_and_what_the_slice_says_alone() -> None:
    view = resting_on(a_corner(0.4))
    said = counted_most(replace(FINDING, grade=Severity.SEVERE), view)
    assert said == (
        "Hiding what is painted strongest makes Severe less probable on this slice, by about 40 percentage points."
    )
    assert own_grade(view) == "This slice alone: Normal/Mild 10 %, Moderate 20 %, Severe 70 %."


def test_the_words_say_which_neighbours_of_an_axial_slice_are_missing() -> None:
    view, slices = resting_on(a_corner(0.4)), np.random.default_rng(0).random((3, 80, 80), np.float32)
    for order, said in (((0, 1, 2), "70 %."), ((1, 1, 2), "slice is missing."), ((1, 1, 1), "no neighbouring slices.")):
        assert own_grade(replace(view, crop=slices[list(order)])).endswith(said)


def test_of_axial_crops_the_middle_slice_is_shown() -> None:
    view = resting_on(a_corner(0.0))
    stack = np.stack([np.full((80, 80), value, np.float32) for value in (0.0, 0.5, 1.0)])
    shown = np.asarray(crop_picture(replace(view, crop=stack), 80))
    assert shown.max() == shown.min() == 127


def test_a_finding_keeps_its_views_through_the_readers_marks_and_a_shift_has_others() -> None:
    grades = [a_grade(finding) for finding in RESULT.findings if finding.assessed]
    behind = kept_behind(RESULT, grades)
    assert behind[FINDING.key, FINDING.location].target.level is FINDING.level
    shifted = counted_anew(RESULT, "up")
    moved = next(f for f in shifted.findings if f.key == FINDING.key)
    assert (moved.key, moved.location) not in behind


def test_there_is_an_example_of_every_structure_at_every_grade() -> None:
    """The sheet leaves out what it has no pictures for; all are shipped."""
    names = {path.name for path in EXAMPLES.glob("*.png")}
    assert names == {f"{condition}_{grade.name.lower()}.png" for condition in Condition for grade in Severity}


def test_the_examples_are_as_large_as_what_the_networks_see() -> None:
    """Else they are not at the same scale, as the sheet says."""
    packs = load_packs()
    for condition in Condition:
        grader = packs.grader(condition)
        assert grader is not None
        for path in EXAMPLES.glob(f"{condition}_*.png"):
            with Image.open(path) as image:
                assert image.size == grader.contract.inputs[0].shape[:1:-1], path.name


def test_beside_a_canal_that_only_axial_slices_show_there_are_no_sagittal_examples() -> None:
    sagittal = resting_on(a_corner(0.4))
    axial = replace(sagittal, view=replace(sagittal.view, axial=True))
    assert len(example_pictures(FINDING, 80, (sagittal, axial))) == len(Severity)
    assert example_pictures(FINDING, 80, (axial,)) == []
    recess = next(f for f in RESULT.findings if f.condition is RECESS)
    assert len(example_pictures(recess, 80, (axial,))) == len(Severity), "whose examples are axial"
