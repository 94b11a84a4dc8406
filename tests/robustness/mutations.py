"""Changes that break a file: of bytes anywhere, and of what DICOM, PNG and ZIP hold dear.

The number of a mutant is all that is needed to make it again.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.robustness.seeds import Seed

FUZZ_SEED = 20260101
# Lengths and sizes at which code breaks: empty, odd, around powers of two, undefined, negative.
EDGES = (0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 4095, 4096, 4097, 32767, 32768, 65534, 65535, 0x7FFFFFFF, 0x80000000)
UNDEFINED = 0xFFFFFFFF
SQ_START = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
SQ_END = b"\xfe\xff\x0d\xe0\0\0\0\0" + b"\xfe\xff\xdd\xe0\0\0\0\0"
# Rows, Columns, NumberOfFrames, SamplesPerPixel, BitsAllocated, BitsStored, PixelRepresentation, in little endian.
SIZES = tuple(struct.pack("<HH", 0x28, e) for e in (0x10, 0x11, 0x08, 0x02, 0x100, 0x101, 0x103))
PIXELS = b"\xe0\x7f\x10\x00"

Change = Callable[[bytearray, random.Random], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A broken file, the name it is given and how it came to be."""

    name: str
    data: bytes
    made_by: str


def mutate(seeds: Sequence[Seed], number: int) -> Mutant:
    """The mutant of this number: one to three changes to one of the seeds."""
    chance = random.Random(f"{FUZZ_SEED}:{number}")
    seed = seeds[number % len(seeds)]
    data, names = bytearray(seed.data), []
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        change = chance.choice(_changes_for(seed))
        if len(data) > 16:
            change(data, chance)
            names.append(change.__name__)
    return Mutant(seed.name, bytes(data), f"{number}: {seed.name}, {' + '.join(names)}")


def _changes_for(seed: Seed) -> tuple[Change, ...]:
    anywhere: tuple[Change, ...] = (flip_bits, set_bytes, cut_off, cut_out, repeat, insert, swap_parts, set_length)
    if seed.name.endswith((".dcm", "DICOMDIR")):
        return (*anywhere, flip_pixels, flip_pixels, flip_header, set_size, swap_tags, nest, undefine_length)
    return (*anywhere, flip_and_seal) if seed.name.endswith(".png") else (*anywhere, flip_header)


def flip_bits(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def set_bytes(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 4, 16))):
        data[chance.randrange(len(data))] = chance.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF))


def cut_off(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


def cut_out(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data))
    del data[start : start + chance.choice((1, 2, 4, 64, 1024))]


def repeat(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data))
    part = data[start : start + chance.choice((1, 8, 64, 512))]
    data[start:start] = part * chance.choice((1, 2, 16, 256))


def insert(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data))
    data[start:start] = chance.randbytes(chance.choice((1, 2, 8, 256)))


def swap_parts(data: bytearray, chance: random.Random) -> None:
    size = chance.choice((2, 4, 8, 64))
    one, other = (chance.randrange(max(1, len(data) - size)) for _ in range(2))
    data[one : one + size], data[other : other + size] = data[other : other + size], data[one : one + size]


def set_length(data: bytearray, chance: random.Random) -> None:
    """A number at the edge of what can be, in two or four bytes, in either order."""
    value, order = chance.choice((*EDGES, UNDEFINED)), chance.choice("<>")
    packed = struct.pack(order + ("H" if value < 65536 and chance.random() < 0.5 else "I"), value)
    start = chance.randrange(max(1, len(data) - len(packed)))
    data[start : start + len(packed)] = packed


def flip_header(data: bytearray, chance: random.Random) -> None:
    """Bits before the pixels: most of a file's meaning is there."""
    end = data.rfind(PIXELS)
    end = end if end > 132 else min(len(data), 256)
    for _ in range(chance.choice((1, 2, 8))):
        data[chance.randrange(min(132, end - 1), end)] ^= 1 << chance.randrange(8)


def flip_pixels(data: bytearray, chance: random.Random) -> None:
    """Bits of the pixel data alone, so that the decoder is reached."""
    start = max(data.rfind(PIXELS) + 12, 0)
    for _ in range(chance.choice((1, 1, 2, 8, 32))):
        if start < len(data):
            near = chance.random() < 0.5  # a codestream's own header comes first
            end = min(len(data), start + 128) if near else len(data)
            data[chance.randrange(start, end)] ^= 1 << chance.randrange(8)


def set_size(data: bytearray, chance: random.Random) -> None:
    """Rows, columns, frames, bits: another number than the pixels have."""
    at = data.find(chance.choice(SIZES))
    if at >= 0 and at + 10 <= len(data):
        data[at + 8 : at + 10] = struct.pack("<H", chance.choice(EDGES) & 0xFFFF)


def swap_tags(data: bytearray, chance: random.Random) -> None:
    """Two elements change their tags, by which their values get the wrong meaning."""
    places = [at for at in range(132, len(data) - 8) if _starts_element(data, at)]
    if len(places) > 1:
        one, other = chance.sample(places, 2)
        data[one : one + 4], data[other : other + 4] = data[other : other + 4], data[one : one + 4]


def undefine_length(data: bytearray, chance: random.Random) -> None:
    """An element of undefined, or of another, length."""
    places = [at for at in range(132, len(data) - 12) if _starts_element(data, at)]
    if places:
        at = chance.choice(places)
        data[at + 6 : at + 8] = struct.pack("<H", chance.choice((0xFFFF, *EDGES)) & 0xFFFF)


def nest(data: bytearray, chance: random.Random) -> None:
    """Sequences in sequences, closed or not."""
    levels = chance.choice((2, 50, 900, 1100))
    at = data.find(b"\x10\x00\x10\x00PN")
    at = at if at > 0 else len(data) // 2
    data[at:at] = SQ_START * levels + SQ_END * (levels if chance.random() < 0.5 else 0)


def flip_and_seal(data: bytearray, chance: random.Random) -> None:
    """Bits of a PNG's chunk, its checksum made right again, so that the decoder believes it."""
    at, chunks = 8, []
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if at + 12 + length > len(data):
            break
        if length:
            chunks.append((at, length))
        at += 12 + length
    if chunks:
        at, length = chance.choice(chunks)
        data[at + 8 + chance.randrange(length)] ^= 1 << chance.randrange(8)
        data[at + 8 + length : at + 12 + length] = struct.pack(">I", zlib.crc32(data[at + 4 : at + 8 + length]))


def _starts_element(data: bytearray, at: int) -> bool:
    """Whether an explicit little-endian element of a header's group seems to begin here."""
    return data[at + 1] == 0 and data[at] in (0x08, 0x10, 0x18, 0x20, 0x28) and data[at + 4 : at + 6].isupper()
