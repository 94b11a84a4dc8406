"""Runs before anything else in the frozen program (a PyInstaller runtime hook)."""

import os
import sys
from pathlib import Path

# Since 1.29 onnxruntime reports its use over the network unless told not to, before it is imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# What a user has set for another Python must not steer this one, nor the processes that it starts.
for _name in [name for name in os.environ if name.startswith("PYTHON")]:
    del os.environ[_name]

if sys.platform == "win32":
    import ctypes

    try:
        ctypes.windll.shcore.SetProcessDpiAwareness(1)  # before any window exists, else Windows blurs it
    except (AttributeError, OSError):
        ctypes.windll.user32.SetProcessDPIAware()


# Without a locale Tcl finds no path with letters beyond ASCII, its own library for dropped files included.
if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG")):
    os.environ["LC_CTYPE"] = "C.UTF-8"

# A bare Linux has no fonts, and without any Tk shows no window; ours are found where no others can be.
if sys.platform.startswith("linux") and not Path("/etc/fonts/fonts.conf").exists():
    os.environ.setdefault("FONTCONFIG_FILE", str(Path(__file__).with_name("fonts") / "fonts.conf"))


def _log_crashes() -> None:
    """Write where a crash in native code happened; it holds function names and nothing of the patient."""
    import faulthandler

    import platformdirs

    log = Path(platformdirs.user_log_dir("lumbar-mri", appauthor=False)) / "crashes.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > 200_000:
            log.unlink()
        faulthandler.enable(log.open("a", encoding="utf-8"))
    except OSError:
        pass  # a read-only home: the program runs all the same


# The worker processes may die on a damaged file; the program reports that itself.
if not any(word.endswith("-worker") for word in sys.argv[1:2]):
    _log_crashes()
