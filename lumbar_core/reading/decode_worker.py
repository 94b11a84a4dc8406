"""The decode process's side: answers requests on stdin with pixels on stdout until stdin ends.

Started by `DecodeProcess` as `--decode-worker`. A request is {path, member, frame, seconds}; an answer is
{rows, columns} and the array, or {error, finding, remedy}.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import IO, Any

from lumbar_core import errors
from lumbar_core.platform_limits import OwnLimits
from lumbar_core.reading import limits
from lumbar_core.reading.pipes import receive_head, send_head, send_pixels
from lumbar_core.study import Source


def main() -> int:
    """Serve until the other side closes its pipe. Returns the exit code."""
    requests, answers = _take_pipes()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for who started us, and closes the pipe
    own = OwnLimits(limits.DECODE_MEMORY_BYTES)
    from lumbar_core.reading.pixels import FileDecoder  # the codecs, loaded under the limits

    decoder = FileDecoder()
    while True:
        try:
            request = receive_head(requests)
        except EOFError:
            return 0
        own.allow_seconds(float(request["seconds"]))
        _answer(decoder, request, answers)


def _take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """The pipes, out of reach of codecs that print: whatever they say to stdout goes nowhere."""
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (0, 1):
            msvcrt.setmode(descriptor, os.O_BINARY)
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nowhere, descriptor)
    return requests, answers


def _answer(decoder: Any, request: dict[str, Any], answers: IO[bytes]) -> None:
    source = Source(Path(request["path"]), request["member"], request["frame"])
    try:
        pixels = decoder.decode(source)
    except errors.ReadingError as error:
        send_head(answers, {"error": type(error).__name__, "finding": error.finding, "remedy": error.remedy})
    except BaseException:  # noqa: BLE001 - a Rust panic derives from BaseException; the next file still counts
        finding = f"{source.path.name if source.member is None else Path(source.member).name} cannot be decoded."
        send_head(answers, {"error": "Damaged", "finding": finding, "remedy": "Export it again from its source."})
    else:
        send_head(answers, {"rows": pixels.shape[0], "columns": pixels.shape[1]})
        send_pixels(answers, pixels)
