"""Mouse and keys of the display, moved as a person's would be: xdotool sends what the X server takes for devices."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE_S = 60.0
PAUSE_S = 0.08
STEPS = 16  # of a drag

DIALOGS = "^(Save|Write|Open|An earlier|A reading plan|An agreement report|The readers' files)"

Point = tuple[int, int]


def have_hands() -> bool:
    return shutil.which("xdotool") is not None


class Hands:
    """A hand on the mouse, one on the keys, and eyes on the program through its door."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self._program = program

    def look(self) -> dict[str, Any]:
        """What the program shows now."""
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write("look\n")
        self._program.stdin.flush()
        line = self._program.stdout.readline()
        assert line, "the program has ended"
        return dict(json.loads(line))

    def until(self, so: Callable[[dict[str, Any]], object], what: str) -> dict[str, Any]:
        """Look until something is so."""
        end = time.monotonic() + PATIENCE_S
        while True:
            seen = self.look()
            if so(seen):
                return seen
            assert time.monotonic() < end, f"it did not come to pass: {what}; the program shows {seen}"
            time.sleep(PAUSE_S)

    def place(self, name: str) -> Point:
        """Where something is that a hand would go for."""
        x, y = self.until(lambda seen: name in seen["places"], f"{name} is on the screen")["places"][name]
        return int(x), int(y)

    def click(self, where: str | Point, button: int = 1) -> None:
        """Go there and press."""
        x, y = self.place(where) if isinstance(where, str) else where
        _do("mousemove", str(x), str(y))
        time.sleep(PAUSE_S)
        _do("click", str(button))
        time.sleep(PAUSE_S)

    def scroll(self, where: str, steps: int) -> None:
        """Turn the wheel towards oneself, over there."""
        self.go_to(self.place(where))
        for _ in range(steps):
            _do("click", "5")
            time.sleep(PAUSE_S)

    def go_to(self, point: Point) -> None:
        _do("mousemove", str(point[0]), str(point[1]))
        time.sleep(PAUSE_S)

    def drag(self, start: Point, end: Point, holding: str = "") -> None:
        """Press, move in small steps, let go."""
        self.go_to(start)
        if holding:
            _do("keydown", holding)
        _do("mousedown", "1")
        for step in range(1, STEPS + 1):
            share = step / STEPS
            self.go_to((round(start[0] + share * (end[0] - start[0])), round(start[1] + share * (end[1] - start[1]))))
        time.sleep(2 * PAUSE_S)
        _do("mouseup", "1")
        if holding:
            _do("keyup", holding)
        time.sleep(PAUSE_S)

    def press(self, *keys: str) -> None:
        """Keys by their X names, with "ctrl+" and the like before them."""
        for key in keys:
            _do("key", "--clearmodifiers", key)
            time.sleep(PAUSE_S)

    def answer_dialog(self, *paths: Path, show: Callable[[str], None] = lambda words: None) -> None:
        """Write a path into the file dialog that has come up, or several with spaces between, and press Enter."""
        dialog = _window_named(DIALOGS)
        title = _do("getwindowname", dialog)
        _do("windowfocus", "--sync", dialog)
        time.sleep(2 * PAUSE_S)
        _do("key", "--clearmodifiers", "ctrl+slash")
        self.write(" ".join(map(str, paths)))
        show(title)
        while _windows_named(f"^{title}$"):  # of a folder Enter shows what is in it first, and takes it then
            _do("key", "Return")
            time.sleep(4 * PAUSE_S)

    def write(self, text: str) -> None:
        """Letters, at whatever has the focus."""
        _do("type", "--clearmodifiers", "--delay", "4", text)
        time.sleep(PAUSE_S)

    def drop(self, folder: Path, onto: Point, from_: Point) -> None:
        """Drag a folder out of another program's window and let it go there."""
        command = [sys.executable, "-m", "tests.gui.walk.dragged", str(folder), f"+{from_[0]}+{from_[1]}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as source:
            assert source.stdout is not None
            assert source.stdout.readline() == "ready\n"
            time.sleep(4 * PAUSE_S)
            self.drag((from_[0] + 30, from_[1] + 30), onto)
            time.sleep(4 * PAUSE_S)
            source.kill()

    def take_focus(self) -> None:
        """Give the keys to the program's window; a display without a window manager gives them to nobody."""
        _do("windowfocus", "--sync", _window_named("^Lumbar MRI$"))
        time.sleep(PAUSE_S)


@contextmanager
def program(settings: Path, size: str) -> Iterator[Hands]:
    """The program on the display that is set, ended at the end."""
    command = [sys.executable, "-m", "tests.gui.walk.program", str(settings), size]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        hands = Hands(process)
        try:
            hands.until(lambda seen: seen["ready"], "the packs are loaded")
            hands.take_focus()
            yield hands
        finally:
            process.kill()


def _do(*command: str) -> str:
    done = subprocess.run(["xdotool", *command], check=True, capture_output=True, text=True, timeout=20)
    return done.stdout.strip()


def _window_named(pattern: str) -> str:
    end = time.monotonic() + PATIENCE_S / 4
    while not (found := _windows_named(pattern)):
        assert time.monotonic() < end, f"no window {pattern!r} came up"
        time.sleep(PAUSE_S)
    return found[-1]


def _windows_named(pattern: str) -> list[str]:
    search = ["xdotool", "search", "--onlyvisible", "--name", pattern]
    return subprocess.run(search, capture_output=True, text=True, check=False).stdout.split()
