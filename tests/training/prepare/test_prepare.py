"""From a download to sets and crops: training gets what images and tables hold, however often it was stopped."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lumbar_core.anatomy import Level, Side
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from tests.training.prepare.made_up import InThisProcess, files_below, rows_of, write_download, write_rows
from training.__main__ import main
from training.cells import by_file, read_cells
from training.crop_store import read_store, store_file
from training.cross_validate import crop_store
from training.grade import crop_order
from training.pictures import load_picture, middle_tile
from training.prepare import jpeg
from training.prepare import run as run_module
from training.prepare.command import CONFIGS, graders
from training.prepare.download import COORDINATES, GRADES, IMAGES, read_download
from training.prepare.gaps import What
from training.prepare.run import prepare
from training.tiles import load_tile
from training.workshop import Workshop

RECIPES = graders(CONFIGS)
SETS = {"rsna_canal": 5, "rsna_foraminal": 10, "rsna_subarticular": 10}


@pytest.fixture(scope="module", autouse=True)
def in_this_process():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "ProcessPoolExecutor", InThisProcess)
        patch.setattr(jpeg, "ProcessPoolExecutor", InThisProcess)
        yield


@pytest.fixture(scope="module")
def download(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two generated studies."""
    root = tmp_path_factory.mktemp("download")
    write_download(root, [3, 4])
    return root


@pytest.fixture(scope="module")
def prepared(download: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What comes of them: data/ and cache/ below."""
    folder = tmp_path_factory.mktemp("prepared")
    result = prepare(download, folder / "data", RECIPES, folder / "cache", 1, lambda *_: None)
    assert result["gaps"] == []
    assert result["cells"] == {name: 2 * count for name, count in SETS.items()}
    return folder


def test_crops_are_cut_for_one_recipe_a_set_and_none_that_is_only_started_from() -> None:
    assert [recipe.name for recipe in RECIPES] == ["canal", "foraminal", "subarticular"]


def test_every_mark_is_a_cell_at_its_place_with_its_grade(download: Path, prepared: Path) -> None:
    grades = {row["study_id"]: row for row in rows_of(download / GRADES)}
    marks = rows_of(download / COORDINATES)
    for mark in marks:
        if "Subarticular" in mark["condition"]:
            continue
        name = "rsna_canal" if "Canal" in mark["condition"] else "rsna_foraminal"
        file = f"{mark['study_id']}_{mark['series_id']}_{mark['instance_number']}.png"
        side = Side(mark["condition"].split()[0].lower()) if name == "rsna_foraminal" else None
        cells = by_file(read_cells(prepared / "data" / name))[file]
        (cell,) = [each for each in cells if each.level == mark["level"] and each.side == side]
        assert (cell.row, cell.column) == pytest.approx((float(mark["y"]), float(mark["x"])), abs=0.01)
        level = mark["level"].lower().replace("/", "_")
        column = f"{f'{side}_' if side else ''}{cell.condition}_{level}"
        assert cell.grade is not None
        assert cell.grade.label == grades[mark["study_id"]][column]


def test_pictures_hold_the_files_pixels_in_eight_bits(download: Path, prepared: Path) -> None:
    file = sorted((prepared / "data" / "rsna_canal" / "images").iterdir())[0]
    study, series, instance = file.stem.split("_")
    (image,) = read_study([download / IMAGES / study / series / f"{instance}.dcm"]).series[0].instances
    pixels = DirectReader().read(image)
    scaled = (pixels - pixels.min()) / (pixels.max() - pixels.min()) * 255
    np.testing.assert_allclose(load_picture(file), scaled, atol=0.51)


def test_a_tiles_marks_lie_where_they_lie_on_the_slice_and_its_neighbours_are_the_slices_beside(
    download: Path, prepared: Path
) -> None:
    images = prepared / "data" / "rsna_subarticular" / "images"
    marks = {
        (
            row["study_id"],
            row["series_id"],
            row["instance_number"],
            row["level"],
            row["condition"].split()[0].lower(),
        ): row
        for row in rows_of(download / COORDINATES)
    }
    for file, cells in by_file(read_cells(prepared / "data" / "rsna_subarticular")).items():
        study, series, instance = Path(file).stem.split("_")[:3]
        (image,) = read_study([download / IMAGES / study / series / f"{instance}.dcm"]).series[0].instances
        pixels, tile = DirectReader().read(image), load_tile(images / file, cells)
        assert tile.spacing_mm[0] == pytest.approx(image.plane.spacing_mm[0])
        for cell in cells:
            mark = marks[study, series, instance, cell.level, cell.side]
            row, column = round(float(mark["y"])), round(float(mark["x"]))
            here = middle_tile(load_picture(images / file))
            across, down = round(cell.column), round(cell.row)
            on_tile = here[down - 4 : down + 5, across - 4 : across + 5]
            on_slice = pixels[row - 4 : row + 5, column - 4 : column + 5]
            assert np.corrcoef(on_tile.ravel(), on_slice.ravel())[0, 1] > 0.999
            assert (cell.column < tile.slice.expected[1]) == (cell.side is Side.RIGHT), "right lies on the left"
        before, middle, after = tile.slice.stack
        assert not np.array_equal(before, middle)
        assert not np.array_equal(middle, after)


def test_training_takes_the_crops_as_they_are(prepared: Path) -> None:
    shop = Workshop(prepared / "data", prepared, CONFIGS)
    for recipe in RECIPES:
        data = read_store(crop_store(recipe, shop), frozenset({1}))
        cells = read_cells(prepared / "data" / recipe.data)
        by_study = [crop_order(cell for cell in cells if cell.study_id == study) for study in sorted(set(data.studies))]
        assert data.studies == [cell.study_id for group in by_study for cell in group]
        assert data.grades.tolist() == [int(cell.grade or 0) for group in by_study for cell in group]
        assert data.folds.tolist() == [cell.fold for group in by_study for cell in group]
        assert data.crops.shape[1] == (3 if recipe.is_axial else 1)
        assert data.crops.std() > 20


def test_a_preparation_stopped_half_way_ends_as_an_unbroken_one(
    download: Path, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    make = run_module._make

    def killed_at_the_second(tables, order):
        if made:
            raise KeyboardInterrupt
        made.append(tables.study)
        return make(tables, order)

    monkeypatch.setattr(run_module, "_make", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        prepare(download, tmp_path / "data", RECIPES, tmp_path / "cache", 1, lambda *_: None)
    assert not (tmp_path / "data" / "rsna_canal" / "cells.csv").exists()

    monkeypatch.setattr(run_module, "_make", lambda *task: (made.append(task[0].study), make(*task))[1])
    shown: list[tuple[int, int]] = []
    prepare(download, tmp_path / "data", RECIPES, tmp_path / "cache", 1, lambda *at: shown.append(at))
    assert made == [tables.study for tables in read_download(download).studies]
    assert shown == [(1, 2), (2, 2)]
    assert files_below(tmp_path) == files_below(prepared)


def test_only_what_changed_is_done_anew(download: Path, prepared: Path, tmp_path: Path, monkeypatch) -> None:
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    bent = tmp_path / "download"
    bent.mkdir()
    (bent / IMAGES).symlink_to(download / IMAGES)
    for path in download.glob("*.csv"):
        shutil.copy(path, bent)
    rows = rows_of(bent / GRADES)
    rows[1]["spinal_canal_stenosis_l1_l2"] = "Severe"
    write_rows(bent / GRADES, rows)
    made: list[str] = []
    make = run_module._make
    monkeypatch.setattr(run_module, "_make", lambda *task: (made.append(task[0].study), make(*task))[1])
    prepare(bent, tmp_path / "data", RECIPES, tmp_path / "cache", 1, lambda *_: None)
    assert made == [rows[1]["study_id"]]
    cells = read_cells(tmp_path / "data" / "rsna_canal")
    assert any(cell.grade == 2 and cell.level is Level.L1_L2 for cell in cells if cell.study_id == rows[1]["study_id"])


def test_images_that_are_missing_damaged_or_of_another_plane_are_gaps(
    download: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = read_download(download).studies[0]
    root = tmp_path / "download"
    shutil.copytree(download / IMAGES / study.study, root / IMAGES / study.study)
    for path in download.glob("*.csv"):
        write_rows(root / path.name, [row for row in rows_of(path) if row["study_id"] == study.study])
    canal, foramen = (
        [m for m in study.marks if m.condition == c] for c in ("spinal_canal_stenosis", "neural_foraminal_narrowing")
    )
    folder = root / IMAGES / study.study
    (folder / foramen[0].series / f"{foramen[0].instance}.dcm").unlink()
    other = next(mark for mark in foramen if mark.instance != foramen[0].instance)
    damaged = folder / other.series / f"{other.instance}.dcm"
    damaged.write_bytes(damaged.read_bytes()[:600])
    rows = rows_of(root / COORDINATES)
    for row in rows:
        if "Canal" in row["condition"] and row["level"] == "L1/L2":
            row["x"] = "4000"
        if "Canal" in row["condition"] and row["level"] == "L2/L3":
            recess = next(mark for mark in study.marks if mark.condition == "subarticular_stenosis")
            row["series_id"], row["instance_number"] = recess.series, recess.instance
    write_rows(root / COORDINATES, rows)
    arguments = [
        "prepare",
        str(root),
        "--out",
        str(tmp_path / "out"),
        "--runs",
        str(tmp_path / "runs"),
        "--workers",
        "1",
    ]
    assert main(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    gaps = {row["what"] for row in rows_of(tmp_path / "out" / "gaps.csv")}
    assert gaps == {What.NO_IMAGE, What.UNREADABLE, What.OUTSIDE, What.OTHER_PLANE}
    assert told["cells"]["rsna_canal"] == len(canal) - 2
    assert 0 < told["cells"]["rsna_foraminal"] < len(foramen)
    assert told["cells"]["rsna_subarticular"] == 10


def test_crops_that_other_localisers_cut_are_not_overwritten(download: Path, tmp_path: Path) -> None:
    path = store_file(RECIPES[0], tmp_path)
    np.savez(path, cut_by=np.array("0badcafe"))
    with pytest.raises(ValueError, match="--runs"):
        prepare(download, tmp_path / "data", RECIPES, tmp_path, 1, lambda *_: None)
    assert not (tmp_path / "data").exists()


def test_every_dicom_file_becomes_a_jpeg_of_its_name(
    download: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, out = tmp_path / "download", tmp_path / "out"
    study = sorted((download / IMAGES).iterdir())[0]
    series = sorted(study.iterdir())[0]
    shutil.copytree(series, root / IMAGES / study.name / series.name)
    files = sorted((root / IMAGES).rglob("*.dcm"))
    files[0].write_bytes(b"no image")
    arguments = ["prepare", str(root), "--out", str(out), "--to-jpeg", "--workers", "1"]
    assert main(arguments) == 0
    made = sorted(path.relative_to(out).with_suffix(".dcm") for path in out.rglob("*.jpeg"))
    assert made == [file.relative_to(root / IMAGES) for file in files[1:]]
    (image,) = read_study([files[1]]).series[0].instances
    pixels = DirectReader().read(image)
    with Image.open((out / made[0]).with_suffix(".jpeg")) as picture:
        assert picture.mode == "L"
        shown = np.asarray(picture, np.float32)
    assert np.corrcoef(shown.ravel(), pixels.ravel())[0, 1] > 0.995
    assert "1  image that cannot be read" in capsys.readouterr().out
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.jpeg")}
    gone = sorted(before)[0]
    gone.unlink()
    assert main(arguments) == 0
    after = {path: path.stat().st_mtime_ns for path in out.rglob("*.jpeg")}
    assert set(after) == set(before)
    assert {path for path in after if after[path] != before[path]} == {gone}


def test_the_real_study_becomes_what_the_public_copies_hold_of_it(real_data: Path, tmp_path: Path) -> None:
    name = "rsna_100206310"
    root = tmp_path / "download"
    (root / IMAGES).mkdir(parents=True)
    (root / IMAGES / "100206310").symlink_to(real_data / "dicom" / name)
    for of, table in (("grades", GRADES), ("coordinates", COORDINATES), ("series", "train_series_descriptions.csv")):
        shutil.copy(real_data / "dicom" / f"{name}_{of}.csv", root / table)
    result = prepare(root, tmp_path / "data", RECIPES, tmp_path / "cache", 1, lambda *_: None)
    assert result["gaps"] == [f"     3  {What.SEEN}"], "the localisers that ship have learnt from it"
    assert result["cells"] == SETS
    for set_name in SETS:
        ours = read_cells(tmp_path / "data" / set_name)
        theirs = [cell for cell in read_cells(real_data / set_name) if cell.study_id == "100206310"]
        assert theirs
        keyed = {(cell.side, cell.level): cell for cell in ours}
        for cell in theirs:
            mine = keyed[cell.side, cell.level]
            if Path(mine.file).stem != Path(cell.file).stem:
                continue  # marked on the neighbouring slice
            assert mine.grade == cell.grade
            pictures = [
                load_picture(f / set_name / "images" / c.file)
                for f, c in ((tmp_path / "data", mine), (real_data, cell))
            ]
            if set_name == "rsna_foraminal":
                continue  # squashed in the public copies
            if set_name == "rsna_subarticular":
                pictures = [middle_tile(each) for each in pictures]
            around = [
                picture[round(c.row) - 8 : round(c.row) + 9, round(c.column) - 8 : round(c.column) + 9].ravel()
                for picture, c in zip(pictures, (mine, cell), strict=True)
            ]
            assert np.corrcoef(*around)[0, 1] > 0.9, (set_name, cell.level, cell.side)
