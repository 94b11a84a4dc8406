"""Colours and measures as data: the tokens of the window, dark and light, and arithmetic on colours. No Tk."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from lumbar_core.anatomy import Severity


@dataclass(frozen=True, slots=True)
class Palette:
    """One theme's colours as #rrggbb.

    ground, panel, raised, line: surfaces, from far to near.
    on_accent, on_severe:        text on a filled accent or Severe surface.
    """

    name: str
    ground: str
    panel: str
    raised: str
    line: str
    text: str
    dim: str
    accent: str
    on_accent: str
    normal_mild: str
    moderate: str
    severe: str
    on_severe: str
    done: str

    @property
    def moderate_cell(self) -> str:
        """The tint under Moderate."""
        return mix(self.moderate, self.panel, 0.16)

    @property
    def accent_over(self) -> str:
        """The accent under the pointer."""
        return mix(self.text, self.accent, 0.18)

    @property
    def accent_off(self) -> str:
        """The accent of a button that cannot be pressed."""
        return mix(self.accent, self.panel, 0.45)

    @property
    def over(self) -> str:
        """A raised surface under the pointer."""
        return mix(self.text, self.raised, 0.08)

    def of_grade(self, grade: Severity) -> str:
        return {
            Severity.NORMAL_MILD: self.normal_mild,
            Severity.MODERATE: self.moderate,
            Severity.SEVERE: self.severe,
        }[grade]


DARK = Palette(
    name="dark",
    ground="#14171c",
    panel="#1c2027",
    raised="#252a33",
    line="#343b47",
    text="#e8ebf0",
    dim="#9aa4b2",
    accent="#56b4e9",
    on_accent="#14171c",
    normal_mild="#6f9cc4",
    moderate="#e8b030",
    severe="#e4606f",
    on_severe="#14171c",
    done="#4fb38a",
)
LIGHT = Palette(
    name="light",
    ground="#f4f5f7",
    panel="#ffffff",
    raised="#eef0f3",
    line="#d5dae1",
    text="#1b2027",
    dim="#5c6673",
    accent="#0b74b5",
    on_accent="#ffffff",
    normal_mild="#3f6d95",
    moderate="#8a5a00",
    severe="#b3263a",
    on_severe="#ffffff",
    done="#1f7f5a",
)
PALETTES = {palette.name: palette for palette in (DARK, LIGHT)}

# Pictures stand on black in both themes, with light marks: film is read so.
PICTURE_GROUND = "#000000"
PICTURE_TEXT = "#e8ebf0"
PICTURE_HALO = "#000000"

# Grades are told three times: shape, word, colour.
SHAPES = {Severity.NORMAL_MILD: "○", Severity.MODERATE: "◆", Severity.SEVERE: "▲"}

# Lengths at 100 %, in pixels; every one is multiplied by the display's factor.
BAR, STATUS_LINE, CARD_PADDING, STEP = 48, 28, 12, 4
CORNER = 5
FONT_SIZES = {
    "tiny": 10,
    "small": 12,
    "smallbold": 12,
    "text": 14,
    "bold": 14,
    "heading": 17,
    "headline": 18,
    "title": 20,
}
BOLD = {"bold", "smallbold", "headline"}
SMALLEST_WINDOW = (1024, 700)
FIRST_WINDOW = (1280, 800)


def rgb(colour: str) -> tuple[int, int, int]:
    """#rrggbb as three numbers 0–255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(over: str, under: str, share: float) -> str:
    """`over` laid on `under`, share of `over` 0–1."""
    mixed = (round(a * share + b * (1 - share)) for a, b in zip(rgb(over), rgb(under), strict=True))
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def contrast(one: str, other: str) -> float:
    """Contrast ratio 1–21 of two colours (WCAG 2, relative luminance)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in rgb(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def pairs(palette: Palette) -> list[tuple[str, str, str, float]]:
    """Every (name, text colour, ground colour, least contrast) that the window puts on the screen."""
    surfaces = [("ground", palette.ground), ("panel", palette.panel), ("raised", palette.raised)]
    texts = [("text", palette.text, 7.0), ("dim", palette.dim, 4.5)]
    both = [(f"{t} on {s}", colour, under, least) for (t, colour, least), (s, under) in product(texts, surfaces)]
    told = [("accent", palette.accent), ("severe", palette.severe), ("moderate", palette.moderate)]
    both += [(f"{t} on {s}", colour, under, 4.5) for (t, colour), (s, under) in product(told, surfaces[:2])]
    return [
        *both,
        ("done on panel", palette.done, palette.panel, 4.5),
        ("normal/mild on panel", palette.normal_mild, palette.panel, 4.5),
        ("normal/mild on its cell", palette.normal_mild, palette.raised, 4.5),
        ("moderate on its cell", palette.moderate, palette.moderate_cell, 4.5),
        ("severe's word on its cell", palette.on_severe, palette.severe, 4.5),
        ("primary button", palette.on_accent, palette.accent, 4.5),
        ("primary button under the pointer", palette.on_accent, palette.accent_over, 4.5),
        ("text on a button under the pointer", palette.text, palette.over, 7.0),
        ("text on a picture", PICTURE_TEXT, PICTURE_GROUND, 7.0),
    ]
