"""A folder of sets becomes what training reads of it: the same cells and pictures, less what is wrong and told."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lumbar_core.anatomy import Condition, Level, Side
from lumbar_core.errors import ReadingError, Refused
from tests.training.made_up import a_cell, five_cells, tile_cells, write_cells, write_pictures, write_tiles
from tests.training.prepare.made_up import InThisProcess, files_below, rows_of, write_rows
from training.__main__ import main
from training.cells import LABELLED, Cell, read_cells
from training.crop_store import read_store, store_file
from training.pictures import kind_pictures, load_kind_picture
from training.prepare import run as run_module
from training.prepare.command import CONFIGS, graders
from training.prepare.gaps import Gap, What
from training.prepare.labelled import read_set_study
from training.prepare.plain import GRADED
from training.prepare.run import prepare
from training.prepare.sets import NAMES, read_sets
from training.splits import fold_of, mendeley_labels

RECIPES = graders(CONFIGS)
FORAMEN = Condition.NEURAL_FORAMINAL_NARROWING
LABELLED_SLICES = [label.file for label in mendeley_labels() if label.patient is not None]


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "ProcessPoolExecutor", InThisProcess)


def write_spider(root: Path) -> None:
    """Two patients, and the mask of a third's slice."""
    rng = np.random.default_rng(1)
    for set_name, stems in (
        ("spider_midsagittal", ("1_t1", "1_t2", "2_t2_SPACE")),
        ("spider_space_masks", ("3_t2_SPACE_slice9",)),
    ):
        (root / set_name / "images").mkdir(parents=True)
        for stem in stems:
            pixels = rng.integers(0, 255, (30, 20), np.uint8)
            Image.fromarray(pixels).save(root / set_name / "images" / f"{stem}.png")
    (root / "spider_space_masks" / "masks").mkdir()
    classes = rng.integers(0, 4, (30, 20), np.uint8)
    Image.fromarray(classes).save(root / "spider_space_masks" / "masks" / "3_t2_SPACE_slice9.png")
    grades = dict.fromkeys(GRADED, "1")
    rows = [{"Patient": patient, "IVD label": disc} | grades for patient in ("1", "2") for disc in ("1", "2")]
    write_rows(root / "spider_midsagittal" / "gradings.csv", rows)
    names = [{"new_file_name": name, "sex": "F"} for name in ("1_t1", "1_t2", "2_t2_SPACE")]
    write_rows(root / "spider_midsagittal" / "overview.csv", names)


def cells_by_set() -> dict[str, list[Cell]]:
    foramina = [
        replace(cell, condition=FORAMEN, side=Side.LEFT) for cell in five_cells("12_23_4.png", (0, 1, 0, 2, 0), fold=2)
    ]
    return {
        "rsna_canal": [*five_cells("11_22_3.png"), *five_cells("12_22_3.png", (1, 0, 2, 0, 0), fold=2)],
        "rsna_foraminal": foramina,
        "rsna_subarticular": tile_cells("11_24_5.png", (0, 2)),
    }


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All six sets, two studies."""
    root = tmp_path_factory.mktemp("sets")
    for name, cells in cells_by_set().items():
        write_cells(root / name, cells)
        (write_tiles if name == "rsna_subarticular" else write_pictures)(root / name, cells)
    write_spider(root)
    (root / "mendeley_mixed").mkdir()
    for file in LABELLED_SLICES:
        Image.fromarray(np.full((8, 9), 90, np.uint8)).save(root / "mendeley_mixed" / file)
    return root


@pytest.fixture
def root(pristine: Path, tmp_path: Path) -> Path:
    """The same, to be bent."""
    return Path(shutil.copytree(pristine, tmp_path / "sets"))


def prepared(root: Path, folder: Path) -> dict[str, object]:
    return prepare(root, folder / "data", RECIPES, folder / "cache", 1, lambda *_: None)


def in_order(cells: list[Cell]) -> list[Cell]:
    return sorted(cells, key=lambda cell: (cell.file, cell.side or "", cell.level))


def told(cell: Cell) -> str:
    return repr(cell)  # NaN is equal to itself in words


def test_training_reads_the_same_cells_and_pictures_and_has_crops(pristine: Path, tmp_path: Path) -> None:
    result = prepared(pristine, tmp_path)
    data = tmp_path / "data"
    assert result["gaps"] == []
    assert result["cells"] == {name: len(cells) for name, cells in cells_by_set().items()}
    for name in LABELLED:
        ours, theirs = in_order(read_cells(data / name)), in_order(read_cells(pristine / name))
        assert list(map(told, ours)) == list(map(told, theirs))
    ours, theirs = (list(kind_pictures(folder, {})) for folder in (data, pristine))
    assert [replace(each, path=each.path.relative_to(data)) for each in ours] == [
        replace(each, path=each.path.relative_to(pristine)) for each in theirs
    ]
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(load_kind_picture(one), load_kind_picture(other))
    for recipe in RECIPES:
        crops = read_store(store_file(recipe, tmp_path / "cache"), frozenset())
        cells = read_cells(pristine / recipe.data)
        assert sorted(crops.grades.tolist()) == sorted(int(cell.grade or 0) for cell in cells)
        assert set(crops.studies) == {cell.study_id for cell in cells}
    assert (data / "spider_space_masks" / "masks" / "3_t2_SPACE_slice9.png").is_file()
    assert {"gradings.csv", "overview.csv"} < {path.name for path in (data / "spider_midsagittal").iterdir()}


def test_killed_half_way_it_goes_on_and_ends_the_same(
    pristine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(pristine, tmp_path / "whole")
    made: list[str] = []
    make = run_module._make

    def killed_at_the_second(study, order):
        if made:
            raise KeyboardInterrupt
        made.append(study.study)
        return make(study, order)

    monkeypatch.setattr(run_module, "_make", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        prepared(pristine, tmp_path / "broken")
    monkeypatch.setattr(run_module, "_make", lambda *task: (made.append(task[0].study), make(*task))[1])
    prepared(pristine, tmp_path / "broken")
    assert made == ["11", "12"]
    assert files_below(tmp_path / "broken") == files_below(tmp_path / "whole")


Bend = Callable[[Path], None]


def rows_changed(name: str, change: Callable[[list[dict[str, str]]], None], table: str = "cells.csv") -> Bend:
    def bend(root: Path) -> None:
        rows = rows_of(root / name / table)
        change(rows)
        write_rows(root / name / table, rows)

    return bend


def row_set(name: str, number: int, table: str = "cells.csv", **values: str) -> Bend:
    return rows_changed(name, lambda rows: rows[number].update(values), table)


def written(path: str, content: bytes) -> Bend:
    return lambda root: (root / path).write_bytes(content) and None


def gone(path: str) -> Bend:
    return lambda root: (root / path).unlink()


def resized(path: str) -> Bend:
    return lambda root: Image.new("L", (21, 30)).save(root / path)


CANAL, TILES, SPIDER, MASKS = "rsna_canal", "rsna_subarticular", "spider_midsagittal", "spider_space_masks"
FIRST, MASK = f"{CANAL}/images/11_22_3.png", f"{MASKS}/masks/3_t2_SPACE_slice9.png"
BENT: list[tuple[Bend, What, str, int]] = [
    # what is bent, the gap, part of its detail, how many cells are lost
    (lambda root: shutil.rmtree(root / "mendeley_mixed"), What.NO_SET, "mendeley_mixed", 0),
    (gone(FIRST), What.MISSING, FIRST, 5),
    (written(FIRST, b"no picture"), What.UNREADABLE, FIRST, 5),
    (lambda root: (root / FIRST).write_bytes((root / FIRST).read_bytes()[:900]) and None, What.UNREADABLE, FIRST, 5),
    (resized(FIRST), What.OTHER_SIZE, f"{FIRST}: L1/L2", 5),
    (row_set(CANAL, 0, column="250.5"), What.OUTSIDE, f"{FIRST}: L1/L2", 1),
    (row_set(CANAL, 0, row=""), What.OUTSIDE, f"{FIRST}: L1/L2", 1),
    (row_set(TILES, 0, column="120"), What.OUTSIDE, "right L4/L5", 1),
    (row_set(CANAL, 0, grade="Terrible"), What.BAD_ROW, "line 2", 1),
    (row_set(CANAL, 0, level="L6/S1"), What.BAD_ROW, "line 2", 1),
    (row_set(CANAL, 0, condition="subarticular_stenosis"), What.BAD_ROW, "not what this set grades", 1),
    (row_set(TILES, 1, side=""), What.BAD_ROW, "no side", 1),
    (row_set(TILES, 1, original_columns=""), What.BAD_ROW, "original_columns", 1),
    (row_set(TILES, 1, level="L1/L2", side="right"), What.MARKED_TWICE, "line 3", 1),
    (rows_changed(CANAL, lambda rows: rows.append(dict(rows[0]))), What.MARKED_TWICE, "line 12", 0),
    (row_set(CANAL, 1, fold="3"), What.TWO_FOLDS, "line 3: fold 3", 0),
    (row_set("rsna_foraminal", 0, fold="4"), What.TWO_FOLDS, "rsna_foraminal/cells.csv, line 2: fold 4", 0),
    (rows_changed(CANAL, lambda rows: rows.__delitem__(slice(5, None))), What.UNNAMED, "12_22_3.png", 5),
    (written(f"{CANAL}/images/Thumbs.db", b"x"), What.STRAY, "Thumbs.db", 0),
    (written(f"{SPIDER}/images/Thumbs.db", b"x"), What.STRAY, "Thumbs.db", 0),
    (written(f"{SPIDER}/images/1_t1.png", b"x"), What.UNREADABLE, "1_t1.png", 0),
    (gone(f"{SPIDER}/images/2_t2_SPACE.png"), What.MISSING, "overview.csv: 2_t2_SPACE", 0),
    (gone(f"{SPIDER}/images/2_t2_SPACE.png"), What.MISSING, "gradings.csv", 0),
    (rows_changed(SPIDER, lambda rows: rows.pop(), "overview.csv"), What.UNNAMED, "2_t2_SPACE", 0),
    (rows_changed(SPIDER, lambda rows: rows.__delitem__(slice(2, None)), "gradings.csv"), What.NO_GRADINGS, "", 0),
    (row_set(SPIDER, 0, "gradings.csv", **{"Pfirrman grade": "6"}), What.BAD_ROW, "Pfirrman grade 6", 0),
    (gone(MASK), What.NO_MASK, "slice9.png", 0),
    (resized(MASK), What.BAD_MASK, "slice9.png", 0),
    (lambda root: Image.new("L", (20, 30), 7).save(root / MASK), What.BAD_MASK, "slice9.png", 0),
    (gone(f"mendeley_mixed/{LABELLED_SLICES[0]}"), What.MISSING, LABELLED_SLICES[0], 0),
    (resized("mendeley_mixed/new.webp"), What.NO_LABEL, "new.webp", 0),
]  # fmt: skip


@pytest.mark.parametrize(("bend", "what", "detail", "lost"), BENT)
def test_what_is_wrong_is_told_and_not_handed_on(
    root: Path, tmp_path: Path, bend: Bend, what: What, detail: str, lost: int
) -> None:
    bend(root)
    data = tmp_path / "data"
    sets = read_sets(root, data)
    parts = [read_set_study(study, root, data) for study in sets.studies]
    gaps = [*sets.gaps, *(gap for part in parts for gap in part.gaps)]
    found = [gap for gap in gaps if gap.what is what and detail in gap.detail]
    assert found, Counter(gap.what for gap in gaps)
    left = sum(len(rows) for part in parts for rows in part.rows.values())
    assert left == sum(map(len, cells_by_set().values())) - lost
    for picture in kind_pictures(data, {}):
        assert load_kind_picture(picture).size


def test_a_study_of_no_fold_is_told_and_one_without_gets_its_own(root: Path, tmp_path: Path) -> None:
    def change(rows: list[dict[str, str]]) -> None:
        for row in rows:
            row["fold"] = "test" if row["study_id"] == "11" else ""

    rows_changed(CANAL, change)(root)
    rows_changed("rsna_foraminal", lambda rows: [row.update(fold="") for row in rows] and None)(root)
    shutil.rmtree(root / TILES)
    sets = read_sets(root, tmp_path / "data")
    assert [gap for gap in sets.gaps if gap.what is What.NO_FOLD] == [Gap(What.NO_FOLD, "11")]
    folds = {
        (study.study, row["fold"])
        for study in sets.studies
        for files in study.rows.values()
        for rows in files.values()
        for row in rows
    }
    assert folds == {("11", "0"), ("12", str(fold_of("12")))}


def test_structures_that_are_absent_stay_in_the_table_and_out_of_the_crops(root: Path, tmp_path: Path) -> None:
    cells = [*five_cells("11_22_3.png"), a_cell("12_22_3.png", Level.L1_L2, None)]
    write_cells(root / CANAL, cells)
    prepared(root, tmp_path)
    assert list(map(told, read_cells(tmp_path / "data" / CANAL))) == list(map(told, read_cells(root / CANAL)))
    recipe = next(each for each in RECIPES if each.data == CANAL)
    assert read_store(store_file(recipe, tmp_path / "cache"), frozenset()).studies == ["11"] * 5


def test_crops_by_a_localiser_that_has_seen_their_studies_are_told(
    pristine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "has_seen", lambda contract, study: study == "11")
    prepared(pristine, tmp_path)
    rows = rows_of(tmp_path / "data" / "gaps.csv")
    assert {(row["what"], row["detail"]) for row in rows} == {
        (What.SEEN, "canal: 1 of 2 studies, by localise_t2"),
        (What.SEEN, "subarticular: 1 of 1 studies, by localise_axial"),
    }


def test_the_command_tells_what_it_made(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(root / MASKS)
    words = ["prepare", str(root), "--out", str(tmp_path / "data"), "--runs", str(tmp_path / "runs"), "--workers", "1"]
    assert main(words) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["studies"] == 2
    assert result["gaps"] == [f"     1  {What.NO_SET}"]
    assert rows_of(tmp_path / "data" / "gaps.csv")[0]["detail"] == MASKS


def test_neither_the_own_folder_nor_other_pictures_are_written_over(root: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="own folder"):
        read_sets(root, root)
    write_cells(tmp_path / "data" / CANAL, five_cells("99_1_1.png"))
    with pytest.raises(Refused, match="other pictures"):
        read_sets(root, tmp_path / "data")


def test_a_table_that_is_another_is_named(root: Path, tmp_path: Path) -> None:
    (root / CANAL / "cells.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ReadingError, match="lacks the columns file, condition"):
        read_sets(root, tmp_path / "data")
    (root / CANAL / "cells.csv").unlink()
    with pytest.raises(ReadingError, match="cannot be read"):
        read_sets(root, tmp_path / "data")


def test_where_the_file_system_has_no_links_files_are_copied(
    pristine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(Path, "symlink_to", no_links)
    read_sets(pristine, tmp_path)
    copied = tmp_path / SPIDER / "images" / "1_t1.png"
    assert not copied.is_symlink()
    assert copied.read_bytes() == (pristine / SPIDER / "images" / "1_t1.png").read_bytes()


def test_the_real_sets_are_whole_and_read_the_same(real_data: Path, tmp_path: Path) -> None:
    sets = read_sets(real_data, tmp_path)
    assert {gap.what for gap in sets.gaps} <= {What.NO_LABEL}
    assert all((tmp_path / name).is_dir() for name in NAMES if name not in LABELLED)
    ours = sum(len(rows) for study in sets.studies for files in study.rows.values() for rows in files.values())
    theirs = {name: read_cells(real_data / name) for name in LABELLED}
    assert ours == sum(map(len, theirs.values()))
    every_40th = sets.studies[::40]
    parts = [read_set_study(study, real_data, tmp_path) for study in every_40th]
    assert [gap for part in parts for gap in part.gaps] == []
    chosen = {study.study for study in every_40th}
    for name in LABELLED:
        rows = [row for part in parts for row in part.rows[name]]
        with (tmp_path / name / "cells.csv").open("w", newline="") as file:
            table = csv.DictWriter(file, list(rows[0]))
            table.writeheader()
            table.writerows(rows)
        wanted = in_order([cell for cell in theirs[name] if cell.study_id in chosen])
        assert list(map(told, in_order(read_cells(tmp_path / name)))) == list(map(told, wanted))


def test_sets_without_grades_join_what_a_download_became(root: Path, tmp_path: Path) -> None:
    prepared(root, tmp_path)
    before = files_below(tmp_path / "data" / CANAL)
    for name in LABELLED:
        shutil.rmtree(root / name)
    result = prepared(root, tmp_path)
    assert result["studies"] == 0
    assert len(list(kind_pictures(tmp_path / "data", {}))) > len(list(kind_pictures(root, {})))
    assert set(files_below(tmp_path / "data")) > {f"{CANAL}/cells.csv"}
    assert (tmp_path / "data" / CANAL / "cells.csv").read_bytes() == before["cells.csv"]
