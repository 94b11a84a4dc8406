"""A study in the real window, under Xvfb: when the first picture is on the display, and when the findings are."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.dragging import is_graded, is_ready, wait, window_at
from benchmarks.frozen_program import virtual_display
from benchmarks.material import study_folder
from benchmarks.row import Row
from lumbar_gui.bootstrap import Application


def rows() -> Iterator[Row]:
    """Seconds from handing the study over, to be graded at once; the networks are loaded."""
    folder, words = study_folder()
    first, findings = f"{words} in the window, first picture", f"{words} in the window, findings"
    if shutil.which("Xvfb") is None:
        for what, budget in ((first, 1), (findings, 6)):
            yield Row(what, None, budget, "s", "Xvfb is not installed")
        return
    with virtual_display() as display, tempfile.TemporaryDirectory() as work:
        os.environ["DISPLAY"] = display
        application = window_at(Path(work))
        try:
            wait(application, lambda: application.state.packs is not None)
            to_picture, to_findings = graded(application, folder)
        finally:
            application.quit()
    yield Row(first, to_picture, 1, "s", "none was shown before the findings")
    yield Row(findings, to_findings, 6, "s")


def graded(application: Application, study: Path) -> tuple[float | None, float]:
    """When the first picture was drawn, None where there was none, and when all findings were."""
    started = time.perf_counter()
    application.controller.choose([study])
    wait(application, lambda: is_ready(application))
    application.controller.upload()
    wait(application, lambda: is_shown(application) or is_graded(application))
    to_picture = drawn(application) - started if not is_graded(application) else None
    wait(application, lambda: is_graded(application))
    return to_picture, drawn(application) - started


def is_shown(application: Application) -> bool:
    """Whether there is a picture of what is being graded, decoded."""
    preview = application.state.preview
    return preview is not None and application.controller.browser.picture(preview.instance) is not None


def drawn(application: Application) -> float:
    """The time once the display has drawn what the window says."""
    application.root.update()
    application.root.winfo_pointerx()  # answered once the display has done all that was asked of it before
    return time.perf_counter()
