"""Huffman-coded differences of lossless JPEG → numbers (ISO 10918-1 C, F.2.2, H.1.2.2).

What is slow in Python, looking at every bit, is done for all bits at once: for each bit of the stream, how far the next
code would be away if one began here. One walk then finds where codes do begin.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Bits = NDArray[np.int64]  # places in the stream, counted in bits

_CODE_BITS = 16
_MAX_CATEGORY = 16
_LONGEST_BYTES = 4  # a code of 16 bits and a difference of 15


@dataclass(frozen=True, slots=True)
class HuffmanTable:
    """What the next 16 bits of a stream begin with; each array is (65536,).

    lengths:    bits of the code; 0 where no code begins so.
    categories: the number of bits of the difference.
    steps:      bits to the next code.
    """

    lengths: Bytes
    categories: Bytes
    steps: Bytes


def read_tables(segment: bytes) -> Iterator[tuple[int, HuffmanTable]]:
    """The tables of one DHT segment by their number. Raises ValueError."""
    at = 0
    while at < len(segment):
        counts = segment[at + 1 : at + 1 + _CODE_BITS]
        categories = segment[at + 1 + _CODE_BITS : at + 1 + _CODE_BITS + sum(counts)]
        yield segment[at] & 0xF, _table(counts, categories)
        at += 1 + _CODE_BITS + sum(counts)


def read_differences(coded: Bytes, tables: list[HuffmanTable], count: int) -> NDArray[np.uint16]:
    """`count` differences modulo 65536, coded by the tables in turn. Raises ValueError where the data are damaged."""
    coded = coded[: count * _LONGEST_BYTES]
    windows = _windows(coded)
    begins = _walk(windows, tables, count)
    if begins[-1] > 8 * len(coded):
        raise ValueError("The coded data end early.")
    places, differences = begins[:-1], np.empty(count, np.int64)
    for index, table in enumerate(tables):
        differences[index :: len(tables)] = _numbers(windows, places[index :: len(tables)], table)
    return differences.astype(np.uint16)


def _table(counts: bytes, categories: bytes) -> HuffmanTable:
    if len(counts) != _CODE_BITS or len(categories) != sum(counts) or max(categories, default=0) > _MAX_CATEGORY:
        raise ValueError("A Huffman table is nonsense.")
    lengths = np.repeat(np.arange(1, _CODE_BITS + 1, dtype=np.uint8), np.frombuffer(counts, np.uint8))
    spans = 1 << (_CODE_BITS - lengths.astype(np.int64))
    unused = (1 << _CODE_BITS) - int(spans.sum())
    if unused < 0:
        raise ValueError("A Huffman table has too many codes.")
    found = np.pad(np.repeat(np.frombuffer(categories, np.uint8), spans), (0, unused))
    lengths = np.pad(np.repeat(lengths, spans), (0, unused))
    # The largest category stands for one number only, and no bits follow it.
    return HuffmanTable(lengths, found, lengths + np.where(found == _MAX_CATEGORY, np.uint8(0), found))


def _windows(coded: Bytes) -> NDArray[np.uint32]:
    """For each byte, it and the two after it as one number."""
    padded: NDArray[np.uint32] = np.pad(coded, (0, _LONGEST_BYTES + 3)).astype(np.uint32)
    padded[:-2] = (padded[:-2] << 16) | (padded[1:-1] << 8) | padded[2:]
    return padded[:-2]


def _walk(windows: NDArray[np.uint32], tables: list[HuffmanTable], count: int) -> Bits:
    """Where each of `count` codes begins, and where the last one ends."""
    steps = [_steps(windows, table) for table in tables]
    try:
        begins = np.fromiter(_begins(steps, count), np.int64, count + 1)
    except IndexError as error:
        raise ValueError("The coded data end early.") from error
    if not (begins[1:] > begins[:-1]).all():
        raise ValueError("The coded data hold no code of the table.")
    return begins


def _begins(steps: list[bytes], count: int) -> Iterator[int]:
    place = 0
    for step in islice(cycle(steps), count):
        yield place
        place += step[place]
    yield place


def _steps(windows: NDArray[np.uint32], table: HuffmanTable) -> bytes:
    steps = np.empty((len(windows), 8), np.uint8)
    for bit in range(8):
        steps[:, bit] = table.steps[(windows >> (8 - bit)) & 0xFFFF]
    return steps.tobytes()


def _numbers(windows: NDArray[np.uint32], places: Bits, table: HuffmanTable) -> NDArray[np.int64]:
    codes = _take(windows, places, _CODE_BITS)
    categories = table.categories[codes].astype(np.int64)
    extra = np.where(categories == _MAX_CATEGORY, 0, categories)
    values = _take(windows, places + table.lengths[codes], extra)
    negative = (values < (1 << categories >> 1)) & (categories > 0)
    numbers = np.where(negative, values - (1 << categories) + 1, values)
    return np.where(categories == _MAX_CATEGORY, 1 << (_MAX_CATEGORY - 1), numbers)


def _take(windows: NDArray[np.uint32], places: Bits, bits: Bits | int) -> NDArray[np.int64]:
    """So many bits from each place on, at most 16."""
    windows_there: Bits = windows[places >> 3].astype(np.int64)
    return (windows_there >> (24 - (places & 7) - bits)) & ((1 << bits) - 1)
