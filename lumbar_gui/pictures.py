"""Decoded images: one store for analysis and display, and a loader that decodes what is looked at first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate

from lumbar_core.errors import Cancelled, LumbarError
from lumbar_core.study import Instance, PixelReader, Pixels
from lumbar_gui.worker import Outbox

LIMIT_BYTES = 160 * 2**20
PIXEL_BYTES = 4  # float32


@dataclass(frozen=True, slots=True)
class PictureReady:
    """An image that was asked for can now be shown."""

    instance: Instance


@dataclass(frozen=True, slots=True)
class PictureFailed:
    """An image that was asked for cannot be decoded."""

    instance: Instance
    error: LumbarError


class PictureStore:
    """Decodes each image once, through one decode process, and keeps the latest up to a limit of memory."""

    def __init__(self, open_reader: Callable[[], PixelReader], limit_bytes: int = LIMIT_BYTES) -> None:
        self._open_reader = open_reader
        self._limit_bytes = limit_bytes
        self._kept: OrderedDict[Instance, Pixels] = OrderedDict()
        self._kept_bytes = 0
        self._reader: PixelReader | None = None
        self._reading = threading.Lock()
        self._changing = threading.Lock()
        self._stops = 0
        self._closed = False

    def warm(self) -> None:
        """Start the decode process ahead of need."""
        with self._reading:
            self._opened()

    def cached(self, instance: Instance) -> Pixels | None:
        """The image if it is decoded already; never waits for a decoder."""
        with self._changing:
            pixels = self._kept.get(instance)
            if pixels is not None:
                self._kept.move_to_end(instance)
            return pixels

    def first_that_fit(self, instances: Sequence[Instance]) -> list[Instance]:
        """As many of the images as can be kept at the same time, from the first on, which always is."""
        sizes = accumulate(instance.rows * instance.columns * PIXEL_BYTES for instance in instances)
        return list(instances[: max(1, sum(size <= self._limit_bytes for size in sizes))])

    def read(self, instance: Instance) -> Pixels:
        """The image, decoded now if need be. A stop from elsewhere costs one further try, not the picture."""
        with self._reading:
            kept = self.cached(instance)
            if kept is not None:
                return kept
            stops = self._stops
            try:
                pixels = self._opened().read(instance)
            except LumbarError:
                if stops == self._stops or self._closed:
                    raise
                pixels = self._opened().read(instance)
            self._keep(instance, pixels)
            return pixels

    def stop(self) -> None:
        """End a decoding that is under way, at once; the next `read` starts a fresh decoder."""
        with self._changing:
            reader, self._reader = self._reader, None
            self._stops += 1
        if reader is not None:
            reader.close()

    def forget(self, but: Collection[Instance] = ()) -> None:
        """Drop every picture of the case, except some."""
        with self._changing:
            for instance in [kept for kept in self._kept if kept not in but]:
                self._kept_bytes -= self._kept.pop(instance).nbytes

    def close(self) -> None:
        self._closed = True
        self.stop()
        self.forget()

    def _opened(self) -> PixelReader:
        if self._closed:
            raise Cancelled
        with self._changing:
            reader = self._reader
        if reader is None:
            reader = self._open_reader()
            with self._changing:
                self._reader = reader
        return reader

    def _keep(self, instance: Instance, pixels: Pixels) -> None:
        with self._changing:
            self._kept[instance] = pixels
            self._kept_bytes += pixels.nbytes
            while self._kept_bytes > self._limit_bytes and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._kept_bytes -= dropped.nbytes


class CancellableReader:
    """The store as one job sees it: reads raise Cancelled as soon as the job is no longer wanted."""

    def __init__(self, store: PictureStore, cancelled: Callable[[], bool]) -> None:
        self._store = store
        self._cancelled = cancelled
        self._closed = False

    def read(self, instance: Instance) -> Pixels:
        self._check()
        try:
            return self._store.read(instance)
        finally:
            self._check()

    def close(self) -> None:
        """Stop what is being decoded; the store itself stays usable for the window."""
        self._closed = True
        self._store.stop()

    def _check(self) -> None:
        if self._closed or self._cancelled():
            raise Cancelled


class PictureLoader:
    """Decodes on a thread of its own what the window wants to show, most urgent first."""

    def __init__(self, store: PictureStore, outbox: Outbox) -> None:
        self._store = store
        self._outbox = outbox
        self._wanted: list[Instance] = []
        self._failed: set[Instance] = set()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="pictures", daemon=True)
        self._thread.start()

    def want(self, instances: Sequence[Instance]) -> None:
        """Replace what is wanted; images already decoded, or known to be broken, are left out.

        Of more images than the store can keep only the first: the later ones would push out what is looked at.
        """
        with self._changed:
            kept = self._store.first_that_fit(instances)
            self._wanted = [i for i in kept if self._store.cached(i) is None and i not in self._failed]
            self._changed.notify()

    def forget(self) -> None:
        """Want nothing; the case is closed."""
        with self._changed:
            self._wanted = []
            self._failed.clear()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._wanted = []
            self._changed.notify()

    def _run(self) -> None:
        while (instance := self._next()) is not None:
            try:
                self._store.read(instance)
            except Cancelled:
                continue
            except LumbarError as error:
                self._failed.add(instance)
                self._outbox.put(PictureFailed(instance, error))
            else:
                self._outbox.put(PictureReady(instance))

    def _next(self) -> Instance | None:
        with self._changed:
            while not self._wanted and not self._closed:
                self._changed.wait()
            return None if self._closed else self._wanted.pop(0)
