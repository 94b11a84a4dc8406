"""Real widgets over a made-up core."""

from __future__ import annotations

import re
import threading
import tkinter as tk
from dataclasses import replace
from pathlib import Path
from tkinter import ttk
from types import SimpleNamespace

import pytest
from PIL import ImageTk

from lumbar_core import faults
from lumbar_core.anatomy import Level, Side, Weighting
from lumbar_core.errors import SavingError
from lumbar_core.study import InputKind
from lumbar_gui import bootstrap
from lumbar_gui.__main__ import main
from lumbar_gui.state import EvidenceMap, Page, Pane, Slot
from lumbar_gui.views import theme
from lumbar_gui.views.evidence_sheet import EvidenceSheet
from lumbar_gui.views.header_sheet import NOT_FOUND, HeaderSheet
from lumbar_gui.views.keys import BETWEEN_CASES_S
from lumbar_gui.views.sheets import diagnostics
from lumbar_gui.views.tips_sheet import TipsSheet
from lumbar_gui.worklist import Status
from tests.factories import CANAL, FORAMEN, MODERATE
from tests.gui.conftest import Driver, OpenWindow
from tests.gui.fakes import WRONG, BrokenReader, FakeCore, a_lone_t1_result, a_picture_study, a_study, some_evidence
from tests.gui.sample import off_midline_mm, spot

pytestmark = pytest.mark.gui


def graded(driver: Driver) -> None:
    driver.controller.choose([Path("study")])
    driver.until(lambda: driver.state.page is Page.CHOSEN)
    driver.window.chosen.upload.invoke()
    driver.until(lambda: driver.state.page is Page.RESULTS)
    driver.settle()


def texts(widget: object) -> str:
    """Everything a widget and those inside it say."""
    own = []
    for child in [widget, *widget.winfo_children()]:  # type: ignore[attr-defined]
        if child is not widget:
            own.append(texts(child))
        elif "text" in child.keys():  # noqa: SIM118 - a widget's options, not a dict
            own.append(str(child["text"]))
    return " ".join(part for part in own if part)


def test_back_leaves_no_word_of_the_case_in_the_hidden_page(driver: Driver) -> None:
    graded(driver)
    driver.controller.browser.select(next(f.key for f in driver.state.result.findings if f.is_to_check))  # type: ignore[union-attr]
    driver.window.results.remark.field.insert("1.0", "Known for years.")
    driver.settle()
    page = driver.window.results
    assert re.search(r"Severe|stenosis", texts(page))
    assert "L4/L5" in texts(page)
    driver.controller.back()
    driver.controller.discard()
    driver.until(lambda: driver.state.page is Page.START)
    driver.settle()
    assert not re.search(r"L\d/|stenosis|assessed|Check:|%", texts(page))
    assert page.remark.text == ""
    assert not page.grid_of_grades.find_all()
    graded(driver)
    assert "stenosis" in texts(page)


def test_upload_is_greyed_with_the_reason_until_something_is_chosen(driver: Driver) -> None:
    assert driver.window.start.upload.instate(["disabled"])
    assert "Choose an image first" in texts(driver.window.start)
    driver.window.start.upload.invoke()
    assert driver.state.page is Page.START


def test_a_wrong_format_is_shown_in_place_and_goes_away_when_closed(driver: Driver, core: FakeCore) -> None:
    core.read_error = WRONG
    driver.controller.choose([Path("notes.txt")])
    driver.until(lambda: driver.state.problem)
    driver.settle()
    assert "Wrong format" in texts(driver.window.start)
    driver.controller.dismiss_problem()
    driver.settle()
    assert driver.state.problem is None


def test_the_buttons_open_what_the_dialogs_answer(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts = driver.application.prompts
    monkeypatch.setattr(prompts, "open_files", lambda: ())
    driver.window.start.open_file.invoke()
    assert not driver.state.busy
    monkeypatch.setattr(prompts, "open_folder", lambda: Path("study"))
    driver.window.start.open_folder.invoke()
    driver.until(lambda: driver.state.page is Page.CHOSEN)


def test_chosen_tells_what_will_be_assessed_and_takes_the_user_s_word(driver: Driver) -> None:
    driver.controller.choose([Path("study")])
    driver.until(lambda: driver.state.page is Page.CHOSEN)
    driver.settle()
    assert "Canal, five levels" in texts(driver.window.chosen)
    driver.controller.change_role(driver.state.study.series[0], "Sagittal T1")  # type: ignore[union-attr]
    driver.settle()
    assert "there is no sagittal T2" in texts(driver.window.chosen)


def test_a_run_shows_its_picture_and_escape_stops_it(driver: Driver, core: FakeCore) -> None:
    driver.controller.choose([Path("study")])
    driver.until(lambda: driver.state.page is Page.CHOSEN)
    core.hold = threading.Event()
    driver.window.chosen.upload.invoke()
    driver.until(lambda: driver.state.page is Page.PROCESSING)
    driver.settle()
    assert "31 of 50 crops" in texts(driver.window.processing)
    driver.press("Escape")
    assert driver.state.page is Page.CHOSEN
    core.hold.set()


def test_a_click_on_a_cell_goes_to_its_slice(driver: Driver) -> None:
    graded(driver)
    grid = driver.window.results.grid_of_grades
    wanted = (FORAMEN, Side.LEFT, None, Level.L2_L3)
    x, y = grid.centre_of(wanted)
    grid.event_generate("<Button-1>", x=x, y=y)
    driver.settle()
    assert driver.state.selected == wanted
    assert driver.state.panes is not None
    left = spot(FORAMEN, Level.L2_L3, Side.LEFT)
    assert driver.state.panes.current == Pane(left.series.id, left.index)
    scene = driver.window.results.pictures.active.canvas.scene
    assert scene is not None
    assert scene.beside == f"LEFT of midline {off_midline_mm(left.series, left.index, Level.L2_L3):.0f} mm"
    assert scene.pixels is not None


def test_a_finding_that_was_not_found_is_not_shown_at_another_s_place(driver: Driver) -> None:
    graded(driver)
    driver.controller.browser.select((FORAMEN, Side.RIGHT, None, Level.L2_L3))
    lost = next(f for f in driver.state.result.findings if not f.assessed)  # type: ignore[union-attr]
    driver.controller.browser.select(lost.key)
    driver.settle()
    scene = driver.window.results.pictures.active.canvas.scene
    assert scene is not None
    assert "this finding was not located" in scene.beside
    assert not [name for name in scene.names if name.chosen]
    assert not [bracket for bracket in scene.brackets if bracket.chosen]


def test_a_button_of_the_page_before_does_not_keep_the_keys(driver: Driver) -> None:
    driver.window.start.open_sample.focus_force()
    driver.controller.choose([Path("study")])
    driver.until(lambda: driver.state.page is Page.CHOSEN)
    driver.settle()
    assert driver.root.focus_get() is driver.window.chosen
    driver.controller.upload()
    driver.until(lambda: driver.state.page is Page.RESULTS)
    box = driver.window.results._identity_box
    box.focus_force()
    driver.controller.back()
    driver.settle()
    driver.press("space")
    assert not driver.window.results._identity.get()


def test_e_goes_through_the_slices_that_the_finding_was_seen_on(driver: Driver) -> None:
    graded(driver)
    driver.controller.browser.select((CANAL, None, None, Level.L4_L5))
    seen = []
    for _ in range(3):
        driver.press("e")
        seen.append(driver.state.panes.current)  # type: ignore[union-attr]
    canal = spot(CANAL, Level.L4_L5)
    assert seen == [Pane(canal.series.id, canal.index + step) for step in (1, -1, 0)]
    driver.controller.browser.step_pane(1)
    driver.window.results.finding.evidence.invoke()
    assert driver.state.panes.current == Pane(canal.series.id, canal.index)  # type: ignore[union-attr]


def test_a_finding_without_a_place_has_no_evidence_to_show(driver: Driver) -> None:
    graded(driver)
    lost = next(f for f in driver.state.result.findings if not f.assessed)  # type: ignore[union-attr]
    driver.controller.browser.select(lost.key)
    driver.settle()
    before = driver.state.panes
    driver.press("e")
    assert driver.state.panes is before
    assert driver.window.results.finding.evidence.instate(["disabled"])


def test_the_grid_is_one_stop_with_arrows_inside(driver: Driver) -> None:
    graded(driver)
    driver.window.results.grid_of_grades.focus_force()
    chosen = driver.state.finding
    driver.press("Up")
    assert driver.state.finding is not None
    assert driver.state.finding.level is Level.L3_L4
    assert driver.state.finding.condition is chosen.condition  # type: ignore[union-attr]
    driver.press("Right")
    assert driver.state.finding.side is Side.LEFT


def test_keys_mark_and_the_grid_shows_the_reader_s_grade(driver: Driver) -> None:
    graded(driver)
    driver.press("m")
    assert driver.state.finding.reader.grade is MODERATE  # type: ignore[union-attr]
    assert "You: Moderate. The program said Severe." in texts(driver.window.results.finding)
    driver.press("Return")
    assert driver.state.finding.reader.status == "agreed"  # type: ignore[union-attr]


def test_back_with_marks_asks_in_place(driver: Driver) -> None:
    graded(driver)
    driver.press("x")
    driver.window.results.back.invoke()
    driver.settle()
    assert driver.state.page is Page.RESULTS
    assert "Going back forgets them" in texts(driver.window.results)
    driver.window.results.leaving.answers["Discard"].invoke()
    assert driver.state.page is Page.START


def test_shift_keys_count_anew(driver: Driver) -> None:
    graded(driver)
    canvas = driver.window.results.pictures.active.canvas
    driver.until(lambda: canvas.scene.pixels is not None)  # type: ignore[union-attr]
    before = canvas.scene
    driver.press("bracketright")
    driver.until(lambda: driver.state.numbering == "down")
    driver.settle()
    assert (canvas.scene.viewport, canvas.scene.window) == (before.viewport, before.window)  # type: ignore[union-attr]
    assert driver.window.results.numbering.down.instate(["disabled"])
    driver.press("bracketleft")
    driver.until(lambda: driver.state.numbering is None)


def test_the_mouse_moves_slices_brightness_and_zoom(driver: Driver) -> None:
    graded(driver)
    driver.controller.browser.select(next(f.key for f in driver.state.result.findings if f.condition is CANAL))  # type: ignore[union-attr]
    driver.until(lambda: driver.window.results.pictures.active.canvas.scene.pixels is not None)  # type: ignore[union-attr]
    canvas = driver.window.results.pictures.active.canvas
    index, before = driver.state.panes.current.index, canvas.scene  # type: ignore[union-attr]
    assert before is not None
    canvas.event_generate("<Button-5>", x=50, y=50)
    driver.settle()
    assert driver.state.panes.current.index == index + 1  # type: ignore[union-attr]
    canvas.event_generate("<Button-4>", x=50, y=50, state=0x4)
    driver.settle()
    assert canvas.scene.viewport.zoom > before.viewport.zoom  # type: ignore[union-attr]
    canvas.event_generate("<ButtonPress-1>", x=50, y=50)
    canvas.event_generate("<B1-Motion>", x=150, y=50)
    canvas.event_generate("<ButtonRelease-1>", x=150, y=50)
    driver.settle()
    assert canvas.scene.window.width > before.window.width  # type: ignore[union-attr]
    driver.press("r")
    driver.settle()
    assert canvas.scene.window == before.window  # type: ignore[union-attr]


def test_holding_o_hides_the_marks(driver: Driver) -> None:
    graded(driver)
    canvas = driver.window.results.pictures.active.canvas
    driver.until(lambda: canvas.find_withtag("bracket"))
    driver.press("KeyPress-o")
    driver.settle()
    assert not canvas.find_withtag("bracket")
    assert not canvas.find_withtag("name")
    driver.press("KeyRelease-o")
    driver.until(lambda: canvas.find_withtag("bracket"))


def test_saving_asks_where_to_and_an_error_stands_in_place(
    driver: Driver, core: FakeCore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graded(driver)
    suggested: list[str] = []

    def answer(name: str) -> Path:
        suggested.append(name)
        return tmp_path / "report.json"

    monkeypatch.setattr(driver.application.prompts, "save_path", answer)
    core.save_error = SavingError("The disk is full.", "Free some space.")
    driver.window.results.save.invoke()
    driver.until(lambda: driver.state.problem)
    driver.settle()
    assert "The disk is full." in texts(driver.window.results)
    core.save_error = None
    driver.window.results.save.invoke()
    driver.until(lambda: driver.state.saved)
    assert (tmp_path / "report.json").exists()
    assert suggested[0].endswith(".pdf")
    for word in (core.study.identity.patient_id, *core.study.identity.patient_name.split("^")):
        assert word not in suggested[0]


def test_back_takes_the_wish_for_the_identity_with_it(driver: Driver) -> None:
    graded(driver)
    driver.window.results._identity_box.invoke()
    assert driver.window.results._identity.get()
    driver.controller.back()
    graded(driver)
    assert not driver.window.results._identity.get()


def test_t_hides_the_identity(driver: Driver, core: FakeCore) -> None:
    graded(driver)
    assert core.study.identity.patient_id in driver.window.results.subtitle()
    driver.press("t")
    assert core.study.identity.patient_id not in driver.window.results.subtitle()


def test_a_lone_t1_has_one_column_without_sides(driver: Driver, core: FakeCore) -> None:
    core.study, core.result = a_picture_study(Weighting.T1), a_lone_t1_result()
    graded(driver)
    grid = driver.window.results.grid_of_grades
    words = [grid.itemcget(item, "text") for item in grid.find_all() if grid.type(item) == "text"]
    assert words.count("Side unknown") == words.count("foramen") == 1
    assert words.count("Normal/Mild") == 4 + 1  # and once in the legend
    assert not [word for word in words if word in ("canal", "recess") or "Patient" in word]
    x, y = grid.centre_of((FORAMEN, None, None, Level.L2_L3))
    grid.event_generate("<Button-1>", x=x, y=y)
    driver.settle()
    assert "L2/L3 · foramen, side unknown" in texts(driver.window.results.finding)
    scene = driver.window.results.pictures.active.canvas.scene
    assert driver.window.results.pictures.visible == (Slot.SAGITTAL_T1,)
    assert scene is not None
    assert [bracket.key[3] for bracket in scene.brackets if bracket.chosen] == [Level.L2_L3]
    assert scene.beside == ""


def test_the_series_of_a_lone_slice_can_be_loaded(driver: Driver, core: FakeCore) -> None:
    whole = a_study(kind=InputKind.SERIES, series=a_study().series[:1])
    lone = replace(whole.series[0], instances=whole.series[0].instances[3:4], slice_spacing_mm=None)
    beside = tuple(instance.source.path for instance in whole.series[0].instances if instance not in lone.instances)
    core.study = replace(whole, kind=InputKind.SLICE, series=(lone,), siblings=beside)
    driver.controller.choose([Path("slice")])
    driver.until(lambda: driver.state.page is Page.CHOSEN)
    core.study = whole
    driver.window.chosen.load_all.invoke()
    driver.until(lambda: driver.state.study is whole)
    assert len(driver.state.study.series[0].instances) == 15  # type: ignore[union-attr]


@pytest.mark.parametrize("number", [1, 2])
def test_a_series_that_gives_less_than_its_lone_slice_is_not_offered(
    driver: Driver, core: FakeCore, number: int
) -> None:
    whole = a_study(series=a_study().series[number : number + 1])
    lone = replace(whole.series[0], instances=whole.series[0].instances[3:4], slice_spacing_mm=None)
    core.study = replace(whole, kind=InputKind.SLICE, series=(lone,), siblings=(Path("2.dcm"), Path("3.dcm")))
    driver.controller.choose([Path("slice")])
    driver.until(lambda: driver.state.page is Page.CHOSEN)
    words = texts(driver.window.chosen)
    assert "2 more slices of it lie in the same folder" in words
    assert "Load all" not in words


def test_every_cell_of_the_grid_says_its_grade_in_words(driver: Driver) -> None:
    graded(driver)
    grid = driver.window.results.grid_of_grades
    words = [grid.itemcget(item, "text") for item in grid.find_all() if grid.type(item) == "text"]
    assert words.count("Severe") == 4 + 1  # and once in the legend
    assert words.count("Moderate") == 10 + 1
    assert words.count("Normal/Mild") == 10 + 1
    assert "no slice" in words


def test_the_first_start_shows_the_notice_once(open_window: OpenWindow, core: FakeCore) -> None:
    driver = open_window(core.services(), notice_seen="")
    assert driver.window.sheet is not None
    assert "not a medical device" in texts(driver.window.sheet)
    assert "non-commercial" in texts(driver.window.sheet)
    notice = driver.window.sheet
    driver.press("Escape")
    for other in ("settings", "about", "help", "plan"):
        driver.window.open_sheet(other)
    assert driver.window.sheet is notice, "it waits for its own button"
    notice.close.invoke()
    tips = driver.window.sheet
    assert isinstance(tips, TipsSheet)
    shown = []
    while driver.window.sheet is tips:
        shown.append(str(tips.tip["text"]))
        tips.close.invoke()
    assert len(set(shown)) == 4
    assert driver.window.sheet is None
    assert driver.state.settings.tips_seen
    assert driver.state.settings.notice_seen


@pytest.mark.parametrize("how", ["Escape", "Skip"])
def test_the_tips_can_be_skipped_and_do_not_come_again(open_window: OpenWindow, core: FakeCore, how: str) -> None:
    driver = open_window(core.services(), notice_seen="")
    assert driver.window.sheet is not None
    driver.window.sheet.close.invoke()
    assert isinstance(driver.window.sheet, TipsSheet)
    if how == "Escape":
        driver.press("Escape")
    else:
        driver.window.sheet.skip.invoke()
    assert driver.window.sheet is None
    assert driver.state.settings.tips_seen


def test_help_leads_to_what_the_grades_mean(driver: Driver) -> None:
    driver.window.open_sheet("help")
    driver.window.open_sheet("grades")
    said = texts(driver.window.sheet)
    assert all(words in said for words in ("Normal/Mild", "Moderate", "Severe", "Radiology", "RSNA 2024"))


@pytest.mark.parametrize("scale", [100, 150, 200])
def test_every_length_follows_the_scale(open_window: OpenWindow, core: FakeCore, scale: int) -> None:
    driver = open_window(core.services(), scale=scale)
    look = driver.window.look
    assert look.px(theme.BAR) == 48 * scale // 100
    assert look.font("text").metrics("linespace") >= 14 * scale // 100
    assert driver.window._bar.winfo_height() == look.px(theme.BAR)


def test_changing_the_theme_keeps_what_is_shown(driver: Driver) -> None:
    graded(driver)
    before = driver.state.result
    driver.controller.set_settings(replace(driver.state.settings, theme="light"))
    driver.settle()
    assert driver.window.look.palette.name == "light"
    assert driver.state.result is before
    assert driver.window.results.winfo_ismapped()


@pytest.mark.parametrize("name", ["settings", "help", "about"])
def test_sheets_open_and_escape_closes_them(driver: Driver, name: str) -> None:
    driver.window.open_sheet(name)
    driver.settle()
    assert driver.window.sheet is not None
    driver.press("Escape")
    assert driver.window.sheet is None


def test_diagnostics_hold_versions_and_nothing_of_a_patient(driver: Driver, core: FakeCore) -> None:
    graded(driver)
    driver.window.open_sheet("about")
    text = diagnostics(driver.window.tools)
    assert "onnxruntime" in text
    assert "localise_t2" in text
    assert core.study.identity.patient_id not in text


def test_closing_the_window_ends_everything(driver: Driver) -> None:
    graded(driver)
    driver.controller.close()
    assert not driver.application.running


def test_files_dropped_with_blanks_in_their_names_are_chosen(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[Path] = []
    monkeypatch.setattr(driver.controller, "choose", chosen.extend)
    driver.window._dropped(SimpleNamespace(data="{/a folder/one slice.dcm} /two.png"))  # type: ignore[arg-type]
    assert chosen == [Path("/a folder/one slice.dcm"), Path("/two.png")]


def test_a_slice_that_cannot_be_decoded_says_so(open_window: OpenWindow, core: FakeCore) -> None:
    driver = open_window(replace(core.services(), open_reader=BrokenReader))
    graded(driver)
    scene = driver.window.results.pictures.active.canvas.scene
    assert scene is not None
    driver.until(lambda: driver.window.results.pictures.active.canvas.scene.message == "This slice cannot be decoded")  # type: ignore[union-attr]


def test_a_fault_in_a_callback_is_said_and_the_window_stays(
    open_window: OpenWindow, core: FakeCore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "log_file", lambda: tmp_path / "faults.log")
    driver = open_window(core.services())
    driver.application._fault(KeyError, KeyError("name"), None)
    driver.settle()
    assert "Something went wrong" in texts(driver.window.start)
    assert "KeyError" in (tmp_path / "faults.log").read_text()


def test_without_a_display_the_program_says_what_to_do_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_display(_paths: object, _reading: object) -> None:
        raise tk.TclError("no display name and no $DISPLAY environment variable")

    monkeypatch.setattr(bootstrap, "run", no_display)
    monkeypatch.setattr("sys.argv", ["lumbar"])
    with pytest.raises(SystemExit, match="python -m lumbar_core grade"):
        main()


def test_the_archive_is_offered_where_the_settings_ask_for_it_and_asks_once_more(
    driver: Driver, core: FakeCore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    graded(driver)
    results = driver.window.results
    assert not results.archive.winfo_ismapped()
    driver.controller.set_settings(replace(driver.state.settings, dicom=True))
    driver.settle()
    assert driver.window.results.archive.winfo_ismapped()
    monkeypatch.setattr(driver.application.prompts, "archive_folder", lambda: tmp_path)
    driver.window.results.archive.invoke()
    driver.settle()
    assert driver.window.results.archiving.winfo_ismapped()
    assert core.archived == []
    driver.window.results.archiving.answers["Write"].invoke()
    driver.until(lambda: driver.state.saved == tmp_path)
    assert len(core.archived) == 1
    assert not driver.window.results.archiving.winfo_ismapped()


def test_the_findings_are_copied_as_lines_of_text(driver: Driver) -> None:
    graded(driver)
    driver.press("Control-Shift-C")
    lines = driver.root.clipboard_get().splitlines()
    assert len(lines) == 5
    assert lines[-1].endswith("(unreviewed program output)")


def test_the_header_of_the_file_shown_can_be_looked_through(driver: Driver) -> None:
    graded(driver)
    driver.press("Control-i")
    driver.until(lambda: isinstance(driver.window.sheet, HeaderSheet))
    sheet = driver.window.sheet
    assert isinstance(sheet, HeaderSheet)
    assert driver.state.tags is not None
    assert driver.state.tags.of.startswith("Sagittal T2, slice ")
    assert len(sheet.shown.get("1.0", "end").splitlines()) == 2
    sheet.sought.set("echo")
    assert sheet.shown.get("1.0", "end").strip() == "(0018,0081)\tDS\tEchoTime\t101.0"
    sheet.sought.set("nothing like it")
    assert sheet.shown.get("1.0", "end").strip() == NOT_FOUND
    driver.press("Escape")
    assert driver.window.sheet is None
    assert driver.state.tags is None
    driver.press("Control-i")
    driver.until(lambda: isinstance(driver.window.sheet, HeaderSheet))


def evidence_sheet(driver: Driver) -> EvidenceSheet:
    driver.press("v")
    driver.until(lambda: isinstance(driver.window.sheet, EvidenceSheet))
    assert isinstance(driver.window.sheet, EvidenceSheet)
    return driver.window.sheet


def painted(sheet: EvidenceSheet) -> tuple[str, bytes]:
    """Of the first slice, what is said of the map and what it looks like."""
    _, image, words = sheet._rows[0]
    return str(words["text"]), ImageTk.getimage(image).tobytes()


def test_the_networks_own_map_is_painted_by_key_and_by_mouse(driver: Driver) -> None:
    graded(driver)
    sheet = evidence_sheet(driver)
    hiding = painted(sheet)
    assert hiding[0].startswith("Hiding what is painted")
    driver.press("v")
    assert driver.window.sheet is sheet, "it is painted anew, not opened"
    places = painted(sheet)
    assert places[0].startswith("Its 2 × 2 places")
    assert places[1] != hiding[1]
    for map_, shown in ((EvidenceMap.HIDING, hiding), (EvidenceMap.PLACES, places)):
        sheet.choices[map_].invoke()
        assert painted(sheet) == shown
    driver.press("Escape")
    assert painted(evidence_sheet(driver)) == places, "the reader's choice stays"


def test_of_a_pack_without_its_own_map_there_is_nothing_to_choose(driver: Driver, core: FakeCore) -> None:
    core.explain = lambda view: replace(some_evidence(view), places=None)
    graded(driver)
    sheet = evidence_sheet(driver)
    assert sheet.choices == {}
    driver.press("v")
    assert painted(sheet)[0].startswith("Hiding what is painted")


def test_what_the_network_saw_is_shown_for_the_chosen_finding(driver: Driver) -> None:
    graded(driver)
    driver.press("v")
    driver.until(lambda: isinstance(driver.window.sheet, EvidenceSheet))
    assert driver.state.evidence is not None
    assert driver.state.evidence.finding == driver.state.finding
    driver.press("Escape")
    assert driver.window.sheet is None
    assert driver.state.evidence is None
    missing = next(f for f in driver.state.result.findings if not f.assessed)  # type: ignore[union-attr]
    driver.application.controller.browser.select(missing.key)
    driver.press("v")
    driver.settle()
    assert driver.window.sheet is None, "nothing was seen of what was not assessed"


def test_a_header_that_cannot_be_read_is_said(driver: Driver, core: FakeCore) -> None:
    graded(driver)
    core.read_error = WRONG
    driver.press("Control-i")
    driver.until(lambda: driver.state.problem is not None)
    assert driver.window.sheet is None


def test_a_patient_s_number_that_does_not_fit_looks_cut(driver: Driver, core: FakeCore) -> None:
    number = "1234567890" * 8
    identity = replace(core.result.identity, patient_id=number)
    core.result = replace(core.result, identity=identity)
    driver.controller.choose([Path("study")])
    driver.until(lambda: driver.state.page is Page.CHOSEN)
    driver.controller.upload()
    driver.until(lambda: driver.state.page is Page.RESULTS)
    driver.settle()
    words = texts(driver.root)
    assert number not in words
    assert re.search(r"1234567890\d*…", words)
    driver.root.geometry("2000x800")
    driver.settle()
    assert number in texts(driver.root)


def test_the_buttons_above_keep_their_order_whatever_comes_and_goes(driver: Driver, core: FakeCore) -> None:
    core.study = (a_study(), a_study())
    driver.controller.choose([Path("folder")])
    driver.until(lambda: driver.state.worklist is not None)
    driver.controller.open_case(0)
    driver.until(lambda: driver.state.page is Page.RESULTS)
    page = driver.window.results
    for geometry in ("1280x800", "1100x700", "1280x800"):
        driver.root.geometry(geometry)
        driver.controller.set_settings(replace(driver.state.settings, theme=driver.state.settings.theme))
        driver.settle()
        buttons = (page.back, page.next, page.print, page.save)
        assert all(button.winfo_ismapped() for button in buttons)
        left = [button.winfo_rootx() for button in buttons]
        assert left == sorted(left)


def test_a_list_of_examinations_is_read_with_two_keys(
    driver: Driver, core: FakeCore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Open the first, Ctrl + Enter once with a place to save to, then once for each: nothing else is asked."""
    core.study = (a_study(), a_study(), a_study())
    driver.controller.choose([Path("folder")])
    driver.until(lambda: driver.state.worklist is not None)
    driver.settle()
    words = texts(driver.window.start)
    assert "3 examinations" in words
    assert words.count("waiting") == 3
    driver.press("Return")  # the first has the keys
    driver.until(lambda: driver.state.page is Page.RESULTS)
    assert driver.state.worklist is not None
    assert driver.state.worklist.current == 0
    driver.settle()
    assert driver.window.results.next.winfo_ismapped()
    driver.window.results.finding.agree.focus_set()  # as after a click on it
    driver.until(lambda: driver.root.focus_get() is driver.window.results.finding.agree)
    monkeypatch.setattr(driver.application.prompts, "save_path", lambda _: tmp_path / "first.pdf")
    driver.press("Control-Return")
    driver.until(lambda: driver.state.worklist.current == 1 and driver.state.page is Page.RESULTS)  # type: ignore[union-attr]
    monkeypatch.setattr(driver.application.prompts, "save_path", lambda _: pytest.fail("asked again"))
    driver.press("Control-Next")
    driver.until(lambda: driver.state.worklist.current == 2 and driver.state.page is Page.RESULTS)  # type: ignore[union-attr]
    driver.settle(BETWEEN_CASES_S)
    assert not driver.window.results.next.winfo_ismapped(), "it is the last"
    driver.press("Control-Return")
    driver.until(lambda: driver.state.page is Page.START)
    driver.settle()
    assert len(list(tmp_path.glob("*.pdf"))) == 2
    assert texts(driver.window.start).count("saved") == 2
    driver.press("Return")  # the only one that is not done
    driver.until(lambda: driver.state.worklist.current == 1)  # type: ignore[union-attr]


def test_a_list_keeps_the_keys_where_they_are_while_cases_are_graded(driver: Driver, core: FakeCore) -> None:
    core.study = (a_study(), a_study(), a_study())
    driver.controller.choose([Path("folder")])
    driver.until(lambda: driver.state.worklist is not None)
    driver.settle()
    driver.press("Tab")
    driver.state.change(worklist=driver.state.worklist.with_status(2, Status.GRADED))  # type: ignore[union-attr]
    driver.settle()
    driver.press("Return")
    driver.until(lambda: driver.state.worklist.current == 1)  # type: ignore[union-attr]


def test_what_the_reader_has_marked_is_not_to_be_checked_any_more(driver: Driver) -> None:
    graded(driver)
    assert driver.state.result is not None
    driver.controller.browser.select(driver.state.result.to_check[0].key)
    driver.settle()
    card = driver.window.results.finding
    assert "⚑ Check: " in texts(card)
    driver.controller.mark("x")
    driver.settle()
    assert "⚑ Check: " not in texts(card)
    assert "✓ You: " in texts(card)


def test_a_file_dialog_of_tk_s_own_may_have_the_keys(driver: Driver) -> None:
    graded(driver)
    driver.window.results.grid_of_grades.focus_force()
    driver.settle()
    driver.root.tk.eval("toplevel .alien; ttk::entry .alien.field; pack .alien.field; focus -force .alien.field")
    driver.settle()
    driver.controller.browser.step_pane(1)
    driver.settle()
    assert driver.state.problem is None
    driver.root.tk.eval("destroy .alien")


@pytest.mark.parametrize("name", theme.PALETTES)
def test_what_is_typed_into_tk_s_own_file_dialogs_can_be_read(
    open_window: OpenWindow, core: FakeCore, name: str
) -> None:
    style = ttk.Style(open_window(core.services(), theme=name).root)
    for text, ground in (("foreground", "fieldbackground"), ("selectforeground", "selectbackground")):
        assert theme.contrast(str(style.lookup("TEntry", text)), str(style.lookup("TEntry", ground))) >= 4.5
