"""`python -m export` with tiny networks, killed in the middle of writing a file, in a process of its own.

python killed_export.py NUMBER WORDS…: killed half way through the file of that number; 0: left alone.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from export.__main__ import main
from tests.training.made_up import tiny_network
from training import grade

written = 0


def half(whole: Any, killed_at: int) -> Any:
    """What writes a file, and half of it where the power goes."""

    def write(path: Path, data: bytes) -> int:
        global written
        written += 1
        if written == killed_at:
            whole(path, data[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return int(whole(path, data))

    return write


if __name__ == "__main__":
    grade.build = tiny_network  # type: ignore[assignment]  # what a checkpoint of the test holds
    Path.write_bytes = half(Path.write_bytes, int(sys.argv[1]))  # type: ignore[method-assign]
    sys.exit(main(sys.argv[2:]))
