"""A picture of the real program at work: `python -m tests.gui.screenshot PATH OUT.png [dark|light]`.

The window reads and grades PATH with the packs that are installed, on a display of its own. Only pictures of
generated studies may be committed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import ImageGrab

from lumbar_gui.bootstrap import Application, real_services
from lumbar_gui.settings import Settings, save_settings
from lumbar_gui.state import Page
from lumbar_gui.views.sheets import NOTICE
from tests.gui.display import own_display
from tests.gui.gallery import settle, wait

SIZE = (1280, 800)
PATIENCE_S = 60.0


def take(path: Path, out: Path, theme: str) -> None:
    """Open the path, press Upload, and save the chosen and the results page as out's name with a suffix."""
    with own_display("{}x{}".format(*SIZE)), TemporaryDirectory() as folder:
        settings = Path(folder) / "settings.json"
        save_settings(settings, Settings(theme=theme, scale=100, notice_seen=NOTICE))
        application = Application(real_services(), settings)
        application.root.geometry("{}x{}+0+0".format(*SIZE))
        application.start([path])
        wait(application, lambda: application.state.page is Page.CHOSEN, PATIENCE_S)
        _grab(application, out.with_stem(f"{out.stem}_chosen"))
        application.controller.upload()
        wait(application, lambda: application.state.page is Page.RESULTS, PATIENCE_S)
        _grab(application, out)
        application.quit()


def _grab(application: Application, out: Path) -> None:
    settle(application, 1.5)
    ImageGrab.grab(xdisplay="").crop((0, 0, *SIZE)).save(out)


if __name__ == "__main__":
    take(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "dark")
