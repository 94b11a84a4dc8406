"""A department reads by a plan, by hand: `python -m tests.gui.walk.reading OUT.png` makes a sheet of what was seen.

Two readers of known noise and bias read generated examinations. The plan is made in the window; a few studies are read
in it by keyboard, one of them twice, the rest comes in files; the report is opened in the window.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from lumbar_core.agreement.readings import Arm
from lumbar_gui.settings import Settings, save_settings
from lumbar_gui.views.sheets import NOTICE
from tests.gui.display import own_display
from tests.gui.walk.hands import Hands, program
from tests.gui.walk.readers import Readings, simulate, write_examinations
from tests.gui.walk.walk import HEIGHT, WIDTH, contact_sheet, screen

STUDIES = 30
FIRST, AGAIN, SECOND = Arm("R1", 1, False), Arm("R1", 2, False), Arm("R2", 1, False)

Show = Callable[[str], None]


@dataclass(frozen=True)
class Read:
    """What the department leaves behind. files: all of the readers' readings; by_hand: readings done in the window."""

    plan: Path
    files: tuple[Path, ...]
    by_hand: tuple[tuple[Arm, str], ...]
    said: Readings
    report: Path


def read_by_hand(hands: Hands, studies: Path, out: Path, show: Show) -> Read:
    """From the plan to the report."""
    plan, report = out / "plan.json", out / "report"
    report.mkdir()
    _make_plan(hands, studies, plan, show)
    said = simulate(plan, studies)
    first, second = _enter(hands, plan, "R1", studies, show)[:2]
    _read(hands, said, FIRST, first, show)
    hands.press("ctrl+Next")
    _opened(hands, second)
    show("Ctrl + Page Down: the next study")
    _read(hands, said, FIRST, second, show)
    _leave(hands, show)
    cases = _enter(hands, plan, "R1", studies, show)
    again = next(case for case in cases if case == f"{first} again")
    while f"open {again}" not in hands.look()["places"]:
        hands.scroll("window", 3)
    show("R1 comes back: what was read is offered a second time")
    _read(hands, said, AGAIN, again, show)
    _leave(hands, show)
    other = _enter(hands, plan, "R2", studies, show)[0]
    _read(hands, said, SECOND, other, show)
    _leave(hands, show)
    by_hand = ((FIRST, first), (FIRST, second), (AGAIN, first), (SECOND, other))
    files = _by_file(said, by_hand, out)
    _report(hands, files, report, show)
    _look_together(hands, plan, report, studies, show)
    return Read(plan, files, by_hand, said, report)


def _make_plan(hands: Hands, studies: Path, plan: Path, show: Show) -> None:
    _choose(hands, "Make a plan…", show)
    hands.click("button Choose folder…")
    hands.answer_dialog(studies, show=show)
    hands.take_focus()
    for before, after in (("0", "100"), ("28", "0")):
        hands.click(f"entry {before}")
        hands.press("ctrl+slash")
        hands.write(after)
        hands.until(lambda seen, after=after: f"entry {after}" in seen["places"], f"{after} is typed")  # type: ignore[misc]
    show("Everything is read twice, with no days between")
    hands.click("button Save plan…")
    hands.answer_dialog(plan, show=show)
    hands.until(lambda seen: seen["ready"] and seen["told"], "the plan is made")
    hands.take_focus()
    show("The plan is made")


def _choose(hands: Hands, entry: str, show: Show) -> None:
    hands.click("button Readers…")
    hands.until(lambda seen: f"menu {entry}" in seen["places"], "the menu is open")
    show("Readers…")
    hands.click(f"menu {entry}")


def _enter(hands: Hands, plan: Path, reader: str, studies: Path, show: Show) -> list[str]:
    """Begin to read as somebody; returns what is to be read, in its order."""
    _choose(hands, "Read by a plan…", lambda words: None)
    hands.answer_dialog(plan, show=show)
    hands.until(lambda seen: f"menu I am {reader}" in seen["places"], "the readers are offered")
    show("Who reads?")
    hands.click(f"menu I am {reader}")
    hands.answer_dialog(studies)
    seen = hands.until(lambda seen: seen["ready"] and seen["room"] and seen["cases"], "the list is there")
    hands.take_focus()
    show(f"The list of {reader}")
    return list(seen["cases"])


def _opened(hands: Hands, case: str) -> None:
    hands.until(
        lambda seen: seen["page"] == "results" and seen["ready"] and seen["drawn"] and seen["room"]["study"] == case,
        f"{case} is open",
    )


def _read(hands: Hands, said: Readings, arm: Arm, case: str, show: Show) -> None:
    """Grade a study by keys alone, pausing once."""
    study = case.removesuffix(" again")
    if hands.look()["page"] != "results":
        hands.click(f"open {case}")
    _opened(hands, study)
    show(f"{arm.name} opens {case}")
    keys = said.keys(arm, study)
    hands.press(*keys[:10])
    hands.until(lambda seen: seen["room"]["graded"] == 10, "ten are graded")
    hands.press("p")
    hands.until(lambda seen: seen["room"]["paused"], "the clock stands")
    show("P: pause")
    hands.press("p")
    hands.until(lambda seen: not seen["room"]["paused"], "the clock goes on")
    show("Ten keys: ten grades, and the slices follow")
    hands.press(*keys[10:])
    hands.until(lambda seen: seen["room"]["graded"] == len(keys), "all are graded")
    show(f"{arm.name} has read {case}")


def _leave(hands: Hands, show: Show) -> None:
    hands.click("back")
    hands.until(lambda seen: seen["page"] == "start", "the list is back")
    show("Back at the list")
    hands.click("button Close list")
    hands.until(lambda seen: not seen["cases"], "the list is closed")


def _by_file(said: Readings, by_hand: tuple[tuple[Arm, str], ...], out: Path) -> tuple[Path, ...]:
    """The rest of every sitting, as a file that somebody else wrote; with those of the window."""
    files = [out / "plan-R1.jsonl", out / "plan-R2.jsonl"]
    for arm in (FIRST, SECOND, AGAIN):
        files.append(out / f"{arm.name.replace(' ', '-')}-rest.jsonl")
        files[-1].write_bytes(said.lines(arm, [study for who, study in by_hand if who == arm]))
    return tuple(files)


def _report(hands: Hands, files: tuple[Path, ...], report: Path, show: Show) -> None:
    _choose(hands, "How far readers agree…", lambda words: None)
    hands.answer_dialog(*files, show=show)
    hands.answer_dialog(report, show=show)
    hands.until(lambda seen: seen["ready"] and "agreement" in seen["told"], "the report is written")
    hands.take_focus()
    show("The report is written")


def _look_together(hands: Hands, plan: Path, report: Path, studies: Path, show: Show) -> None:
    _choose(hands, "Read by a plan…", lambda words: None)
    hands.answer_dialog(plan)
    hands.click("menu Look at what readers disagree on…")
    hands.answer_dialog(report / "agreement.json", show=show)
    hands.answer_dialog(studies)
    case = hands.until(lambda seen: seen["ready"] and seen["cases"], "the list is there")["cases"][0]
    hands.take_focus()
    show("What readers disagree on")
    hands.click(f"open {case}")
    hands.until(lambda seen: seen["page"] == "results" and seen["ready"] and seen["drawn"], "it is open")
    show("It opens at its slice")


def take_reading_walk(out: Path, show: Show, studies: Path | None = None) -> Read:
    """The whole walk on the display that is set, its files below a folder; studies: where the examinations lie."""
    if studies is None:
        studies = out / "studies"
        write_examinations(studies, STUDIES)
    settings = out / "config" / "settings.json"
    settings.parent.mkdir(parents=True)
    save_settings(settings, Settings(scale=100, notice_seen=NOTICE, tips_seen=True))
    with program(settings, f"{WIDTH}x{HEIGHT}") as hands:
        return read_by_hand(hands, studies, out, show)


def main() -> None:
    shots: list[tuple[str, Image.Image]] = []
    with own_display(f"{WIDTH + 200}x{HEIGHT + 100}"), TemporaryDirectory() as folder:
        take_reading_walk(Path(folder), lambda words: shots.append((words, screen())))
    contact_sheet(shots, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
