"""Pictures of every state, to be looked at: `python -m tests.gui.gallery OUT`.

Runs the window with the bundled phantom and a made-up result, on a display of its own; nothing is compared, eyes are
the judge.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import ImageGrab

from lumbar_core.anatomy import Weighting
from lumbar_core.errors import SavingError
from lumbar_core.study import Unreadable
from lumbar_gui.bootstrap import Application
from lumbar_gui.settings import Settings, save_settings
from lumbar_gui.state import Page
from lumbar_gui.views.sheets import NOTICE
from tests.factories import CANAL, a_result
from tests.gui import fakes
from tests.gui.display import own_display

SIZES = ((1280, 800), (1024, 700))
LOOKS = (("dark", 100), ("light", 100), ("dark", 150), ("light", 200))


@dataclass(frozen=True)
class Shot:
    """A window of one size, theme and scale, taken state by state."""

    folder: Path
    theme: str
    scale: int
    size: tuple[int, int]
    core: fakes.FakeCore

    def open(self, settings_path: Path, notice: str = NOTICE) -> Application:
        save_settings(settings_path, Settings(theme=self.theme, scale=self.scale, notice_seen=notice))
        application = Application(self.core.services(), settings_path)
        application.root.geometry(f"{self.size[0]}x{self.size[1]}+0+0")
        application.start()
        wait(application, lambda: application.state.packs is not None)
        return application

    def take(self, application: Application, name: str) -> None:
        settle(application)
        width, height = self.size
        path = self.folder / f"{name}_{self.theme}_{self.scale}_{width}x{height}.png"
        ImageGrab.grab(xdisplay="").crop((0, 0, width, height)).save(path)


def wait(application: Application, done: Callable[[], bool], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            raise TimeoutError
        application.root.update()
        time.sleep(0.005)


def settle(application: Application, seconds: float = 0.5) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        application.root.update()
        time.sleep(0.005)


def states(shot: Shot, settings_path: Path) -> None:
    """Every state of the window, one after the other."""
    application = shot.open(settings_path)
    shot.take(application, "1_start")
    shot.core.read_error = fakes.WRONG
    application.controller.choose([Path("notes.txt")])
    wait(application, lambda: application.state.problem is not None)
    shot.take(application, "1_start_wrong_format")
    shot.core.read_error = None
    application.controller.choose([Path("study")])
    wait(application, lambda: application.state.page is Page.CHOSEN)
    shot.take(application, "2_chosen")
    shot.core.hold = threading.Event()
    application.controller.upload()
    wait(application, lambda: application.state.page is Page.PROCESSING)
    shot.take(application, "3_processing")
    shot.core.hold.set()
    wait(application, lambda: application.state.page is Page.RESULTS)
    shot.take(application, "4_results")
    application.quit()


def particulars(shot: Shot, settings_path: Path) -> None:
    """States that are seen less often."""
    application = shot.open(settings_path, notice="")
    shot.take(application, "0_notice")
    application.window.sheet.close.invoke()
    for name in ("settings", "help", "about"):
        application.window.open_sheet(name)
        shot.take(application, f"5_{name}")
    application.window.close_sheet()
    shot.core.study = (
        fakes.a_study(),
        fakes.a_study(identity=replace(fakes.a_study().identity, patient_id="PHANTOM-118", study_date="20260101")),
    )
    application.controller.choose([Path("two")])
    wait(application, lambda: bool(application.state.worklist))
    shot.take(application, "1_start_two_studies")
    shot.core.study = fakes.a_study()
    _results_of(shot, application)
    browser = application.controller.browser
    result = application.state.result
    browser.select(next(f.key for f in result.findings if f.condition.value.startswith("neural") and f.check))
    shot.take(application, "4_results_foramen")
    browser.select(next(f.key for f in result.findings if not f.assessed))
    application.controller.mark("m")
    application.controller.agree()
    shot.take(application, "4_results_not_assessed_marked")
    browser.select(
        next(f.key for f in result.findings if f.condition.value.startswith("sub") and f.level.value == "L4/L5")
    )
    shot.take(application, "4_results_axial")
    browser.step_slice(-3)
    shot.take(application, "4_results_scrolled")
    browser.enlarge()
    shot.take(application, "4_results_enlarged")
    browser.enlarge()
    application.controller.back()
    shot.take(application, "4_results_leaving")
    application.controller.stay()
    shot.core.save_error = SavingError(
        "“report.pdf” could not be saved in “/mnt/x”: the disk is full.", "Free some space, then save again."
    )
    application.controller.saving.save(Path("report.pdf"), False)
    wait(application, lambda: application.state.problem is not None)
    shot.take(application, "4_results_not_saved")
    application.controller.discard()
    application.controller.back()
    application.controller.discard()
    shot.core.save_error = None
    shot.core.study = fakes.a_study(series=fakes.a_study().series[:2])
    _results_of(shot, application)
    shot.take(application, "4_results_two_series")
    application.controller.back()
    shot.core.study, shot.core.result = fakes.a_picture_study(), fakes.a_placed_picture_result()
    _results_of(shot, application)
    shot.take(application, "4_results_picture")
    application.controller.back()
    shot.core.study, shot.core.result = fakes.a_picture_study(Weighting.T1), fakes.a_lone_t1_result()
    _results_of(shot, application)
    shot.take(application, "4_results_lone_t1")
    application.controller.back()
    nothing = a_result(tuple(fakes.not_assessed(CANAL, level) for level in fakes.LEVELS))
    shot.core.study, shot.core.result = fakes.a_picture_study(), nothing
    _results_of(shot, application)
    shot.take(application, "4_results_nothing")
    application.controller.back()
    for lone, name in zip(fakes.a_study().series, ("2_chosen_slice", "2_chosen_slice_t1"), strict=False):
        shot.core.study = fakes.a_study(
            kind=fakes.InputKind.SLICE,
            series=(replace(lone, instances=lone.instances[7:8], slice_spacing_mm=None),),
            siblings=tuple(Path(f"{n}.dcm") for n in range(14)),
            unreadable=(fakes.broken_file(), Unreadable(Path("DICOMDIR.txt"), "It is a text file.", "Leave it out.")),
        )
        application.controller.choose([Path("slice")])
        wait(application, lambda: application.state.page is Page.CHOSEN)
        shot.take(application, name)
        application.controller.back()
    application.quit()


def _results_of(shot: Shot, application: Application) -> None:
    application.controller.choose([Path("study")])
    wait(application, lambda: application.state.page is Page.CHOSEN)
    application.controller.upload()
    wait(application, lambda: application.state.page is Page.RESULTS)


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with own_display("2600x1650"), TemporaryDirectory() as kept:
        settings_path = Path(kept) / "settings.json"
        for theme, scale in LOOKS:
            for size in (*SIZES, (2560, 1600)) if scale == 200 else SIZES:
                states(Shot(folder, theme, scale, size, fakes.FakeCore()), settings_path)
        for theme in ("dark", "light"):
            particulars(Shot(folder, theme, 100, SIZES[0], fakes.FakeCore()), settings_path)


if __name__ == "__main__":
    main()
