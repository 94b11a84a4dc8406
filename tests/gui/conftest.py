"""A display where there is none, and the window over a made-up core."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

import pytest

from lumbar_gui.bootstrap import Application
from lumbar_gui.services import Services
from lumbar_gui.settings import Settings, save_settings
from lumbar_gui.views.sheets import NOTICE
from tests.gui.display import have_xvfb, own_display
from tests.gui.fakes import FakeCore
from training.phantom.disease import healthy
from training.phantom.protocols import PROTOCOLS, fast
from training.phantom.spine import Variant, build_spine
from training.phantom.study import write_study


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """The display to open windows on: an Xvfb of this test process alone, so that nobody takes its focus."""
    if have_xvfb():
        with own_display("2560x1600") as name:
            yield name
    elif os.environ.get("DISPLAY"):
        yield os.environ["DISPLAY"]
    else:
        pytest.skip("no display and no Xvfb")  # tests/conftest.py makes this a failure in CI


class Driver:
    """The running window and the patience to wait for it."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.root = application.root
        self.state = application.state
        self.controller = application.controller
        self.window = application.window
        self.faults: list[BaseException] = []
        self.root.report_callback_exception = self._fault  # type: ignore[method-assign, assignment]

    def _fault(self, _kind: type[BaseException], fault: BaseException, _trace: TracebackType) -> None:
        self.faults.append(fault)

    def until(self, done: Callable[[], object], seconds: float = 20.0) -> None:
        """Run the window until something is so."""
        end = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < end, f"it did not come to pass; the window says {self.state.problem}"
            self.root.update()
            if self.faults:
                raise self.faults[0]
            time.sleep(0.002)

    def settle(self, seconds: float = 0.15) -> None:
        """Let the window run for a while."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end)

    def press(self, key: str) -> None:
        """A key, at whatever has the focus."""
        target = self.root.focus_get() or self.root
        target.focus_force()
        self.until(lambda: self.root.focus_get() is target)
        target.event_generate(f"<{key}>")
        self.root.update()


OpenWindow = Callable[..., Driver]


@pytest.fixture
def open_window(display: str, tmp_path: Path) -> Iterator[OpenWindow]:
    """Open the window over given services; closed after the test."""
    opened: list[Application] = []

    def open_(services: Services, **settings: object) -> Driver:
        path = tmp_path / "settings.json"
        save_settings(path, Settings(**{"scale": 100, "notice_seen": NOTICE, **settings}))  # type: ignore[arg-type]
        application = Application(services, path)
        opened.append(application)
        application.root.geometry("1280x800+0+0")
        application.start()
        # A display without a window manager gives nobody the focus; Tk 8.6 crashes where a second window of one
        # process is only forced to take it after one of its widgets asked for it.
        application.root.focus_force()
        driver = Driver(application)
        driver.until(lambda: driver.state.packs is not None)
        return driver

    yield open_
    while opened:
        if opened[-1].running:
            opened[-1].quit()
        opened.pop()
    gc.collect()  # here, on Tk's own thread, and not on a worker's of the next test


@pytest.fixture(scope="session")
def healthy_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The second sample: a generated study of three series without narrowing anywhere."""
    folder = tmp_path_factory.mktemp("phantom") / "healthy"
    write_study(build_spine(1, healthy(1), Variant()), folder, tuple(map(fast, PROTOCOLS)))
    return folder


@pytest.fixture
def core() -> FakeCore:
    return FakeCore()


@pytest.fixture
def driver(open_window: OpenWindow, core: FakeCore) -> Driver:
    """The window over the made-up core."""
    return open_window(core.services())
