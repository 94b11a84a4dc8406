"""The refusal score takes only pictures kept out of training, and counts every structure graded all the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lumbar_core.anatomy import LEVELS
from tests.training.made_up import CANAL, a_picture
from training import refusal
from training.answers import Answer
from training.pictures import KindPicture

T1 = "assessed, T1 slices between the foramina"
PLACES = {"slices": 18, "places": 108, "assessed": 0.25, "canals": 0.5}


def answer(assessed: bool) -> list[Answer]:
    return [Answer(CANAL, level, assessed, None, None, 0.5, 0.5, False, None, (100, 100)) for level in LEVELS]


def write_mask(folder: Path, name: str, column: int) -> None:
    """A slice of 100 × 100 pixels whose canal is one column."""
    classes = np.zeros((100, 100), np.uint8)
    classes[:, column] = refusal.CANAL_CLASS
    for kind, pixels in (("images", np.zeros_like(classes)), ("masks", classes)):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / kind / f"{name}.png")


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], list[str]]:
    folder = tmp_path_factory.mktemp("data")
    images = folder / "spider_midsagittal" / "images"
    images.mkdir(parents=True)
    for name in ("160_t2", "161_t2_SPACE", "162_t1", "20_t2"):
        Image.fromarray(a_picture(1)).save(images / f"{name}.png")
    for name, column in (("150_on", 50), ("151_beside", 90), ("10_learnt_from", 50)):
        write_mask(folder / "spider_space_masks", name, column)
    kinds = [
        ("axial_t1", None, True),
        ("axial_t1", None, False),
        ("sagittal_t2", False, True),
        ("axial_t2", None, True),
    ]
    kinds += [("sagittal_t2", True, True), ("sagittal_t2", None, True)]
    kinds += [("sagittal_t1", False, True), ("sagittal_t1", True, True), ("sagittal_t1", None, True)]
    pictures = [
        KindPicture(Path(f"{kind}_{number}.png"), kind, shows, f"mendeley{number}", 1, held)
        for number, (kind, shows, held) in enumerate(kinds)
    ]
    asked: list[str] = []

    def answers(paths: Sequence[Path], packs: object, workers: int) -> dict[str, list[Answer]]:
        asked.extend(path.name for path in paths)
        assert all(path.is_file() for path in paths if path not in [picture.path for picture in pictures])
        graded = {"mirrored_160_t2.png": True, "axial_t1_0.png": True, "150_on.png": True, "151_beside.png": True}
        return {path.name: answer(graded[path.name]) if path.name in graded else [] for path in paths}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refusal, "kind_pictures", lambda *_: iter(pictures))
        patch.setattr(refusal, "answers", answers)
        patch.setattr(refusal, "score_axial_places", lambda *_: dict(PLACES))
        patch.setattr(refusal, "score_beside_canals", lambda *_: {})
        return refusal.score_refusal(folder, None, 1), asked


def test_only_held_pictures_that_show_nothing_to_grade_are_asked(
    scored: tuple[dict[str, Any], list[str]],
) -> None:
    _, asked = scored
    made = [name for name in asked if name.startswith(("axial", "sagittal"))]
    assert made == ["axial_t1_0.png", "sagittal_t2_2.png", "sagittal_t1_6.png"]
    assert len(set(asked)) == len(asked), "answers are found by file name"


def test_foreign_and_turned_pictures_are_among_them(scored: tuple[dict[str, Any], list[str]]) -> None:
    kinds = scored[0]["by_kind"]
    assert {"ct", "ultrasound", "photograph", "quarter", "upside_down", "mirrored", "lateral_t2"} <= set(kinds)
    assert kinds["photograph"]["pictures"] == 2
    assert kinds["mirrored"] == {"pictures": 2, "structures": 10, "assessed": 5}


def test_the_share_is_over_all_structures_refused_pictures_included(
    scored: tuple[dict[str, Any], list[str]],
) -> None:
    result, asked = scored
    refused = len(asked) - result["lateral_slices"]["pictures"]
    assert result["pictures"] == refused
    assert result["structures"] == 5 * refused
    assert result["absent_assessed"] == pytest.approx(2 / refused)
    assert result["graded_all_the_same"] == ["axial_t1 axial_t1_0.png: 5", "mirrored mirrored_160_t2.png: 5"]


def test_only_slices_of_patients_kept_out_of_training_are_turned(scored: tuple[dict[str, Any], list[str]]) -> None:
    turned = [name for name in scored[1] if name.startswith(("quarter", "upside_down", "mirrored"))]
    assert sorted(turned) == [
        f"{way}_{name}.png" for way in ("mirrored", "quarter", "upside_down") for name in ("160_t2", "161_t2_SPACE")
    ]


def test_levels_assessed_beside_the_canal_of_a_lateral_slice_are_told_apart(
    scored: tuple[dict[str, Any], list[str]],
) -> None:
    assert scored[0]["lateral_slices"] == {"pictures": 2, "assessed": 10, "beside_the_canal": 0.5}
    assert "10_learnt_from.png" not in scored[1]


def told(scored: tuple[dict[str, Any], list[str]], pack: str) -> dict[str, tuple[float, int]]:
    return {row["name"]: (row["value"], row["cells"]) for row in scored[0]["pack_metrics"][pack]}


def test_every_graders_card_is_told_its_conditions_share_of_what_is_not_there(
    scored: tuple[dict[str, Any], list[str]],
) -> None:
    everywhere = scored[0]["structures"]
    assert told(scored, "canal") == {
        "assessed, not there": (pytest.approx(10 / everywhere), everywhere),
        "assessed, T2 slices beside the canal": (0.0, 5),
        "assessed, point beside the canal": (0.5, 10),
    }
    assert told(scored, "foraminal") == {
        "assessed, not there": (0.0, everywhere),
        T1: (0.0, 5 * scored[0]["by_kind"]["sagittal_t1"]["pictures"]),
    }


def test_axial_graders_are_told_what_they_take_beside_the_spine(scored: tuple[dict[str, Any], list[str]]) -> None:
    assert told(scored, "subarticular")["assessed, beside the spine"] == (0.25, 108)
    assert told(scored, "canal_axial")["assessed, beside the spine"] == (0.5, 108), "canals, not recesses"


def test_an_interval_is_of_pictures_also_where_nothing_was_graded(scored: tuple[dict[str, Any], list[str]]) -> None:
    rows = [row for rows in scored[0]["pack_metrics"].values() for row in rows]
    assert all(row["ci95"][0] <= row["value"] <= row["ci95"][1] for row in rows)
    (lateral,) = [row for row in rows if row["name"] == "assessed, T2 slices beside the canal"]
    assert lateral["ci95"] == pytest.approx((0.0, 0.7935), abs=1e-3), "one picture tells little"
