"""Which networks there are and where they lie."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

from training.runs import ALL, cutters, inner, outer, run_folder
from training.splits import FOLDS


def test_a_run_lies_in_a_folder_named_after_the_folds_it_did_not_see() -> None:
    runs = Path("runs")
    assert run_folder(runs, "canal", ALL) == runs / "canal" / "all"
    assert run_folder(runs, "canal", {2}) == runs / "canal" / "without_2"
    assert run_folder(runs, "canal", frozenset({4, 1})) == runs / "canal" / "without_1_4"


def test_there_is_one_network_a_fold_and_one_a_pair_of_folds() -> None:
    assert [set(left_out) for left_out in outer()] == [{fold} for fold in FOLDS]
    assert {frozenset(pair) for pair in combinations(FOLDS, 2)} == set(inner())
    assert len(inner()) == 6


def test_for_every_training_fold_of_every_grader_a_localiser_saw_neither_that_fold_nor_the_one_left_out() -> None:
    localisers = {*inner(), *outer()}
    for left_out in (*outer(), ALL):
        for fold, without in cutters(left_out, set(FOLDS) - left_out, nested=True).items():
            assert without in localisers
            assert without == left_out | {fold}


def test_without_nesting_no_localiser_saw_the_fold_left_out_either() -> None:
    for left_out in outer():
        assert set(cutters(left_out, set(FOLDS) - left_out, nested=False).values()) == {left_out}
    assert cutters(ALL, FOLDS, nested=False) == {fold: frozenset({fold}) for fold in FOLDS}


def test_no_two_networks_share_a_folder() -> None:
    folders = [run_folder(Path(), "n", left_out) for left_out in (*inner(), *outer(), ALL)]
    assert len(set(folders)) == len(folders)
