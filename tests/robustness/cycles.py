"""R10: open, grade, save, back, over and over in the real window. Nothing grows, nothing of one case is in the next."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from lumbar_core.report.result import StudyResult
from lumbar_core.study import Study
from tests.robustness.gate import Check, Gate, Outcome, told

REPOSITORY = Path(__file__).resolve().parents[2]
GROWTH_MB = 50.0
SETTLED = 10  # cycles after which everything that is kept once is there
PATIENTS = ("QcaseA", "QcaseBee")
NO_WINDOW = "there is no Xvfb, so no window"


@dataclass(frozen=True, slots=True)
class Held:
    """What the program holds between two cases."""

    memory_mb: float
    handles: int
    images: int
    processes: int


def run(count: int, folder: Path, fault: str = "") -> Outcome:
    """In a process of its own; `fault`: what is planted ("keep" the case, or "handles")."""
    from tests.gui.display import have_xvfb

    if not have_xvfb():
        return Outcome("no cycles", (), undone=NO_WINDOW)
    done = subprocess.run(
        [sys.executable, "-m", "tests.robustness.cycles", str(count), str(folder), fault],
        cwd=REPOSITORY,
        env={**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return Outcome("cycles", (Check("died", 1, 0),), tuple(done.stderr.splitlines()[-3:]))
    told_of = json.loads(done.stdout.splitlines()[-1])
    held = [Held(**one) for one in told_of["held"]]
    settled, last = held[min(SETTLED, len(held) - 1) if len(held) > SETTLED else len(held) // 2], held[-1]
    checks = (
        Check("memory grown", round(last.memory_mb - settled.memory_mb, 1), GROWTH_MB, " MB"),
        Check("handles grown", last.handles - settled.handles, 0),
        Check("Tk images grown", last.images - settled.images, 0),
        Check("processes grown", last.processes - settled.processes, 0),
        Check("traces of the case before", len(told_of["traces"]), 0),
    )
    done_words = f"{count} cycles of open, grade, PDF and JSON, back; two patients in turn ({last.memory_mb:.0f} MB)"
    return Outcome(done_words, checks, told(told_of["traces"]))


def live(count: int, folder: Path, fault: str) -> dict[str, object]:
    """The cycles, inside the process that is measured."""
    from lumbar_gui.bootstrap import Application, real_services
    from tests.gui.conftest import Driver
    from tests.robustness.cases import write_case

    cases = {patient: write_case(folder / patient, patient) for patient in PATIENTS}
    application = Application(real_services(), folder / "settings.json")
    application.start()
    driver = Driver(application)
    driver.until(lambda: driver.state.packs is not None, 120)
    held, traces, kept = [], [], []
    for number in range(count):
        patient, other = (PATIENTS[(number + turn) % 2] for turn in (0, 1))
        _one_case(driver, cases[patient], folder)
        traces += _traces(folder, driver, other, number)
        if fault == "keep":
            kept.append(driver.state.study)
        if fault == "handles":
            kept.append((folder / "settings.json").open("a"))
        _back(driver)
        gc.collect()
        held.append(_held(driver))
    application.quit()
    return {"held": [{name: getattr(one, name) for name in Held.__slots__} for one in held], "traces": traces}


def _one_case(driver, case: Path, folder: Path) -> None:  # type: ignore[no-untyped-def]
    """Open, grade and save."""
    from lumbar_gui.state import Page

    driver.controller.choose([case])
    driver.until(lambda: driver.state.page is Page.CHOSEN, 120)
    driver.controller.upload()
    driver.until(lambda: driver.state.page is Page.RESULTS, 120)
    for ending in ("pdf", "json"):
        path = folder / f"report.{ending}"
        driver.controller.saving.save(path, True)
        driver.until(lambda path=path: driver.state.saved == path, 120)


def _back(driver) -> None:  # type: ignore[no-untyped-def]
    from lumbar_gui.state import Page

    driver.controller.back()
    driver.until(lambda: driver.state.page is Page.START, 30)
    driver.settle(0.05)


def _traces(folder: Path, driver, other: str, number: int) -> list[str]:  # type: ignore[no-untyped-def]
    """Where the case before still shows: the report, the state, the words of the window."""
    from tests.gui.test_acceptance import all_words

    shown = {
        "the report": (folder / "report.json").read_text(encoding="utf-8"),
        "the state": f"{driver.state.study} {driver.state.result} {driver.state.problem}",
        "the window": " ".join(all_words(driver.root)),
    }
    traces = [f"cycle {number}: {other} in {where}" for where, text in shown.items() if other in text]
    gc.collect()
    alive = [one for one in gc.get_objects() if isinstance(one, (Study, StudyResult))]
    return [*traces, *(f"cycle {number}: {other} in memory" for one in alive if one.identity.patient_name == other)]


def _held(driver) -> Held:  # type: ignore[no-untyped-def]
    own = psutil.Process()
    handles = own.num_handles() if sys.platform == "win32" else own.num_fds()
    images = len(driver.root.tk.splitlist(driver.root.tk.call("image", "names")))
    return Held(own.memory_info().rss / 2**20, handles, images, len(own.children(recursive=True)))


GATE = Gate("R10", "cycles of the window", 5, 200, run)

if __name__ == "__main__":
    from tests.gui.display import own_display

    with own_display():
        print(json.dumps(live(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])))
