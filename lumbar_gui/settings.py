"""What the user prefers, kept in one small file; never a path, a name or anything of a patient."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

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


@dataclass(frozen=True, slots=True)
class Settings:
    """The user's preferences.

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
        dicom=settings.dicom is True,
        together=settings.together is True,
        recent=settings.recent is True,
        device=settings.device if settings.device in DEVICES else default.device,
        keys=_words(settings.keys),
        presets=_presets(settings.presets),
        language=settings.language if settings.language in LANGUAGES else default.language,
        paper=settings.paper if settings.paper in PAPERS else default.paper,
        header=str(settings.header),
        notice_seen=str(settings.notice_seen),
        tips_seen=settings.tips_seen is True,
    )


def _words(kept: object) -> dict[str, str]:
    return {str(name): str(word) for name, word in kept.items()} if isinstance(kept, dict) else {}


def _presets(kept: object) -> dict[str, tuple[float, float]]:
    try:
        pairs = {str(number): (float(pair[0]), float(pair[1])) for number, pair in kept.items()}  # type: ignore[attr-defined]
    except (AttributeError, LookupError, TypeError, ValueError):
        return {}
    return {number: pair for number, pair in pairs.items() if number in OWN_PRESETS and pair[1] > 0}
