"""Who may train on what: no study in two folds, nothing held out in any training set."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lumbar_core.picture import GridMap
from lumbar_core.study import Pixels
from tests.training.made_up import a_config
from training import localise_data, recognise
from training.cells import Cell, read_cells
from training.localise_data import LocaliseData, load_localise_data
from training.pictures import KINDS, kind_pictures
from training.splits import FOLDS, fold_of, is_held_spider, mendeley_labels

SETS = ("rsna_canal", "rsna_foraminal", "rsna_subarticular")
LOCATED = ("rsna_canal", "rsna_foraminal")


@pytest.fixture(scope="module")
def tables(real_data: Path) -> dict[str, list[Cell]]:
    return {name: read_cells(real_data / name) for name in SETS}


@pytest.fixture(scope="module")
def black_pictures() -> Iterator[None]:
    """Which pictures are chosen is tested, not what they show: none is decoded."""

    def nothing(*_: Any) -> Pixels:
        return np.ones((2, 2), np.float32)

    def input_of(*_: Any) -> tuple[Pixels, GridMap]:
        return nothing(), GridMap(1.0, (0.0, 0.0))

    with pytest.MonkeyPatch.context() as patch:
        for module in (localise_data, recognise):
            patch.setattr(module, "load_kind_picture", nothing)
            patch.setattr(module, "whole_picture", input_of)
        patch.setattr(localise_data, "load_picture", nothing)
        patch.setattr(localise_data, "neck_slices", lambda count: [nothing()] * count * len(recognise.NECK_KINDS))
        patch.setattr(recognise, "foreign_pictures", lambda count, seed: [nothing()] * count)
        patch.setattr(recognise, "axial_slices", lambda count: [nothing()] * count * len(recognise.AXIAL_KINDS))
        patch.setattr(recognise, "neck_slices", lambda count: [nothing()] * count * len(recognise.NECK_KINDS))
        yield


@pytest.fixture(scope="module")
def learnt_from(
    real_data: Path, black_pictures: None, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, LocaliseData]:
    """By labelled set, what the localiser of its structure learns from."""
    cache = tmp_path_factory.mktemp("cache")
    return {name: load_localise_data(real_data, a_config("localise", data=name), cache) for name in LOCATED}


def test_a_name_keeps_its_fold_and_names_spread_over_all_folds() -> None:
    assert fold_of("spider17") == fold_of("spider17")
    counts = Counter(fold_of(str(number)) for number in range(2000))
    assert set(counts) == set(FOLDS)
    assert min(counts.values()) > 400


def test_the_line_between_training_and_held_pictures() -> None:
    assert is_held_spider("150_t2.png")
    assert not is_held_spider("149_t1.png")


def test_the_labels_told_by_eye_name_known_kinds_and_each_file_once() -> None:
    labels = mendeley_labels()
    assert {label.kind for label in labels} <= set(KINDS)
    assert len({label.file for label in labels}) == len(labels)
    assert all(label.shows is None or label.kind.startswith("sagittal") for label in labels)


def test_mendeley_is_parted_by_patient_and_both_parts_hold_every_kind() -> None:
    kinds: dict[bool, set[str]] = {True: set(), False: set()}
    patients: dict[bool, set[int]] = {True: set(), False: set()}
    for label in mendeley_labels():
        if label.patient is not None:
            kinds[label.held].add(label.kind)
            patients[label.held].add(label.patient)
    assert kinds[True] == kinds[False] == set(KINDS) - {"turned"}
    assert patients == {True: {3, 4}, False: {1, 2}}
    assert fold_of("mendeley1") != fold_of("mendeley2"), "a recogniser without one fold would have no axial T1 slice"


def test_a_mendeley_slice_of_an_unknown_patient_is_not_used(real_data: Path) -> None:
    unknown = {label.file for label in mendeley_labels() if label.patient is None}
    assert unknown
    assert not unknown & {picture.path.name for picture in kind_pictures(real_data, {})}


def test_no_study_is_in_two_folds_of_any_set(tables: dict[str, list[Cell]]) -> None:
    folds: dict[str, set[int]] = defaultdict(set)
    for cells in tables.values():
        for cell in cells:
            folds[cell.study_id].add(cell.fold)
    assert [study for study, found in folds.items() if len(found) != 1] == []
    assert set.union(*folds.values()) == set(FOLDS)


def test_every_picture_of_a_study_or_patient_is_in_its_one_fold(real_data: Path, tables: dict[str, list[Cell]]) -> None:
    wanted = {cell.study_id: cell.fold for cells in tables.values() for cell in cells}
    canal_only = {cell.study_id: cell.fold for cell in tables["rsna_canal"]}
    folds: dict[str, set[int]] = defaultdict(set)
    for picture in kind_pictures(real_data, canal_only):
        folds[picture.group].add(picture.fold)
    assert [group for group, found in folds.items() if len(found) != 1] == []
    assert [study for study, fold in wanted.items() if folds[study] != {fold}] == []


@pytest.mark.parametrize("name", LOCATED)
def test_a_localiser_learns_from_nothing_that_is_held_out(learnt_from: dict[str, LocaliseData], name: str) -> None:
    data = learnt_from[name]
    others = [Path(file) for file, positive in zip(data.files, data.positive, strict=True) if not positive]
    mendeley = [path for path in others if path.parts[0].startswith("mendeley")]
    spider = [path for path in others if path.parts[0].startswith("spider")]
    assert mendeley
    assert spider
    held = {label.file for label in mendeley_labels() if label.held}
    assert not held & {path.name for path in mendeley}
    assert not any(is_held_spider(path.name) for path in spider)
    assert len(data.files) == len(data.pictures) == len(data.folds) == len(data.studies)
    assert all(data.weights[~data.positive] > 0)


def negatives_of(data: LocaliseData) -> set[str]:
    return {file for file, positive in zip(data.files, data.positive, strict=True) if not positive}


def test_a_localiser_takes_no_picture_that_may_show_the_canal_for_a_picture_without(
    real_data: Path, learnt_from: dict[str, LocaliseData]
) -> None:
    showing = {
        str(picture.path.relative_to(real_data))
        for picture in kind_pictures(real_data, {})
        if picture.kind == "sagittal_t2" and picture.shows is not False
    }
    assert showing
    assert not negatives_of(learnt_from["rsna_canal"]) & showing


def test_the_only_t1_slices_taken_for_slices_without_a_foramen_are_midline_ones(
    real_data: Path, learnt_from: dict[str, LocaliseData]
) -> None:
    t1 = {
        str(picture.path.relative_to(real_data))
        for picture in kind_pictures(real_data, {})
        if picture.kind == "sagittal_t1"
    }
    taken = negatives_of(learnt_from["rsna_foraminal"]) & t1
    assert len(taken) > 80
    assert {Path(file).parts[0] for file in taken} == {"spider_midsagittal"}


@pytest.mark.parametrize("name", LOCATED)
def test_every_mark_of_the_table_is_taught_and_other_pictures_have_none(
    tables: dict[str, list[Cell]], learnt_from: dict[str, LocaliseData], name: str
) -> None:
    data = learnt_from[name]
    known = ~np.isnan(data.points[:, :, 0])
    assert known[data.positive].any(axis=1).all()
    assert not known[~data.positive].any()
    taught: Counter[str] = Counter()
    for file, levels in zip(data.files, known, strict=True):
        if "|" not in file:  # the same slice in its true shape
            taught[file] += int(levels.sum())
    marked = {(cell.file, cell.level) for cell in tables[name]}
    assert taught.total() == len(marked)


@pytest.mark.usefixtures("black_pictures")
def test_a_recogniser_learns_from_nothing_that_is_held_out(real_data: Path, tmp_path: Path) -> None:
    data = recognise.load_kind_data(real_data, a_config("recognise"), tmp_path)
    held = {picture.group for picture in kind_pictures(real_data, {}) if picture.held}
    assert held
    assert not held & set(data.groups)
    assert {KINDS[kind] for kind in data.kinds} == set(KINDS) - {"turned"}, "turned ones are made on the way"
    assert len(data.pictures) == len(data.kinds) == len(data.folds) == len(data.groups)
