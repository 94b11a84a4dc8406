"""A key that the user hands in, so that exports made at different times fit together."""

from __future__ import annotations

from pathlib import Path

from lumbar_core.dicom_out.deidentify.pseudonyms import KEY_BYTES
from lumbar_core.errors import ReadingError

_LONGEST = 4096


def read_key(path: Path) -> bytes:
    """The file's bytes. Raises ReadingError where there are too few to keep anybody from guessing them, or none."""
    try:
        with path.open("rb") as file:
            key = file.read(_LONGEST + 1)
    except OSError as error:
        raise ReadingError(
            f"The key file “{path}” cannot be read: {error.strerror}.", "Choose another, or let a key be made."
        ) from error
    if not KEY_BYTES <= len(key) <= _LONGEST:
        raise ReadingError(
            f"The key file “{path}” holds no key: that is {KEY_BYTES} to {_LONGEST} bytes.",
            f"Fill it with {KEY_BYTES} random bytes, and keep it where nobody else can read it.",
        )
    return key
