"""A message catalogue as it is committed (.po), for the standard library's gettext, which reads only .mo files.

Read directly: the same file serves from source, in the frozen program and in tests, and no tool has to compile it.
"""

from __future__ import annotations

import ast
import io
import struct
from dataclasses import dataclass
from gettext import GNUTranslations

_MAGIC, _HEADER = 0x950412DE, "<7I"  # of a .mo file (GNU gettext manual, "The Format of GNU MO Files")
_CONTEXT, _NUL = "\x04", "\x00"


@dataclass(frozen=True, slots=True)
class Entry:
    """One message: context ("" for none), English singular and plural ("" for none), its translations."""

    context: str
    message: str
    plural: str
    translated: tuple[str, ...]


def read_entries(text: str) -> tuple[Entry, ...]:
    """The entries of a .po file, its header (the one without a message) first. Raises ValueError for another file."""
    entries, fields, field = [], dict[str, str](), ""
    for line in [*text.splitlines(), ""]:
        if not line.strip():
            if fields:
                entries.append(_entry(fields))
            fields = {}
        elif not line.startswith("#"):
            if not line.startswith('"'):
                field, _, line = line.partition(" ")
                fields[field] = ""
            fields[field] += _unquoted(line)
    return tuple(entries)


def translations_of(entries: tuple[Entry, ...]) -> GNUTranslations:
    """The entries as gettext takes them."""
    pairs = sorted((_key(entry).encode(), _NUL.join(entry.translated).encode()) for entry in entries)
    start = struct.calcsize(_HEADER)
    begin = start + 16 * len(pairs)
    tables, texts = [], b""
    for column in (0, 1):
        for pair in pairs:
            tables.append(struct.pack("<2I", len(pair[column]), begin + len(texts)))
            texts += pair[column] + b"\0"
    header = struct.pack(_HEADER, _MAGIC, 0, len(pairs), start, start + 8 * len(pairs), 0, 0)
    return GNUTranslations(io.BytesIO(header + b"".join(tables) + texts))


def _entry(fields: dict[str, str]) -> Entry:
    translated = tuple(words for field, words in sorted(fields.items()) if field.startswith("msgstr"))
    return Entry(fields.get("msgctxt", ""), fields["msgid"], fields.get("msgid_plural", ""), translated)


def _key(entry: Entry) -> str:
    context = f"{entry.context}{_CONTEXT}" if entry.context else ""
    plural = f"{_NUL}{entry.plural}" if entry.plural else ""
    return f"{context}{entry.message}{plural}"


def _unquoted(words: str) -> str:
    """A quoted string of the file; its escapes are those of C, which Python shares."""
    text = ast.literal_eval(words)
    if not isinstance(text, str):
        raise ValueError("This is no message catalogue.")  # noqa: TRY004 - it is the file's value that is wrong
    return text
