"""Every way in which tables and folders can disagree is told, and stops nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lumbar_core.anatomy import LEVELS, Condition, Side
from lumbar_core.errors import ReadingError
from tests.training.prepare.made_up import rows_of, write_rows
from training.phantom.rsna_layout import CONDITION_WORDS, SERIES_WORDS, SIDED
from training.prepare.download import COORDINATES, DESCRIPTIONS, GRADES, IMAGES, read_download
from training.prepare.gaps import Gap, What, gaps_in_words, write_gaps

WORDS = list(dict.fromkeys(SERIES_WORDS.values()))
SERIES_OF = {
    Condition.NEURAL_FORAMINAL_NARROWING: "701",
    Condition.SPINAL_CANAL_STENOSIS: "702",
    Condition.SUBARTICULAR_STENOSIS: "703",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """One study, 7, as it should be; its images are not looked at here."""
    for series in SERIES_OF.values():
        folder = tmp_path / IMAGES / "7" / series
        folder.mkdir(parents=True)
        (folder / "1.dcm").touch()
    places = [(c, side, level) for c in Condition for side in (Side if c in SIDED else (None,)) for level in LEVELS]
    grades = {"study_id": "7"}
    marks = []
    for condition, side, level in places:
        name = f"{f'{side}_' if side else ''}{condition}_{level.lower().replace('/', '_')}"
        grades[name] = "Normal/Mild"
        words = f"{f'{side.capitalize()} ' if side else ''}{CONDITION_WORDS[condition]}"
        marks.append({"study_id": "7", "series_id": SERIES_OF[condition], "instance_number": "1",
                      "condition": words, "level": level, "x": "5.0", "y": "6.5"})  # fmt: skip
    write_rows(tmp_path / GRADES, [grades])
    write_rows(tmp_path / COORDINATES, marks)
    described = zip(SERIES_OF.values(), WORDS, strict=True)
    write_rows(
        tmp_path / DESCRIPTIONS,
        [{"study_id": "7", "series_id": series, "series_description": words} for series, words in described],
    )
    return tmp_path


def changed(root: Path, table: str, change: Callable[[list[dict[str, str]]], None]) -> tuple[Gap, ...]:
    rows = rows_of(root / table)
    change(rows)
    write_rows(root / table, rows)
    return read_download(root).gaps


def test_a_whole_download_has_no_gap(root: Path) -> None:
    download = read_download(root)
    assert download.gaps == ()
    (study,) = download.studies
    assert len(study.marks) == 25
    assert {(mark.row, mark.column) for mark in study.marks} == {(6.5, 5.0)}
    assert set(study.kinds) == set(SERIES_OF.values())


def test_folders_and_rows_without_each_other(root: Path) -> None:
    (root / IMAGES / "9").mkdir()
    gaps = changed(root, GRADES, lambda rows: rows.append(rows[0] | {"study_id": "8"}))
    assert gaps == (Gap(What.NO_GRADES, "9"), Gap(What.NO_FOLDER, "8"))
    assert [study.study for study in read_download(root).studies] == ["7"]


def test_series_and_their_descriptions(root: Path) -> None:
    (root / IMAGES / "7" / "704").mkdir()
    (root / IMAGES / "7" / "704" / "1.dcm").touch()
    (root / IMAGES / "7" / "703" / "1.dcm").unlink()

    def renamed(rows: list[dict[str, str]]) -> None:
        rows[0]["series_description"] = "Coronal"

    found = {(gap.what, gap.series, gap.detail) for gap in changed(root, DESCRIPTIONS, renamed)}
    assert found == {
        (What.UNKNOWN_DESCRIPTION, "701", "Coronal"),
        (What.NO_SERIES_FOLDER, "703", WORDS[2]),
        (What.NO_DESCRIPTION, "704", ""),
        (What.NO_SERIES_OF_KIND, "", WORDS[0]),
        (What.NO_SERIES_OF_KIND, "", WORDS[2]),
    }


def test_grades_that_are_missing_or_unknown_take_their_marks_with_them(root: Path) -> None:
    def change(rows: list[dict[str, str]]) -> None:
        rows[0]["spinal_canal_stenosis_l4_l5"] = ""
        rows[0]["left_subarticular_stenosis_l1_l2"] = "Terrible"

    gaps = changed(root, GRADES, change)
    assert [gap.what for gap in gaps] == [
        What.NO_GRADE, What.UNKNOWN_GRADE, What.MARK_WITHOUT_GRADE, What.MARK_WITHOUT_GRADE,
    ]  # fmt: skip
    assert gaps[0].detail == "spinal canal stenosis L4/L5"
    assert gaps[1].detail == "left subarticular stenosis L1/L2: Terrible"
    assert len(read_download(root).studies[0].marks) == 23


def test_marks_that_are_missing_double_or_of_nothing(root: Path) -> None:
    def change(rows: list[dict[str, str]]) -> None:
        twice, odd, nowhere = dict(rows[1]), dict(rows[2]), dict(rows[3])
        del rows[0]
        odd["condition"], nowhere["x"] = "Scoliosis", ""
        rows += [twice, odd, nowhere]

    gaps = changed(root, COORDINATES, change)
    assert [gap.what for gap in gaps] == [
        What.MARKED_TWICE, What.UNKNOWN_STRUCTURE, What.UNKNOWN_STRUCTURE, What.NOT_MARKED,
    ]  # fmt: skip
    assert gaps[-1].detail == "spinal canal stenosis L1/L2"


@pytest.mark.parametrize("table", [GRADES, DESCRIPTIONS, COORDINATES])
def test_a_table_that_is_missing_or_another_is_named(root: Path, table: str) -> None:
    (root / table).write_text("a,b\n1,2\n")
    with pytest.raises(ReadingError, match="lacks the columns"):
        read_download(root)
    (root / table).unlink()
    with pytest.raises(ReadingError, match=table):
        read_download(root)


def test_a_table_cut_short_is_named(root: Path) -> None:
    text = (root / COORDINATES).read_text()
    (root / COORDINATES).write_text(text[: text.rindex(",") - 1])
    with pytest.raises(ReadingError, match="cut short"):
        read_download(root)


def test_another_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReadingError, match="no folder train_images"):
        read_download(tmp_path)


def test_gaps_are_counted_and_written(tmp_path: Path) -> None:
    gaps = [Gap(What.NO_IMAGE, "7", "701", "a"), Gap(What.NO_FOLDER, "8"), Gap(What.NO_IMAGE, "7", "702", "b")]
    assert [line.split()[0] for line in gaps_in_words(gaps)] == ["2", "1"]
    write_gaps(tmp_path / "gaps.csv", gaps)
    assert [row["what"] for row in rows_of(tmp_path / "gaps.csv")] == [str(gap.what) for gap in gaps]
