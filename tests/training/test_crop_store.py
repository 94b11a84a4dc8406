"""Crops come back from their file as they were put there, small, and each as one network may see it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.training.made_up import a_cell, a_picture, an_axial_config, crops_of
from training.crop_store import ACROSS, DOWN, Place, cut_by, read_store, store_file, write_store
from training.splits import FOLDS

HERE = Place(row=100.0, column=50.0, half=20.0, low=10.0, high=110.0)


def some_data(count: int, slices: int):  # type: ignore[no-untyped-def]  # CropData, of made-up pictures
    pictures = [a_picture(seed, 56).astype(np.float32) / 200 for seed in range(7)]
    crops = np.stack([np.stack([pictures[(n + s) % 7] for s in range(slices)]) for n in range(count)])
    return crops_of(crops, [a_cell(f"{n}_1_1.png", grade=n % 3, fold=1 + n % 4) for n in range(count)])


@pytest.mark.parametrize(("count", "slices"), [(3, 1), (ACROSS * DOWN + 1, 1), (5, 3)])
def test_crops_come_back_as_they_were_put_there(tmp_path: Path, count: int, slices: int) -> None:
    data = some_data(count, slices)
    views = {fold: data.views + fold for fold in FOLDS}
    write_store(tmp_path / "store.npz", data, views, "these")
    assert cut_by(tmp_path / "store.npz") == "these"
    assert list(tmp_path.iterdir()) == [tmp_path / "store.npz"], "nothing half-written is left"
    for left_out in (frozenset[int](), frozenset({3})):
        again = read_store(tmp_path / "store.npz", left_out)
        assert again.crops.shape == data.crops.shape
        assert np.abs(again.crops.astype(int) - data.crops).mean() < 2.5
        np.testing.assert_array_equal(again.views, views[3] if left_out else data.views)
        np.testing.assert_array_equal(again.grades, data.grades)
        np.testing.assert_array_equal(again.folds, data.folds)
        assert again.studies == data.studies


def test_a_network_without_two_folds_has_no_crops(tmp_path: Path) -> None:
    """A localiser that saw one of them would have cut."""
    data = some_data(3, 1)
    write_store(tmp_path / "store.npz", data, dict.fromkeys(FOLDS, data.views), "")
    with pytest.raises(ValueError, match=r"\[1, 2\]"):
        read_store(tmp_path / "store.npz", frozenset({1, 2}))


def test_a_store_takes_a_fifth_of_its_crops_or_less(tmp_path: Path) -> None:
    data = some_data(400, 1)
    write_store(tmp_path / "store.npz", data, dict.fromkeys(FOLDS, data.views), "")
    assert (tmp_path / "store.npz").stat().st_size < data.crops.nbytes / 5


def test_recipes_that_cut_alike_share_a_file_and_those_with_other_grades_have_their_own(tmp_path: Path) -> None:
    recess = an_axial_config("grade")
    canal = replace(recess, grades_of="rsna_canal")
    assert store_file(recess, tmp_path) == store_file(replace(recess, name="other", epochs=9), tmp_path)
    assert store_file(recess, tmp_path).name == "crops_rsna_subarticular_e993a02e.npz", "as copied elsewhere"
    assert store_file(canal, tmp_path).name.startswith("crops_rsna_canal_on_rsna_subarticular_")
    assert store_file(canal, tmp_path) != store_file(replace(canal, half_width=9.0), tmp_path)


def test_a_view_tells_another_place_in_half_sides_of_this_one() -> None:
    there = Place(row=110.0, column=45.0, half=30.0, low=35.0, high=85.0)
    assert HERE.view_of(there) == pytest.approx((-0.25, 0.5, 1.5, 0.25, 0.75))
    assert HERE.view_of(HERE) == pytest.approx((0.0, 0.0, 1.0, 0.0, 1.0))


def test_right_is_left_in_a_mirrored_crop() -> None:
    there = replace(HERE, column=60.0)
    assert HERE.view_of(there)[0] == pytest.approx(0.5)
    assert replace(HERE, mirrored=True).view_of(replace(there, mirrored=True))[0] == pytest.approx(-0.5)
