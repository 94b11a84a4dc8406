"""Which plain key is which request on the results, and how a user gives a request another key."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

# By their X names, as Tk reports them; keys with Control or Alt, arrows and digits stay as they are.
FIXED = frozenset({
    "Up", "Down", "Left", "Right", "Prior", "Next", "Home", "End", "Tab", "ISO_Left_Tab", "Escape", "Delete", "space",
    "BackSpace", "plus", "minus", "equal", "F1", "KP_Enter", "KP_Add", "KP_Subtract", *"0123456789",
})  # fmt: skip
SHIFT, CONTROL = 0x1, 0x4  # in the state of an event, as Tk reports it
# On Windows Tk tells by the bit of X11's Alt that NumLock is on, and of Alt by one of its own (tkWinX.c, tkInt.h).
_ALT, _ALT_OF_WINDOWS = 0x8, 0x20000
MODIFIERS = ("Shift", "Control", "Alt", "Meta", "Super", "Caps", "Num", "ISO_", "Mode", "Multi", "dead")
SHOWN = {"Return": "Enter", "period": ".", "comma": ",", "bracketleft": "[", "bracketright": "]", "semicolon": ";",
         "slash": "/", "backslash": "\\", "apostrophe": "'", "grave": "`"}  # fmt: skip


def has_alt(state: int, windows: bool = sys.platform == "win32") -> bool:
    """Whether Alt is held down, by an event's state."""
    return bool(state & (_ALT_OF_WINDOWS if windows else _ALT))


def is_plain(state: int) -> bool:
    """Whether a key was pressed without Control and without Alt, by the event's state."""
    return not state & CONTROL and not has_alt(state)


@dataclass(frozen=True, slots=True)
class Request:
    """What a key asks for: its name in the settings, the key that it has by itself, and what it does in words."""

    name: str
    key: str
    words: str


REQUESTS: tuple[Request, ...] = (
    Request("agree", "Return", "agree with the chosen finding"),
    Request("normal_mild", "n", "the reader says Normal/Mild"),
    Request("moderate", "m", "the reader says Moderate"),
    Request("severe", "s", "the reader says Severe"),
    Request("cannot_judge", "x", "the reader cannot judge it"),
    Request("next_to_check", "period", "next finding to check"),
    Request("evidence", "e", "next slice that the finding was seen on"),
    Request("behind", "v", "what the network saw; again for its other map"),
    Request("count_up", "bracketleft", "count the levels one up"),
    Request("count_down", "bracketright", "count the levels one down"),
    Request("length", "d", "measure a length"),
    Request("angle", "a", "measure an angle"),
    Request("reset", "r", "reset brightness, zoom and turn"),
    Request("fit", "f", "the whole picture"),
    Request("invert", "i", "dark for bright"),
    Request("hide_marks", "o", "hide the marks while held down"),
    Request("hide_lines", "h", "lines of the other planes"),
    Request("make_large", "w", "exchange the picture with the large one"),
    Request("link", "l", "scroll together or alone"),
    Request("together", "b", "zoom and brightness of all pictures together, or of each alone"),
    Request("play", "c", "run through the slices"),
    Request("identity", "t", "hide the patient's identity"),
    Request("pause", "p", "pause a reading"),
)


def keys_of(chosen: Mapping[str, str]) -> dict[str, str]:
    """By request, its key: the user's where one was chosen and is free, else its own."""
    keys = {request.name: request.key for request in REQUESTS}
    for name, key in chosen.items():
        if name in keys and can_be_chosen(key):
            keys = with_key(keys, name, key)
    return keys


def with_key(keys: Mapping[str, str], name: str, key: str) -> dict[str, str]:
    """One request with another key; the request that had it takes the old one, so that none is without."""
    holder = next((other for other, held in keys.items() if held == key), None)
    changed = {**keys, name: key}
    if holder is not None and holder != name:
        changed[holder] = keys[name]
    return changed


def chosen_of(keys: Mapping[str, str]) -> dict[str, str]:
    """What of a set of keys is not as it would be by itself, for the settings."""
    return {request.name: keys[request.name] for request in REQUESTS if keys[request.name] != request.key}


def can_be_chosen(key: str) -> bool:
    """Whether a key may be given to a request."""
    return bool(key) and key not in FIXED and not key.startswith(MODIFIERS)


def shown(key: str) -> str:
    """A key as it stands on the keyboard: "Enter", ".", "N"."""
    return SHOWN.get(key, key.upper() if len(key) == 1 else key)
