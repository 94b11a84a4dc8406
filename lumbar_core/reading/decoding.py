"""PixelReaders: in this process, or in a decode process of our own that may die without harm."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

from lumbar_core import errors
from lumbar_core.errors import Cancelled, Damaged
from lumbar_core.reading import limits
from lumbar_core.reading.pipes import receive_head, receive_pixels, send_head
from lumbar_core.reading.source import display_name
from lumbar_core.study import Instance, PixelReader, Pixels

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]


class DirectReader(PixelReader):
    """Decodes in this process: for a worker of `batch`, which may itself be killed."""

    def __init__(self) -> None:
        from lumbar_core.reading.pixels import FileDecoder  # the codecs, only where they are used

        self._decoder = FileDecoder()
        self._closed = False

    def read(self, instance: Instance) -> Pixels:
        """The image's pixels. Raises ReadingError naming the file; Cancelled after `close`."""
        if self._closed:
            raise Cancelled
        pixels = self._decoder.decode(instance.source)
        if pixels.shape != (instance.rows, instance.columns):
            raise _other_image(instance)
        return pixels

    def close(self) -> None:
        """Refuse further reading."""
        self._closed = True


class DecodeProcess(PixelReader):
    """Decodes in the program started again with `--decode-worker`, under limits of memory and time.

    A file that kills the process or keeps it longer than `seconds` gives a Damaged error, and the process is
    started anew. `read` may be called from several threads (one is served at a time), `close` from any.
    """

    def __init__(self, seconds: float = limits.DECODE_SECONDS) -> None:
        self._seconds = seconds
        self._one_at_a_time = threading.Lock()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def start(self) -> None:
        """Start the process ahead of need; returns at once. Raises Cancelled after `close`."""
        with self._starting:
            if self._closed:
                raise Cancelled
            if self._process is not None and self._process.poll() is None:
                return
            self._discard()
            self._process = _start_process()

    def read(self, instance: Instance) -> Pixels:
        """The image's pixels. Raises ReadingError naming the file; Cancelled when or after `close` is called."""
        with self._one_at_a_time:
            for attempt in ("first", "second"):
                self.start()
                deadline = _Deadline(self._process, self._seconds)
                try:
                    with deadline:
                        return _exchange(self._process, instance, self._seconds)
                except (OSError, EOFError, ValueError) as error:
                    self._drop()
                    if self._closed:
                        raise Cancelled from error
                    # Died, perhaps by no fault of the file: a second death is the file's.
                    if deadline.passed or attempt == "second":
                        self.start()
                        raise _undecodable(instance, deadline.passed) from error
            raise AssertionError("unreachable")

    def close(self) -> None:
        """End the process at once; a `read` that is under way raises Cancelled."""
        with self._starting:
            self._closed = True
            self._discard()

    def _drop(self) -> None:
        with self._starting:
            self._discard()

    def _discard(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            _close_quietly(pipe)


class _Deadline:
    """Kills the process when its time is up, which ends the wait for its answer."""

    def __init__(self, process: subprocess.Popen[bytes] | None, seconds: float) -> None:
        self._process = process
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self.passed = False

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.passed = True
        if self._process is not None:
            self._process.kill()


def _start_process() -> subprocess.Popen[bytes]:
    frozen = bool(getattr(sys, "frozen", False))
    command = [sys.executable] if frozen else [sys.executable, "-m", "lumbar_core"]
    return subprocess.Popen(
        [*command, "--decode-worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # codecs' complaints quote the file
        env=_environment(frozen),
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _environment(frozen: bool) -> dict[str, str]:
    """Ours, with one thread a library; from source also the way to this package and none to the current folder."""
    environment = dict(os.environ, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    if not frozen:
        environment |= {"PYTHONPATH": str(_PACKAGE_ROOT), "PYTHONSAFEPATH": "1"}
    return environment


def _exchange(process: subprocess.Popen[bytes] | None, instance: Instance, seconds: float) -> Pixels:
    """One request and its answer. Raises ReadingError, or OSError, EOFError, ValueError where the process failed."""
    if process is None or process.stdin is None or process.stdout is None:
        raise EOFError
    source = instance.source
    path = str(source.path.absolute())
    send_head(process.stdin, {"path": path, "member": source.member, "frame": source.frame, "seconds": seconds})
    answer = receive_head(process.stdout)
    if "error" in answer:
        raise _typed(answer)
    rows, columns = answer.get("rows"), answer.get("columns")
    if (rows, columns) != (instance.rows, instance.columns):
        _skip(process.stdout, rows, columns)
        raise _other_image(instance)
    return receive_pixels(process.stdout, instance.rows, instance.columns)


def _skip(pipe: IO[bytes], rows: Any, columns: Any) -> None:
    """Take an unwanted array off the pipe."""
    if not (isinstance(rows, int) and isinstance(columns, int) and 0 < rows * columns <= limits.MAX_PICTURE_PX):
        raise ValueError("The answer's size is nonsense.")
    receive_pixels(pipe, rows, columns)


def _typed(answer: dict[str, Any]) -> errors.ReadingError:
    """The error that the process met, as the class it names; only reading errors can be named."""
    named = getattr(errors, str(answer["error"]), None)
    kind = named if isinstance(named, type) and issubclass(named, errors.ReadingError) else Damaged
    return kind(str(answer.get("finding", "")), str(answer.get("remedy", "")))


def _other_image(instance: Instance) -> Damaged:
    name = display_name(instance.source)
    return Damaged(f"{name} is not the image that was read before.", "Open the study again.")


def _undecodable(instance: Instance, took_too_long: bool) -> Damaged:
    name = display_name(instance.source)
    finding = f"{name} takes too long to decode." if took_too_long else f"{name} is damaged: decoding it fails."
    return Damaged(finding, "Export it again from its source.")


def _close_quietly(pipe: IO[bytes] | None) -> None:
    try:
        if pipe is not None:
            pipe.close()
    except OSError:
        pass  # what was still to be written has nobody to read it
