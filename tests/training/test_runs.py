"""Which networks there are and where they lie."""

from __future__ import annotations

from pathlib import Path

from training.runs import ALL, outer, run_folder
from training.splits import FOLDS


def test_a_run_lies_in_a_folder_named_after_the_folds_it_did_not_see() -> None:
    runs = Path("runs")
    assert run_folder(runs, "canal", ALL) == runs / "canal" / "all"
    assert run_folder(runs, "canal", {2}) == runs / "canal" / "without_2"
    assert run_folder(runs, "canal", frozenset({4, 1})) == runs / "canal" / "without_1_4"


def test_there_is_one_network_a_fold() -> None:
    assert [set(left_out) for left_out in outer()] == [{fold} for fold in FOLDS]


def test_no_two_networks_share_a_folder() -> None:
    folders = [run_folder(Path(), "n", left_out) for left_out in (*outer(), ALL)]
    assert len(set(folders)) == len(folders)
