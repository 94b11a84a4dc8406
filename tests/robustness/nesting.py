"""R4: sequences in sequences, ten to a hundred thousand deep. Refused or skipped at once, and never printed."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable
from pathlib import Path

from lumbar_core.study import PixelReader
from tests.core.reading.dicom_files import an_image, to_bytes
from tests.robustness.bombs import PATIENCE_S, judge
from tests.robustness.children import attack_each
from tests.robustness.gate import Gate, Outcome
from tests.robustness.mutations import SQ_END, SQ_START
from tests.robustness.reader import look_at, warm_reader

LEVELS = (1200, 100_000, 10, 100, 900, 1000, 10_000)
SECONDS, GROWTH_MB = 1.0, 100.0
# A sequence that is skipped, the one that is read for its frames, and one that is not wanted and not known.
TAGS = {"skipped": b"\x08\x00\x40\x11", "read": b"\x00\x52\x30\x92", "private": b"\x09\x00\x01\x10"}
ITEM = b"\xfe\xff\x00\xe0"


def undefined(tag: bytes, levels: int) -> bytes:
    """Sequences of undefined length, each closed."""
    return (tag + SQ_START[4:]) * levels + SQ_END * levels


def unclosed(tag: bytes, levels: int) -> bytes:
    """The same, cut off at the deepest."""
    return (tag + SQ_START[4:]) * levels


def defined(tag: bytes, levels: int) -> bytes:
    """Sequences that say how long they are; each level adds 20 bytes."""
    return b"".join(
        tag + b"SQ\0\0" + struct.pack("<I", 20 * left + 8) + ITEM + struct.pack("<I", 20 * left)
        for left in range(levels - 1, -1, -1)
    )


def nested(shape: str, where: str, levels: int) -> bytes:
    """An image with sequences nested in its header, where its tag belongs."""
    tag = TAGS[where]
    before = {"skipped": b"\x10\x00\x10\x00PN", "private": b"\x10\x00\x10\x00PN", "read": b"\xe0\x7f\x10\x00OW"}[where]
    data = to_bytes(an_image())
    place = data.index(before)
    made = {"undefined": undefined, "unclosed": unclosed, "defined": defined}[shape](tag, levels)
    return data[:place] + made + data[place:]


def cases() -> list[tuple[str, str, int]]:
    """Every shape at every place at every depth, the worst ones first."""
    return [
        (shape, where, n) for n, shape, where in itertools.product(LEVELS, ("undefined", "defined", "unclosed"), TAGS)
    ]


def run(count: int, folder: Path, subject: Callable[[Path, PixelReader], str] = look_at) -> Outcome:
    """Open the first `count` cases."""
    paths = []
    for shape, where, levels in cases()[:count]:
        paths.append(folder / f"{shape} {where} {levels}.dcm")
        paths[-1].write_bytes(nested(shape, where, levels))
    attacks = attack_each(subject, warm_reader, paths, PATIENCE_S, measured=True)
    return judge(attacks, "nested files", SECONDS, GROWTH_MB)


GATE = Gate("R4", "nested sequences", 18, len(cases()), run)
