"""The score of lone axial slices counts what lies where it was marked, by patients, and what is refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lumbar_core.inference.packs import PackSet
from tests.core.fake_packs import a_recess_grader, a_recogniser, an_axial_localiser, by_spots
from training import lone_axial
from training.lone_axial import Searched, figures, read_marks
from training.splits import mendeley_labels

RIGHT, BESIDE = (True, True, True), (False, False, False)


def a_network(kind: str = "axial_t2") -> PackSet:
    nothing = a_recess_grader(lambda _: (0.0, 0.0, 0.0))
    return PackSet((an_axial_localiser(by_spots), a_recogniser(kind), nothing))


def write_slice(path: Path, canal: tuple[int, int] = (64, 66)) -> None:
    pixels = np.tile(np.arange(128, dtype=np.uint8) % 7, (120, 1))
    for aside, brightness in ((0, 200), (-8, 120), (8, 160)):
        row, column = canal[0], canal[1] + aside
        pixels[row - 1 : row + 2, column - 1 : column + 2] = brightness
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def test_every_mark_is_of_an_axial_t2_slice_with_its_recesses_beside_the_canal() -> None:
    kinds = {f"mendeley_mixed/{label.file}": label for label in mendeley_labels()}
    marks = read_marks()
    assert Counter(mark.patient for mark in marks) == {
        "mendeley1": 14, "mendeley2": 13, "mendeley3": 11, "mendeley4": 7, "100206310": 10,
    }  # fmt: skip
    assert len({mark.file for mark in marks}) == len(marks)
    for mark in marks:
        if mark.file in kinds:
            assert (kinds[mark.file].kind, f"mendeley{kinds[mark.file].patient}") == ("axial_t2", mark.patient)
        assert mark.left[1] < mark.canal[1] < mark.right[1]
        assert mark.canal[0] > (mark.left[0] + mark.right[0]) / 2, "the sac's middle lies behind its recesses"


def test_every_axial_t2_slice_of_a_known_patient_is_marked() -> None:
    labelled = {f"mendeley_mixed/{label.file}" for label in mendeley_labels() if label.kind == "axial_t2"}
    assert labelled <= {mark.file for mark in read_marks()}


@pytest.mark.parametrize(("marked", "near"), [((67, 66), True), ((67, 71), False)])
def test_what_lies_within_3_percent_of_its_mark_is_right(tmp_path: Path, marked: tuple[int, int], near: bool) -> None:
    write_slice(tmp_path / "slice.png")
    mark = lone_axial.Marked("slice.png", "one", marked, (64, 58), (64, 74))
    found = lone_axial._searched(mark, tmp_path / "slice.png", a_network())
    assert replace(found, behind=None) == Searched("one", canal=near, left=True, right=True, sure=True, assessed=True)
    assert found.behind == pytest.approx((marked[0] - 64) / 16, abs=0.01)


def test_a_slice_that_is_taken_for_another_kind_is_sure_but_not_assessed(tmp_path: Path) -> None:
    write_slice(tmp_path / "slice.png")
    mark = lone_axial.Marked("slice.png", "one", (67, 66), (64, 58), (64, 74))
    found = lone_axial._searched(mark, tmp_path / "slice.png", a_network("axial_t1"))
    assert (found.sure, found.assessed) == (True, False)


def test_pictures_without_a_mark_are_counted_by_their_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = [label for label in mendeley_labels() if label.kind in ("axial_t1", "other") and label.patient][:3]
    monkeypatch.setattr(lone_axial, "mendeley_labels", lambda: labels)
    for label in labels:
        write_slice(tmp_path / lone_axial.MENDELEY / label.file)

    class Always:
        def of(self, patient: str) -> PackSet:
            return a_network()

    counted = lone_axial._others(tmp_path, Always())  # type: ignore[arg-type]
    assert sum(row["pictures"] for row in counted.values()) == 3
    assert sum(row["assessed"] for row in counted.values()) == 3


def test_shares_are_told_by_patient_and_wrong_places_apart() -> None:
    found = [
        Searched("one", *RIGHT, sure=True, assessed=True),
        Searched("one", *RIGHT, sure=True, assessed=False),
        Searched("two", *BESIDE, sure=True, assessed=False),
        Searched("two", *RIGHT, sure=False, assessed=False),
    ]
    told = figures(found)
    assert (told["slices"], told["patients"]) == (4, 2)
    assert told["shares"]["canal within 3 %"]["value"] == 0.75
    assert told["shares"]["canal within 3 %"]["ci95"] == pytest.approx((0.5, 1.0))
    assert (told["sure_and_wrong"], told["assessed_and_wrong"]) == (1, 0)
    assert told["by_patient"]["two"] == {"slices": 2, "canal": 1, "sure": 1, "assessed": 0}
    assert {metric["cells"] for metric in told["pack_metrics"]} == {4}
