"""What the user prefers, kept in one small file; never a path, a name or anything of a patient."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from lumbar_core.choices import Choices
from lumbar_core.errors import SavingError
from lumbar_core.report.form import PAPERS
from lumbar_core.report.language import ENGLISH, LANGUAGES
from lumbar_core.report.save import save

log = logging.getLogger(__name__)

THEMES = ("dark", "light")
SCALES = (0, 100, 125, 150, 175, 200)  # per cent; 0: as the display says
DEVICES = ("auto", "cpu")
OWN_PRESETS = ("7", "8", "9")
OPERATING_POINTS = ("", "argmax", "ordinal_median", "sensitive")  # "": the pack's own
CHECK_ABOVE = (0, 1, 2, 3, 5)  # per cent; 0: the pack's own
BORDERLINE_BELOW = (0, 5, 10, 20, 30)  # per cent; 0: the pack's own


@dataclass(frozen=True, slots=True)
class Settings:
    """The user's preferences.

    check_above: probability of Severe above which a Normal/Mild is to be checked, per cent.
    borderline_below: how far apart the probabilities of two neighbouring grades that count as close are, per cent.
    dicom: offer to write results as DICOM objects.
    together: zoom and brightness of the pictures on the screen change together.
    recent: remember where the last examinations lay.
    device: what the networks run on from the next start on: "auto" a graphics processor where one works, or "cpu".
    keys: keys that the user chose, by the request's name (keymap.py).
    presets: brightness of the user's own, by number: (shift, factor), both in widths of the opening window.
    language, paper, header: of the report; the header is the clinic's, a few lines.
    notice_seen: version of the first-start notice that was accepted, "" before.
    tips_seen: whether the tips of the first start were shown, or not wanted.
    """

    theme: str = "dark"
    scale: int = 0
    operating_point: str = ""
    check_above: int = 0
    borderline_below: int = 0
    dicom: bool = False
    together: bool = False
    recent: bool = False
    device: str = "auto"
    keys: Mapping[str, str] = field(default_factory=dict)
    presets: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    language: str = ENGLISH
    paper: str = "a4"
    header: str = ""
    notice_seen: str = ""
    tips_seen: bool = False

    @property
    def choices(self) -> Choices:
        """What is chosen here in place of what the packs say."""
        return Choices(
            operating_point=self.operating_point or None,
            check_p_severe=self.check_above / 100 or None,
            borderline_gap=self.borderline_below / 100 or None,
        )


def read_settings(path: Path) -> Settings:
    """The kept preferences; a missing, broken or foreign file gives the defaults for what it lacks."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Settings()
    if not isinstance(kept, dict):
        return Settings()
    known = {field.name for field in fields(Settings)}
    return _checked(Settings(**{name: value for name, value in kept.items() if name in known}))


def save_settings(path: Path, settings: Settings) -> None:
    """Keep the preferences; where that cannot be done the program goes on without."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save(path, json.dumps(asdict(settings), indent=1).encode())
    except (OSError, SavingError) as error:
        log.warning("The settings could not be kept: %s", type(error).__name__)


def _checked(settings: Settings) -> Settings:
    default = Settings()
    return Settings(
        theme=settings.theme if settings.theme in THEMES else default.theme,
        scale=settings.scale if settings.scale in SCALES else default.scale,
        operating_point=settings.operating_point if settings.operating_point in OPERATING_POINTS else "",
        check_above=_one_of(settings.check_above, CHECK_ABOVE),
        borderline_below=_one_of(settings.borderline_below, BORDERLINE_BELOW),
        dicom=settings.dicom is True,
        together=settings.together is True,
        recent=settings.recent is True,
        device=settings.device if settings.device in DEVICES else default.device,
        keys=_words(settings.keys),
        presets=_presets(settings.presets),
        language=settings.language if settings.language in tuple(LANGUAGES) else default.language,
        paper=settings.paper if settings.paper in tuple(PAPERS) else default.paper,
        header=_text(settings.header),
        notice_seen=_text(settings.notice_seen),
        tips_seen=settings.tips_seen is True,
    )


def _one_of(kept: object, offered: tuple[int, ...]) -> int:
    """What is offered and nothing else: not even `true`, which Python takes for 1. Else the pack's own."""
    return kept if type(kept) is int and kept in offered else 0


def _text(kept: object) -> str:
    return kept if isinstance(kept, str) else ""


def _words(kept: object) -> dict[str, str]:
    return {str(name): str(word) for name, word in kept.items()} if isinstance(kept, dict) else {}


def _presets(kept: object) -> dict[str, tuple[float, float]]:
    try:
        pairs = {str(number): (float(pair[0]), float(pair[1])) for number, pair in kept.items()}  # type: ignore[attr-defined]
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return {}
    known = {number: pair for number, pair in pairs.items() if number in OWN_PRESETS}
    return {number: pair for number, pair in known.items() if all(map(math.isfinite, pair)) and pair[1] > 0}
