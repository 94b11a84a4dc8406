"""The language that a report speaks: English, or one with a catalogue in `locale/` (docs/decisions/0031).

Messages are looked up when a text is made, in the language of the enclosing `speaking` block of the same thread.
Names and values of the result file stay English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from lumbar_core.report.catalogue import Entry, read_entries, translations_of

ENGLISH = "en"
LANGUAGES: dict[str, str] = {ENGLISH: "English", "de": "Deutsch"}
LOCALE = Path(__file__).with_name("locale")
# Contexts of sentences that other steps make.
SAID = "said"  # reasons, doubts, notes, how levels were counted
UNREAD = "unread"  # why a file was not read
FILE_NAME = "name"  # the place in a sentence that is never translated, whatever it says

_spoken: ContextVar[str] = ContextVar("spoken", default=ENGLISH)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Texts made in the block are in this language, one of LANGUAGES. Raises KeyError for another."""
    token = _spoken.set(language if language in LANGUAGES else LANGUAGES[language])
    try:
        yield
    finally:
        _spoken.reset(token)


def spoken() -> str:
    """The language of the enclosing block."""
    return _spoken.get()


def _(message: str) -> str:
    """The message in the language that is spoken."""
    return message if spoken() == ENGLISH else _catalogue(spoken()).plain.gettext(message)


def counted(one: str, many: str, count: int) -> str:
    """The form of a message for a number of things."""
    if spoken() == ENGLISH:
        return one if count == 1 else many
    return _catalogue(spoken()).plain.ngettext(one, many, count)


def in_context(context: str, message: str) -> str:
    """A message that reads differently in different places: the word above a column, the word in a sentence."""
    return message if spoken() == ENGLISH else _catalogue(spoken()).plain.pgettext(context, message)


def marked(message: str) -> str:
    """The message as it is, to be translated later, where it is used; the mark is for who collects messages."""
    return message


def said(sentence: str, context: str = SAID) -> str:
    """A sentence that another step made, with its numbers and names filled in; as it is where nobody translated it."""
    return sentence if spoken() == ENGLISH else _catalogue(spoken()).said(sentence, context)


def number(value: float, digits: int) -> str:
    """A number with the language's decimal sign."""
    return f"{value:.{digits}f}".replace(".", in_context("decimal sign", "."))


class _Catalogue:
    """A language's messages, and those of its sentences that have places to fill in."""

    def __init__(self, language: str) -> None:
        entries = read_entries((LOCALE / f"{language}.po").read_text(encoding="utf-8"))
        self.plain = translations_of(entries)
        templates = [entry for entry in entries if entry.context in (SAID, UNREAD) and "{" in entry.message]
        # The wordiest first: "the {side} recess …" before "the {structure} …".
        templates.sort(key=lambda entry: len(entry.message), reverse=True)
        self._templates = [(_pattern(entry.message), entry) for entry in templates]

    def said(self, sentence: str, context: str) -> str:
        """The whole sentence, else clause by clause."""
        words = sentence.strip().rstrip(".")
        whole = self._known(words, context)
        if whole is None:
            clauses = [self._known(clause, context) or clause for clause in words.split("; ")]
            whole = "; ".join(clauses)
        return whole

    def _known(self, words: str, context: str) -> str | None:
        """Its translation; what fills its places is translated too where it is known."""
        for form in (words, words[:1].lower() + words[1:]):  # as a sentence begins, too
            exact = self.plain.pgettext(context, form)
            if exact != form:
                return exact
        for pattern, entry in self._templates:
            if entry.context == context and (found := pattern.fullmatch(words)):
                places = found.groupdict().items()
                return _filled(entry, {name: self._filling(name, value.strip(), context) for name, value in places})
        return None

    def _filling(self, name: str, value: str, context: str) -> str:
        if name == FILE_NAME:
            return value
        whole = self._known(value, context)
        return whole if whole is not None else " ".join(self._known(part, context) or part for part in value.split(" "))


def _pattern(message: str) -> re.Pattern[str]:
    """What the message looks like once its places are filled in; nothing but a file's name reaches over clauses."""

    def place(found: re.Match[str]) -> str:
        name = found[1]
        return f"(?P<{name}>.*?)" if name == FILE_NAME else f"(?P<{name}>(?:(?!; ).)*?)"

    return re.compile(re.sub(r"\\\{(\w+)\\\}", place, re.escape(message)), re.IGNORECASE)


def _filled(entry: Entry, values: dict[str, str]) -> str:
    return " ".join(entry.translated[0].format(**values).split())


@cache
def _catalogue(language: str) -> _Catalogue:
    return _Catalogue(language)
