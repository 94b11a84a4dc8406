"""What stands in the place of identifiers: keyed hashes, the same for the same value under the same key.

Without the key nobody can try names or numbers until one fits; with a key that is thrown away, nobody at all.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from datetime import date, timedelta

KEY_BYTES = 32
_LONGEST_SHIFT_DAYS = 3650


def new_key() -> bytes:
    """A key for one export."""
    return secrets.token_bytes(KEY_BYTES)


class Pseudonyms:
    """The replacements under one key; `patient`: whose files they are, so that each has dates of its own."""

    def __init__(self, key: bytes, patient: str) -> None:
        self._key = key
        self._shift = timedelta(days=1 + int.from_bytes(self._hash("shift", patient)[:8]) % _LONGEST_SHIFT_DAYS)
        self.patient = f"ANON-{self._hash('patient', patient).hex()[:12].upper()}"

    def uid(self, value: str) -> str:
        """A UID of the root 2.25 (PS3.5 B.2): same in, same out."""
        return f"2.25.{uuid.UUID(bytes=self._hash('uid', value)[:16], version=5).int}"

    def word(self, value: str) -> str:
        """A word that is fit for every text and code string, and tells different values apart."""
        return f"X{self._hash('word', value).hex()[:10].upper()}"

    def day(self, value: str) -> str:
        """A date (YYYYMMDD…) moved back by this patient's number of days, what follows it as it was; "" if none."""
        try:
            moved = date(int(value[:4]), int(value[4:6]), int(value[6:8])) - self._shift
        except (ValueError, OverflowError):
            return ""
        return f"{moved:%Y%m%d}{value[8:]}".rjust(8, "0")

    def _hash(self, kind: str, value: str) -> bytes:
        return hmac.new(self._key, f"{kind}\0{value}".encode(), hashlib.sha256).digest()
