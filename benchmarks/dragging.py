"""How fast a large picture follows the hand: brightness, zoom and scrolling in the real results window, under Xvfb.

A frame is all that one movement of the mouse sets off, until the display has drawn it: the event, the controller's
decision, the picture anew, the marks over it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image
from pydicom.uid import ExplicitVRLittleEndian

from benchmarks.frozen_program import virtual_display
from benchmarks.material import SAMPLE
from benchmarks.row import Row
from lumbar_gui.bootstrap import Application, real_services
from lumbar_gui.settings import Settings, save_settings
from lumbar_gui.state import Page
from lumbar_gui.views.image_canvas import ImageCanvas
from lumbar_gui.views.sheets import NOTICE

SIDE = 1024
WINDOW = "1280x800"
FRAMES = 200
PATIENCE_S = 120.0
FRAME_MS, STALL_MS = 33.3, 100.0  # 30 pictures a second

Movement = Callable[[ImageCanvas, int], None]  # canvas, number of the frame


def rows() -> Iterator[Row]:
    """Median and 95th percentile of each movement's frames, and the longest of all."""
    if shutil.which("Xvfb") is None:
        yield Row("a 1024² picture that is dragged", None, FRAME_MS, "ms", "Xvfb is not installed")
        return
    with virtual_display() as display, tempfile.TemporaryDirectory() as work:
        os.environ["DISPLAY"] = display
        application = opened(large_study(Path(work) / "study"), Path(work))
        try:
            for where, arrange in ARRANGEMENTS.items():
                arrange(application)
                application.root.update()
                longest = 0.0
                for what, movement in MOVEMENTS.items():
                    times = frame_ms(application, movement)
                    name = f"1024² picture, {where}, {what}"
                    yield Row(f"{name}: median frame", float(np.median(times)), FRAME_MS, "ms")
                    yield Row(f"{name}: 95th percentile", float(np.percentile(times, 95)), FRAME_MS, "ms")
                    longest = max(longest, *times)
                yield Row(f"1024² picture, {where}: longest frame", longest, STALL_MS, "ms")
        finally:
            application.quit()


def large_study(folder: Path) -> Path:
    """The sample with its sagittal T2 enlarged to 1024² pixels."""
    shutil.copytree(SAMPLE, folder)
    for path in sorted((folder / "t2_tse_sag").glob("*.dcm")):
        image = pydicom.dcmread(path)
        pixels = image.pixel_array
        image.PixelSpacing = [float(step) * pixels.shape[0] / SIDE for step in image.PixelSpacing]
        large = Image.fromarray(pixels.astype(np.float32)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        stored = np.clip(np.asarray(large), 0, 4095).astype(np.uint16)
        image.set_pixel_data(stored, "MONOCHROME2", 12)
        image.Rows = image.Columns = SIDE
        image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        image.save_as(path)
    return folder


def window_at(work: Path, paths: Sequence[Path] = ()) -> Application:
    """The window, its settings kept below `work`, with these paths handed over."""
    settings = work / "settings.json"
    save_settings(settings, Settings(scale=100, notice_seen=NOTICE))
    application = Application(real_services(), settings)
    application.root.geometry(f"{WINDOW}+0+0")
    application.start(paths)
    return application


def is_ready(application: Application) -> bool:
    """Whether what was handed over can be graded."""
    return application.state.page is Page.CHOSEN and not application.state.busy


def is_graded(application: Application) -> bool:
    """Whether all findings are there."""
    return application.state.page is Page.RESULTS and not application.state.busy


def opened(study: Path, work: Path) -> Application:
    """The window with the study graded, and every slice seen once."""
    application = window_at(work, [study])
    wait(application, lambda: is_ready(application))
    application.controller.upload()
    wait(application, lambda: is_graded(application))
    for _ in range(40):
        application.controller.browser.step_slice(1)
        settle(application, 0.05)
    settle(application, 1.0)
    return application


def wait(application: Application, done: Callable[[], bool]) -> None:
    """Run the window until something is so."""
    end = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("The window did not get so far.")
        application.root.update()
        time.sleep(0.005)


def settle(application: Application, seconds: float) -> None:
    end = time.monotonic() + seconds
    wait(application, lambda: time.monotonic() > end)


def frame_ms(application: Application, movement: Movement) -> list[float]:
    """How long each of `FRAMES` movements takes until it is on the display."""
    root, canvas = application.root, application.window.results.pictures.active.canvas
    application.controller.browser.reset()
    settle(application, 0.3)
    times, shown = [], []
    for number in range(FRAMES):
        started = time.perf_counter()
        movement(canvas, number)
        root.update()
        root.winfo_pointerx()  # answered once the display has done all that was asked of it before
        times.append(1000 * (time.perf_counter() - started))
        shown.append(canvas.scene)
    for button in (1, 3):
        canvas.event_generate(f"<ButtonRelease-{button}>", x=300, y=300)
    root.update()
    if sum(before is not after for before, after in pairwise(shown)) < 0.9 * FRAMES:
        raise RuntimeError("The picture did not follow the movements, so there is nothing to measure.")
    return times


def _drag(button: int) -> Movement:
    """To and fro, with the button held."""

    def move(canvas: ImageCanvas, number: int) -> None:
        width, height = canvas.extent
        swing = np.sin(number / 15)
        x, y = round(width * (0.5 + 0.3 * swing)), round(height * (0.5 + 0.2 * np.cos(number / 22)))
        if number == 0:
            canvas.event_generate(f"<ButtonPress-{button}>", x=x, y=y)
        canvas.event_generate("<Motion>", x=x, y=y, state=1 << (7 + button))

    return move


def _scroll(canvas: ImageCanvas, number: int) -> None:
    """Down the stack and up again."""
    canvas.event_generate("<Button-5>" if number // 5 % 2 == 0 else "<Button-4>", x=200, y=200)


def _alone(application: Application) -> None:
    application.controller.look_together()
    application.controller.browser.enlarge()


ARRANGEMENTS: dict[str, Callable[[Application], None]] = {
    "of three": lambda application: None,
    "of three together": lambda application: application.controller.look_together(),
    "alone": _alone,
}
MOVEMENTS: dict[str, Movement] = {"brightness": _drag(1), "zoom": _drag(3), "scrolling": _scroll}
