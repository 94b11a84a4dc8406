"""A first day with the program, by hand: `python -m tests.gui.walk.walk OUT.png` makes a sheet of what was seen.

Two generated examinations of one patient are read; each step is looked at before the next is taken.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageDraw, ImageFont, ImageGrab

import lumbar_core
from lumbar_gui.settings import Settings, save_settings
from lumbar_gui.views.sheets import NOTICE
from tests.gui.display import own_display
from tests.gui.walk.follow_up import write_follow_up
from tests.gui.walk.hands import Hands, program

SAMPLE = Path(lumbar_core.__file__).parent / "sample"
WIDTH, HEIGHT = 1280, 800
BESIDE = (WIDTH + 60, 300)  # where the folder lies that is dragged in
CANAL, LEFT_FORAMEN = "spinal_canal_stenosis///L3/L4", "neural_foraminal_narrowing/left//L4/L5"
T2, AXIAL, T1 = "sagittal T2", "axial", "sagittal T1"
COLUMNS, SHRINK, CAPTION = 3, 0.45, 26
DRAWING_S = 0.4  # what the eye sees comes a moment after what the program knows

Show = Callable[[str], None]


@dataclass(frozen=True)
class Saved:
    """What the walk leaves behind."""

    pdf: Path
    json: Path
    dicom: Path
    second: Path


def walk(hands: Hands, first: Path, second: Path, out: Path, show: Show) -> Saved:
    """From the first drop to the comparison of two examinations."""
    saved = Saved(out / "first.pdf", out / "first.json", out / "archive", out / "second.json")
    saved.dicom.mkdir()
    show("The program has started")
    _open(hands, first, show)
    _follow(hands, show)
    _correct(hands, show)
    _save(hands, saved, show)
    hands.click("back")
    hands.until(lambda seen: seen["page"] == "start", "the first page is back")
    show("Back: nothing of the case is left")
    _open(hands, second, lambda words: show(f"{words}, second examination"))
    hands.press("ctrl+e")
    hands.answer_dialog(saved.json)
    hands.until(lambda seen: seen["compared"], "the two are compared")
    show("Ctrl + E: compared with the first")
    hands.press("ctrl+s")
    hands.answer_dialog(saved.second)
    hands.until(lambda seen: seen["saved"] == str(saved.second), "the second is saved")
    show("Saved with the comparison")
    return saved


def _open(hands: Hands, folder: Path, show: Show) -> None:
    hands.drop(folder, hands.place("window"), BESIDE)
    hands.until(lambda seen: seen["page"] == "chosen" and seen["ready"], "the folder is read")
    show("A folder is dropped")
    hands.take_focus()
    hands.click("upload")
    hands.until(lambda seen: seen["page"] == "results" and seen["ready"] and seen["drawn"], "it is graded")
    show("Upload: all 25 structures")


def _follow(hands: Hands, show: Show) -> None:
    """Scroll, and follow a finding through the three panes."""
    before = hands.look()["slices"]
    hands.scroll(f"pane {T2}", 2)
    hands.until(lambda seen: seen["slices"][T2] == before[T2] + 2, "the wheel goes two slices on")
    show("The wheel: two slices on")
    hands.click(f"cell {LEFT_FORAMEN}")
    hands.until(lambda seen: seen["selected"] == LEFT_FORAMEN, "the cell is chosen")
    hands.until(lambda seen: f"mark {T1}" in seen["places"], "the foramen shows on T1")
    show("A cell: all pictures go to the left foramen")
    hands.click(f"cell {CANAL}")
    hands.until(lambda seen: f"mark {T2}" in seen["places"], "the canal shows on T2")
    x, y = hands.place(f"mark {T2}")
    hands.go_to((x, y))
    hands.press("d")
    hands.click((x - 30, y))
    hands.click((x + 30, y))
    hands.until(lambda seen: seen["measured"] == [2], "a length is measured")
    hands.press("Escape")
    show("D and two clicks: a length")


def _correct(hands: Hands, show: Show) -> None:
    """Say otherwise of two findings, take one back and say it again, and put a mark elsewhere."""
    hands.click(f"cell {CANAL}")
    hands.press("s")
    hands.until(lambda seen: seen["marks"] == {CANAL: "changed"}, "the canal is changed")
    hands.click(f"cell {LEFT_FORAMEN}")
    hands.press("x")
    hands.until(lambda seen: seen["marks"] == {CANAL: "changed", LEFT_FORAMEN: "cannot_judge"}, "two are marked")
    hands.press("ctrl+z")
    hands.until(lambda seen: seen["marks"] == {CANAL: "changed"}, "one is taken back")
    hands.press("ctrl+y")
    hands.until(lambda seen: len(seen["marks"]) == 2, "and done again")
    show("S and X: two findings corrected")
    x, y = hands.place(f"mark {T1}")
    hands.drag((x, y), (x + 12, y + 6), holding="ctrl")
    hands.until(lambda seen: seen["placed"] == [LEFT_FORAMEN] and seen["ready"], "it is graded elsewhere")
    show("Ctrl and the mouse: graded where it was put")


def _save(hands: Hands, saved: Saved, show: Show) -> None:
    for path in (saved.pdf, saved.json):
        hands.press("ctrl+s")
        hands.answer_dialog(path)
        hands.until(lambda seen, path=path: seen["saved"] == str(path), f"{path.name} is saved")  # type: ignore[misc]
    show("Ctrl + S: report and result file")
    hands.click("archive")
    hands.answer_dialog(saved.dicom)
    hands.until(lambda seen: seen["asking"] == "archive", "it asks before it writes what nobody has reviewed")
    show("To archive: unreviewed findings are asked about")
    hands.click("write")
    hands.until(lambda seen: seen["saved"] == str(saved.dicom) and seen["ready"], "the DICOM objects are written")
    show("DICOM objects written")


def take_walk(out: Path, show: Show) -> Saved:
    """The whole walk on a display of its own, its files below a folder."""
    settings, second = out / "config" / "settings.json", out / "follow_up"
    settings.parent.mkdir(parents=True)
    save_settings(settings, Settings(scale=100, notice_seen=NOTICE, tips_seen=True, dicom=True))
    write_follow_up(SAMPLE, second)
    with program(settings, f"{WIDTH}x{HEIGHT}") as hands:
        return walk(hands, SAMPLE, second, out, show)


def screen() -> Image.Image:
    """The program's window as it is on the screen."""
    time.sleep(DRAWING_S)
    return ImageGrab.grab(xdisplay="").crop((0, 0, WIDTH, HEIGHT))


def contact_sheet(shots: list[tuple[str, Image.Image]], out: Path) -> None:
    """What was seen, in a picture: the steps in their order, each with its words."""
    width, height = round(WIDTH * SHRINK), round(HEIGHT * SHRINK) + CAPTION
    sheet = Image.new("RGB", (COLUMNS * width, -(-len(shots) // COLUMNS) * height), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for number, (words, shot) in enumerate(shots):
        x, y = number % COLUMNS * width, number // COLUMNS * height
        pen.text((x + 6, y + 4), f"{number + 1}  {words}", fill="black", font=font)
        sheet.paste(shot.resize((width - 4, height - CAPTION), Image.Resampling.LANCZOS), (x, y + CAPTION))
    sheet.quantize(64).save(out, optimize=True)


def main() -> None:
    shots: list[tuple[str, Image.Image]] = []
    with own_display(f"{WIDTH + 200}x{HEIGHT + 100}"), TemporaryDirectory() as folder:
        take_walk(Path(folder), lambda words: shots.append((words, screen())))
    contact_sheet(shots, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
