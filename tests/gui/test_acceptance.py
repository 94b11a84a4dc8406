"""The seven acceptance cases (DESIGN.md §6): real widgets, the real core, the shipped packs."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lumbar_core
from lumbar_core.anatomy import Condition, Severity
from lumbar_core.inference.packs import PackSet, load_packs
from lumbar_core.pipeline import analyse
from lumbar_core.reading import read_study
from lumbar_core.report.headline import NOTHING_ASSESSED, headline
from lumbar_core.report.result import INTENDED_USE, StudyResult
from lumbar_gui.bootstrap import real_services
from lumbar_gui.state import Page, Slot
from tests.conftest import real_data_folder
from tests.gui.conftest import Driver, OpenWindow

pytestmark = pytest.mark.gui

SAMPLE = Path(lumbar_core.__file__).parent / "sample"
MOST_CANDIDATES = 30
WORDS = {
    Severity.NORMAL_MILD: "Normal/Mild",
    Severity.MODERATE: "Moderate",
    Severity.SEVERE: "Severe",
}


@pytest.fixture
def driver(open_window: OpenWindow) -> Driver:
    """The window over the real core."""
    return open_window(real_services())


@cache
def packs() -> PackSet:
    return load_packs()


@pytest.fixture
def canal_pack() -> PackSet:
    """The shipped packs; a build without any has nothing to grade with."""
    if packs().grader(Condition.SPINAL_CANAL_STENOSIS) is None:
        pytest.skip("no canal pack is shipped")
    return packs()


def labelled_pictures(wanted: str) -> Iterator[Path]:
    """Real pictures whose five canal levels are all Normal/Mild ("healthy"), or one of which is Severe ("severe")."""
    folder = real_data_folder() / "rsna_canal"
    if not (folder / "cells.csv").is_file():
        return
    grades: dict[str, list[str]] = defaultdict(list)
    with (folder / "cells.csv").open(newline="") as table:
        for row in csv.DictReader(table):
            grades[row["file"]].append(row["grade"])
    for file, given in grades.items():
        healthy = len(given) == 5 and set(given) == {"Normal/Mild"}
        if healthy if wanted == "healthy" else "Severe" in given:
            yield folder / "images" / file


def program_says(path: Path) -> StudyResult:
    """The core's own answer, for choosing a picture; the window must give the same."""
    return analyse(read_study([path]), packs())


def first_that(paths: Iterable[Path], holds: object) -> Path | None:
    """The first of some candidates that the program answers in a certain way."""
    for path, _ in zip(paths, range(MOST_CANDIDATES), strict=False):
        if holds(program_says(path)):  # type: ignore[operator]
            return path
    return None


def upload(driver: Driver, path: Path) -> StudyResult:
    """Choose a path and press Upload, as a user does; gives what the window then holds."""
    driver.controller.choose([path])
    driver.until(lambda: driver.state.page is Page.CHOSEN, seconds=60)
    driver.window.chosen.upload.invoke()
    driver.until(lambda: driver.state.page is Page.RESULTS, seconds=60)
    driver.settle()
    assert driver.state.result is not None
    return driver.state.result


def shown_headline(driver: Driver) -> str:
    return str(driver.window.results.headline["text"])


def grid_words(driver: Driver) -> list[str]:
    grid = driver.window.results.grid_of_grades
    return [grid.itemcget(item, "text") for item in grid.find_all() if grid.type(item) == "text"]


def a_png(folder: Path) -> Path:
    path = folder / "picture.png"
    noise = np.random.default_rng(1).integers(0, 255, (256, 256), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    return path


def test_case_1_wrong_format(driver: Driver, tmp_path: Path) -> None:
    for name, content in (("notes.txt", b"not a picture"), ("scan.dcm", b"text renamed"), ("empty.png", b"")):
        (tmp_path / name).write_bytes(content)
    driver.controller.choose([tmp_path / "notes.txt"])
    driver.until(lambda: driver.state.problem)
    driver.settle()
    banner = driver.window.start._banner
    assert banner.title["text"] == "Wrong format"
    assert banner.winfo_ismapped()
    said = f"{banner.finding['text']} {banner.remedy['text']}"
    assert "notes.txt" in said
    assert "PNG" in said
    assert "DICOM" in said
    assert driver.state.page is Page.START
    assert driver.window.start.upload.instate(["disabled"])
    for name in ("scan.dcm", "empty.png"):
        driver.controller.dismiss_problem()
        driver.controller.choose([tmp_path / name])
        driver.until(lambda: driver.state.problem)
        assert driver.state.page is Page.START
        assert not driver.controller.can_upload()


def test_case_2_dicom_or_png_enables_upload(driver: Driver, tmp_path: Path) -> None:
    a_slice = sorted((SAMPLE / "t2_tse_sag").iterdir())[8]
    for path in (a_slice, SAMPLE):
        driver.controller.choose([path])
        driver.until(lambda: driver.state.page is Page.CHOSEN, seconds=60)
        driver.settle()
        assert driver.window.chosen.upload.instate(["!disabled"])
        driver.window.chosen.back.invoke()
        assert driver.window.start.upload.instate(["disabled"])
    a_picture = next(labelled_pictures("healthy"), None)
    with Image.open(a_picture or a_png(tmp_path)) as image:
        image.convert("L").save(tmp_path / "slice.png")
    driver.controller.choose([tmp_path / "slice.png"])
    driver.until(lambda: driver.state.page is Page.CHOSEN, seconds=60)
    driver.settle()
    # Noise is readable but no spine: a build with a recogniser excludes it, and says so beside the greyed button.
    assert driver.window.chosen.upload.instate(["!disabled"]) or a_picture is None


def test_case_3_no_degeneration(driver: Driver, canal_pack: PackSet, healthy_study: Path) -> None:
    candidates = list(labelled_pictures("healthy"))
    picture = first_that(candidates, lambda result: headline(result).startswith("No degeneration"))
    if candidates:
        assert picture is not None, f"none of {MOST_CANDIDATES} healthy pictures was called free of degeneration"
    for path in [healthy_study, *([picture] if picture else [])]:
        result = upload(driver, path)
        assert shown_headline(driver).endswith(headline(result))
        assert "No degeneration above Normal/Mild: canal, 5 of 5 levels" in shown_headline(driver)
        assert result.worst_grade is Severity.NORMAL_MILD
        assert not result.to_check
        assert grid_words(driver).count("Normal/Mild") == len(result.assessed) + 1  # and once in the legend
        assert "fracture" in " ".join(all_words(driver.window.results))
        driver.window.results.back.invoke()
        driver.settle()


def test_case_4_upload_disabled_without_image(driver: Driver, tmp_path: Path) -> None:
    start = driver.window.start
    assert start.upload.instate(["disabled"])
    assert "Choose an image first" in " ".join(all_words(start))
    start.upload.invoke()
    driver.settle()
    assert driver.state.page is Page.START
    (tmp_path / "empty").mkdir()
    driver.controller.choose([tmp_path / "empty"])
    driver.until(lambda: driver.state.problem)
    assert start.upload.instate(["disabled"])


def test_case_5_degeneration_is_classified(driver: Driver, canal_pack: PackSet) -> None:
    candidates = list(labelled_pictures("severe"))
    path = first_that(candidates, lambda result: result.worst_grade is Severity.SEVERE)
    if candidates:
        assert path is not None, f"in none of {MOST_CANDIDATES} pictures was the severe stenosis called severe"
    result = upload(driver, path or SAMPLE)
    worst = result.worst_grade
    assert worst is not None
    assert shown_headline(driver).endswith(headline(result))
    assert headline(result) != NOTHING_ASSESSED
    if candidates:
        assert worst is Severity.SEVERE
        assert "Severe canal stenosis at L" in shown_headline(driver)
    words = grid_words(driver)
    for grade in Severity:
        assert words.count(WORDS[grade]) == sum(f.grade is grade for f in result.findings) + 1
    finding = driver.state.finding
    assert finding is not None
    assert finding.grade is worst
    driver.until(lambda: driver.window.results.pictures.active.canvas.find_withtag("bracket"))
    assert sum(finding.probabilities or ()) == pytest.approx(1.0, abs=1e-3)


def test_case_6_back_returns_to_first_page(driver: Driver) -> None:
    upload(driver, SAMPLE)
    driver.window.results.back.invoke()
    driver.settle()
    assert driver.state.page is Page.START
    assert driver.window.start.winfo_ismapped()
    assert (driver.state.study, driver.state.result, driver.state.selected) == (None, None, None)
    assert all(driver.window.results.pictures.pane(slot).canvas.scene is None for slot in Slot)
    assert driver.window.start.upload.instate(["disabled"])
    assert upload(driver, SAMPLE).input.files_read > 1


def test_case_7_save_result_prompts_and_writes(driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = upload(driver, SAMPLE)
    asked: list[str] = []
    for ending in (".pdf", ".json", ".csv"):
        path = tmp_path / f"report{ending}"

        def answer(suggested: str, path: Path = path) -> Path:
            asked.append(suggested)
            return path

        monkeypatch.setattr(driver.application.prompts, "save_path", answer)
        driver.window.results.save.invoke()
        driver.until(lambda path=path: driver.state.saved == path, seconds=30)  # type: ignore[misc]
    assert len(asked) == 3
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    saved = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert saved["schema"] == "lumbar-result/1"
    assert saved["summary"]["headline"] == headline(result)
    assert len(saved["findings"]) == len(result.findings)
    assert (tmp_path / "report.csv").read_text(encoding="utf-8-sig").startswith("path,condition,side")
    monkeypatch.setattr(driver.application.prompts, "save_path", lambda _suggested: None)
    before = sorted(tmp_path.iterdir())
    driver.window.results.save.invoke()
    driver.settle()
    assert sorted(tmp_path.iterdir()) == before
    assert driver.state.page is Page.RESULTS
    assert INTENDED_USE in " ".join(all_words(driver.root))


def all_words(widget: object) -> Iterator[str]:
    """Everything a widget and those inside it say."""
    if "text" in widget.keys():  # type: ignore[attr-defined] # noqa: SIM118 - a widget's options, not a dict
        yield str(widget["text"])  # type: ignore[index]
    for child in widget.winfo_children():  # type: ignore[attr-defined]
        yield from all_words(child)
