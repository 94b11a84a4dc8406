"""The report's language, paper, header and remark: from settings and field to the file."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from nacl.secret import SecretBox

from lumbar_core.report.form import ReportForm
from lumbar_core.report.study_key import installation_key, study_key, study_secret
from lumbar_gui.settings import Settings, read_settings, save_settings
from lumbar_gui.state import Leaving, Page
from tests.conftest import REPOSITORY
from tests.gui.conftest import Driver
from tests.gui.fakes import FakeCore
from tests.gui.test_controller import Desk
from tests.gui.test_large_scale import graded

WRITER = """
import sys, time
from pathlib import Path
from tests.gui.fakes import FakeCore
from tests.gui.test_controller import Desk
folder = Path(sys.argv[1])
desk = Desk(FakeCore(), folder / "settings.json")
desk.grade()
desk.controller.remark.write("Sciatica, says Mrs Nobody. Боль")
desk.until(lambda: list((folder / "unsaved").glob("*.remark")))
print("kept", flush=True)
time.sleep(60)
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(FakeCore(), tmp_path / "settings.json")
    desk.grade()
    yield desk
    desk.controller.shut_down()


def remarks(folder: Path) -> list[Path]:
    return list((folder / "unsaved").glob("*.remark"))


def saved(desk: Desk, path: Path) -> None:
    desk.controller.saving.save(path, identity=False)
    desk.until(lambda: desk.state.saved == path)


def test_settings_of_the_report_are_kept_and_foreign_ones_are_not(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    wanted = Settings(language="de", paper="letter", header="Praxis Süd\nRaum 1")
    save_settings(path, wanted)
    assert read_settings(path) == wanted
    path.write_text(json.dumps({"language": "tlh", "paper": "papyrus"}), encoding="utf-8")
    assert read_settings(path) == Settings()


def test_settings_and_remark_reach_the_report(desk: Desk, tmp_path: Path) -> None:
    desk.controller.set_settings(replace(desk.state.settings, language="de", paper="letter", header="Praxis"))
    desk.controller.remark.write("Sciatica on the right.")
    saved(desk, tmp_path / "r.pdf")
    assert desk.core.forms == [ReportForm("de", "letter", "Praxis", "Sciatica on the right.")]


def test_a_remark_is_not_lost_without_a_question(desk: Desk, tmp_path: Path) -> None:
    desk.controller.remark.write("Sciatica on the right.")
    desk.controller.back()
    assert desk.state.leaving is Leaving.BACK
    desk.controller.stay()
    saved(desk, tmp_path / "r.json")  # a result file does not hold it
    desk.controller.back()
    assert desk.state.leaving is Leaving.BACK
    desk.controller.stay()
    saved(desk, tmp_path / "r.pdf")
    assert not desk.state.unsaved
    desk.controller.back()
    assert desk.state.page is Page.START


def test_a_remark_belongs_to_one_case_and_is_readable_nowhere_else(desk: Desk, tmp_path: Path) -> None:
    desk.controller.remark.write("Mrs Nobody has sciatica.")
    desk.controller.mark("x")
    desk.until(lambda: remarks(tmp_path))
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(kept) == 2
    assert not any(b"Nobody" in text for text in kept)
    desk.controller.back()
    desk.controller.discard()
    desk.grade()
    assert desk.state.remark == ""
    assert not desk.state.unsaved
    assert not remarks(tmp_path)


def test_a_remark_survives_the_end_of_its_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))  # where the installation's key is made
    installation_key.cache_clear()
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    with writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "kept\n"
        writer.kill()
    after_crash = Desk(FakeCore(), tmp_path / "settings.json")
    after_crash.grade()
    installation_key.cache_clear()
    assert after_crash.state.remark == "Sciatica, says Mrs Nobody. Боль"
    assert after_crash.state.unsaved
    assert after_crash.state.problem is not None
    assert after_crash.state.problem.title == "Your remark is back"
    saved(after_crash, tmp_path / "r.pdf")
    assert not after_crash.state.unsaved
    assert not remarks(tmp_path)
    after_crash.controller.shut_down()


def test_a_kept_remark_is_of_one_study_and_a_broken_one_of_none(desk: Desk, tmp_path: Path) -> None:
    desk.controller.remark.write("Mrs Nobody has sciatica.")
    desk.until(lambda: remarks(tmp_path))
    (kept,) = remarks(tmp_path)
    whole = kept.read_bytes()
    another = FakeCore()
    another.study = replace(another.study, identity=replace(another.study.identity, study_uid="1.2.3"))
    for study, sealed in ((another.study, whole), (desk.core.study, whole[:-1]), (desk.core.study, b"")):
        kept.with_name(f"{study_key(study)}.remark").write_bytes(sealed)
        core = FakeCore()
        core.study = study
        other = Desk(core, tmp_path / "settings.json")
        other.grade()
        assert other.state.remark == ""
        assert other.state.problem is None
        other.controller.shut_down()


def test_a_remark_sealed_otherwise_is_not_read_and_gives_way_to_the_next(desk: Desk, tmp_path: Path) -> None:
    kept = tmp_path / "unsaved" / f"{study_key(desk.core.study)}.remark"
    kept.parent.mkdir(exist_ok=True)
    # As before libsodium sealed it: a nonce, the text under SHAKE-256, a tag of HMAC-SHA-256.
    key, nonce, text = study_secret(desk.core.study, "remark"), bytes(16), b"Mrs Nobody has sciatica."
    stream = hashlib.shake_256(key + nonce).digest(len(text))
    hidden = bytes(a ^ b for a, b in zip(text, stream, strict=True))
    kept.write_bytes(nonce + hidden + hmac.digest(key, nonce + hidden, "sha256"))
    former = kept.read_bytes()
    later = Desk(FakeCore(), tmp_path / "settings.json")
    later.grade()
    assert later.state.remark == ""
    assert later.state.problem is None
    later.controller.remark.write("Sciatica on the right.")
    later.until(lambda: kept.read_bytes() != former)
    sealed = SecretBox(study_secret(later.core.study, "remark"))
    assert sealed.decrypt(kept.read_bytes()) == b"Sciatica on the right."
    later.controller.shut_down()


def test_a_remark_that_is_rubbed_out_or_printed_before_it_grows_is_kept_as_it_is(desk: Desk, tmp_path: Path) -> None:
    desk.controller.remark.write("Sciatica")
    desk.until(lambda: remarks(tmp_path))
    desk.controller.saving.save(tmp_path / "r.pdf", identity=False)
    desk.controller.remark.write("Sciatica on the right.")
    desk.until(lambda: not desk.state.busy)
    assert remarks(tmp_path)
    desk.controller.remark.write(" ")
    desk.until(lambda: not remarks(tmp_path))


@pytest.mark.gui
def test_what_is_written_in_the_field_is_text_and_no_command(driver: Driver) -> None:
    graded(driver)
    page = driver.window.results
    page.remark.field.focus_force()
    driver.settle()
    for key in ("n", "m", "s", "Return", "x"):
        driver.press(key)
    assert driver.state.remark == "nms\nx"
    assert not driver.state.edited, "no grade was changed"
    driver.press("Control-z")
    driver.settle()
    assert len(driver.state.remark) < len("nms\nx")
    driver.press("Escape")
    assert driver.root.focus_get() is page.grid_of_grades
    assert driver.state.page is Page.RESULTS


@pytest.mark.gui
def test_control_moves_the_field_s_cursor_and_no_mark_and_the_window_s_keys_write_nothing(driver: Driver) -> None:
    graded(driver)
    field = driver.window.results.remark.field
    field.insert("1.0", "two words")
    field.mark_set("insert", "1.end")
    field.focus_force()
    for key in ("Left", "Up", "Right", "Down"):
        driver.press(f"Control-{key}")
    assert not driver.state.busy
    assert driver.state.finding is not None
    assert driver.state.finding.own is None
    driver.press("Control-Left")
    assert field.index("insert") == "1.4"
    driver.press("Control-i")
    driver.window.close_sheet()
    assert driver.state.remark == "two words"


@pytest.mark.gui
def test_letters_that_cannot_be_printed_are_named_below_the_field(driver: Driver) -> None:
    graded(driver)
    area = driver.window.results.remark
    area.field.insert("1.0", "Боль 통증")
    driver.settle()
    assert "“통증”" in str(area.refused["text"])
    assert area.refused.winfo_ismapped()
    area.field.delete("1.0", "end")
    driver.settle()
    assert not area.refused.winfo_ismapped()


@pytest.mark.gui
def test_the_header_is_kept_as_it_is_typed_and_the_copied_lines_are_in_the_report_s_language(driver: Driver) -> None:
    graded(driver)
    driver.window.open_sheet("settings")
    driver.settle()
    assert driver.window.sheet is not None
    (area,) = [child for child in driver.window.sheet.inside.winfo_children() if hasattr(child, "field")]
    area.field.insert("1.0", "Praxis Süd")
    driver.settle()
    assert driver.state.settings.header == "Praxis Süd"
    driver.window.close_sheet()
    driver.controller.set_settings(replace(driver.state.settings, language="de"))
    driver.window.results.copy_impression()
    assert "ungeprüftes Programmergebnis" in driver.root.clipboard_get()
