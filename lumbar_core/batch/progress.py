"""A line of progress on a terminal; on a file or pipe, now and then a line."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

_BAR_WIDTH = 24
_REDRAW_S = 0.1
_LINE_EVERY_S = 5.0


class ProgressLine:
    """Redraws one line in place; without a terminal, writes a line at most every few seconds and one a step."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._in_place = stream.isatty()
        self._clock = clock
        self._due = 0.0
        self._step = ""
        self._shown = 0

    def show(self, step: str, done: int, of: int, detail: str = "") -> None:
        """Tell how far a step is."""
        if step == self._step and self._clock() < self._due and done < of:
            return
        if not self._in_place and step == self._step and done >= of > 0 and self._clock() < self._due:
            return
        self._step = step
        self._due = self._clock() + (_REDRAW_S if self._in_place else _LINE_EVERY_S)
        self._write(f"{step} {bar(done, of)} {done}/{of}" + (f"  {detail}" if detail else ""))

    def close(self) -> None:
        """Clear the line, so that what follows starts on a clean one."""
        if self._in_place and self._shown:
            self._stream.write("\r" + " " * self._shown + "\r")
            self._stream.flush()
        self._shown, self._step = 0, ""

    def _write(self, text: str) -> None:
        if self._in_place:
            self._stream.write("\r" + text.ljust(self._shown))
            self._shown = len(text)
        else:
            self._stream.write(text + "\n")
        self._stream.flush()


def bar(done: int, of: int) -> str:
    """ "[######..................]" """
    filled = _BAR_WIDTH * done // of if of else 0
    return f"[{'#' * filled}{'.' * (_BAR_WIDTH - filled)}]"


class Pace:
    """Rate and time left, told from the first result on: neither an earlier run nor the workers' start counts."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first: tuple[int, float] | None = None

    def words(self, done: int, of: int) -> str:
        """ "6.2/s, 1 min 2 s left"; empty before there is anything to tell from."""
        now = self._clock()
        if self._first is None:
            self._first = done, now
        done_first, started = self._first
        if done <= done_first or now <= started:
            return ""
        rate = (done - done_first) / (now - started)
        return f"{rate:.1f}/s, {duration((of - done) / rate)} left"


def duration(seconds: float) -> str:
    """A time in the two units that matter."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
