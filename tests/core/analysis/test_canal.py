"""Which slices a level's canal is graded on: those through its middle there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lumbar_core.analysis.canal import MIDDLE_MM, through_the_middle
from lumbar_core.analysis.views import MOST_VIEWS
from lumbar_core.anatomy import Level
from lumbar_core.findings import ImagePoint, SliceLevels
from tests.core.fake_studies import an_image, sagittal_plane

LEVEL = Level.L4_L5


class Series:
    """All of a located series that is asked for here."""

    def showing(self, level: Level, slices: list[SliceLevels]) -> list[SliceLevels]:
        return sorted(slices, key=lambda levels: -levels.points[level].visibility)


def slices(places: list[float], clear: list[float]) -> list[SliceLevels]:
    made = []
    for number, (place, visibility) in enumerate(zip(places, clear, strict=True)):
        image = replace(an_image(number), plane=sagittal_plane(place))
        made.append(SliceLevels(image, {LEVEL: ImagePoint(9, 9, 0.9, visibility)}, None, None, 0.9, 9.0, 20.0))
    return made


def chosen(places: list[float], clear: list[float]) -> list[float]:
    found = through_the_middle(Series(), LEVEL, slices(places, clear))  # type: ignore[arg-type]
    return [round(float(levels.instance.plane.position_mm), 3) for levels in found]  # type: ignore[union-attr]


def test_an_edge_slice_is_left_out_however_clear_it_is() -> None:
    places = [-12.0, -8.0, -4.0, 0.0, 4.0, 8.0, 12.0]
    given = chosen(places, [0.95, 0.8, 0.8, 0.8, 0.8, 0.8, 0.95])
    assert len(given) == MOST_VIEWS
    middle = np.array(given) - given[0]
    assert np.abs(middle).max() <= MIDDLE_MM


def test_thick_slices_leave_one() -> None:
    assert len(chosen([-10.0, 0.0, 10.0], [0.8, 0.8, 0.8])) == 1


def test_where_it_shows_on_one_slice_that_is_the_one() -> None:
    assert len(chosen([3.0], [0.7])) == 1


@pytest.mark.parametrize("count", [1, 2])
def test_pictures_without_a_place_are_taken_as_they_are_clearest(count: int) -> None:
    made = [replace(each, instance=replace(each.instance, plane=None)) for each in slices([0.0] * count, [0.7] * count)]
    assert len(through_the_middle(Series(), LEVEL, made)) == count  # type: ignore[arg-type]
