"""The only `after` loop: takes the workers' messages to the controller, on the Tk thread.

It also collects garbage there. Python would do so on whatever thread happens to allocate, and a worker that frees
a forgotten font or image of Tk calls into Tk from the wrong thread, and waits.
"""

from __future__ import annotations

import gc
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
    idle: whether nothing is under way, so that a pause of a full collection is not felt.
    """

    def __init__(
        self,
        root: tk.Misc,
        queue: SimpleQueue[object],
        handle: Callable[[object], None],
        tick: Callable[[], None],
        idle: Callable[[], bool],
    ) -> None:
        self._root = root
        self._queue = queue
        self._handle = handle
        self._tick = tick
        self._idle = idle
        self._armed = ""

    def start(self) -> None:
        gc.disable()
        self._armed = self._root.after(0, self._run)

    def stop(self) -> None:
        if self._armed:
            self._root.after_cancel(self._armed)
            self._armed = ""
        gc.enable()

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
        self._collect()

    def _collect(self) -> None:
        """What Python's own collector would do now, the oldest generation only while nothing is under way."""
        counts, limits = gc.get_count(), gc.get_threshold()
        for generation in (2, 1, 0) if self._idle() else (1, 0):
            if counts[generation] > limits[generation]:
                gc.collect(generation)
                return
