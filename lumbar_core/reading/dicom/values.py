"""Values of a data set, read so that nothing a file holds can raise: wrong types give None or ""."""

from __future__ import annotations

import logging
import math
import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pydicom
import pydicom.config
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.sequence import Sequence

from lumbar_core.errors import Damaged, ReadingError, Refused

# What pydicom and its plug-ins raise on bad files; it documents only the first.
PARSER_FAULTS: tuple[type[Exception], ...] = (
    InvalidDicomError, BytesLengthException, ArithmeticError, AssertionError, AttributeError, BufferError, EOFError,
    LookupError, NotImplementedError, OSError, RuntimeError, TypeError, ValueError, struct.error, zlib.error,
)  # fmt: skip

_NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?")

pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
# Its warnings quote values, and values may be names.
logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)


@contextmanager
def at_the_door(name: str) -> Iterator[None]:
    """Turn what pydicom raises into a typed error naming the file, and keep its warnings (they quote values) quiet."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ReadingError:
        raise
    except RecursionError as error:
        raise Refused(
            f"{name} nests its header far deeper than any image needs.", "Ask its sender for a clean copy."
        ) from error
    except MemoryError as error:
        raise Refused(f"{name} asks for more memory than allowed.", "Export the lumbar series alone.") from error
    except PARSER_FAULTS as error:
        raise Damaged(f"{name} is damaged: its header or image cannot be read.", "Export it again.") from error


def element(dataset: Dataset, keyword: str) -> Any:
    """The element's value, or None where it is missing, empty or not of its type."""
    try:
        value = dataset.get(keyword)
    except PARSER_FAULTS:
        return None
    return None if value is None or value == "" else value


def text(dataset: Dataset, keyword: str) -> str:
    """A single text; several values are joined as DICOM writes them, and a sequence has none."""
    value = element(dataset, keyword)
    # A damaged file may hold data sets where a text belongs; as text they take minutes, and names along.
    if value is None or isinstance(value, (Dataset, Sequence)):
        return ""
    if isinstance(value, (list, tuple)) or hasattr(value, "append"):
        return "\\".join(str(one) for one in value).strip(" \0")
    return str(value).strip(" \0")


def codes(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    """The values of a code string in capitals, in order."""
    return tuple(part.strip().upper() for part in text(dataset, keyword).split("\\") if part.strip())


def numbers(dataset: Dataset, keyword: str, count: int | None = None) -> tuple[float, ...] | None:
    """The element's finite numbers; "1,0" counts as 1.0. None where they are not `count` or not numbers."""
    found: list[float] = []
    for part in text(dataset, keyword).split("\\"):
        match = _NUMBER.fullmatch(part.strip(" \0"))
        if match is None:
            return None
        found.append(float(part.strip(" \0").replace(",", ".")))
    if count is not None and len(found) != count:
        return None
    return tuple(found) if all(map(math.isfinite, found)) else None


def number(dataset: Dataset, keyword: str) -> float | None:
    """The first of the element's numbers."""
    found = numbers(dataset, keyword)
    return found[0] if found else None


def whole(dataset: Dataset, keyword: str) -> int | None:
    """The element's first number where it is whole."""
    found = number(dataset, keyword)
    return int(found) if found is not None and found == int(found) else None


def items(dataset: Dataset, keyword: str) -> tuple[Dataset, ...]:
    """The items of a sequence; none where the element is not one."""
    value = element(dataset, keyword)
    if value is None or isinstance(value, (str, bytes)):
        return ()
    try:
        return tuple(item for item in value if isinstance(item, Dataset))
    except TypeError:
        return ()
