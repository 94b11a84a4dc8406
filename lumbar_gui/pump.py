"""The only `after` loop: takes the workers' messages to the controller, on the Tk thread."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable
from queue import Empty, SimpleQueue

EVERY_MS = 20
# Messages are taken for this long at a time; the rest waits, so that drags stay smooth.
SLICE_S = 0.01


class Pump:
    """Drains the queue again and again until stopped.

    Started through `after` too: called before `mainloop`, a `quit` could fire before the loop runs.
    """

    def __init__(
        self, root: tk.Misc, queue: SimpleQueue[object], handle: Callable[[object], None], tick: Callable[[], None]
    ) -> None:
        self._root = root
        self._queue = queue
        self._handle = handle
        self._tick = tick
        self._armed = ""

    def start(self) -> None:
        self._armed = self._root.after(0, self._run)

    def stop(self) -> None:
        if self._armed:
            self._root.after_cancel(self._armed)
            self._armed = ""

    def _run(self) -> None:
        # Armed first: a fault in a listener must not silence the window for good.
        self._armed = self._root.after(EVERY_MS, self._run)
        until = time.monotonic() + SLICE_S
        while time.monotonic() < until:
            try:
                message = self._queue.get_nowait()
            except Empty:
                break
            self._handle(message)
        self._tick()
