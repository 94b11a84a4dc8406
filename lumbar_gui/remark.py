"""The reader's remark on the open case: kept until a report has it, so that a crash does not cost it.

A remark may name the patient. On the disk it is sealed with a key made of the study's own files: who has the program's
folder alone cannot read it, and who opens the study again has it back (docs/decisions/0032, 0042).
"""

from __future__ import annotations

import logging
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from lumbar_core.errors import SavingError
from lumbar_core.report.save import save
from lumbar_core.report.study_key import study_key, study_secret
from lumbar_core.study import Study
from lumbar_gui.state import State

log = logging.getLogger(__name__)

EVERY_S = 1.0  # while somebody types


class Remark:
    """What `State.remark` says, and its file below the folder of the settings."""

    def __init__(self, state: State, folder: Path) -> None:
        self._state = state
        self._folder = folder / "unsaved"
        self._pending = False
        self._kept_at = 0.0

    def write(self, text: str) -> None:
        """The reader wrote this."""
        if text != self._state.remark:
            self._state.change(remark=text, saved=None)
            self._pending = True

    def tick(self, now: float) -> None:
        """Keep what is new of it; now: a clock, in seconds."""
        if self._pending and now - self._kept_at >= EVERY_S:
            self._pending, self._kept_at = False, now
            self._keep()

    def restore(self) -> bool:
        """Show what was kept of the open study; returns whether there was anything."""
        study = self._state.study
        text = _read(self._path(study), study) if study is not None else ""
        self._state.change(remark=text)
        return bool(text)

    def printed(self, text: str) -> None:
        """A report has this remark; what was written since is still to be kept."""
        self._state.change(remark_saved=text)
        if self._state.remark.strip() == text.strip():
            self._forget_kept()

    def discard(self) -> None:
        """It is not wanted."""
        self._forget_kept()
        self.close()

    def close(self) -> None:
        """The case is closed; what was kept of it stays."""
        self._pending = False
        self._state.change(remark="", remark_saved="")

    def _keep(self) -> None:
        study, text = self._state.study, self._state.remark
        if study is None:
            return
        if not text.strip():
            self._forget_kept()
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            save(self._path(study), _box(study).encrypt(text.encode()))
        except (OSError, SavingError) as error:
            log.warning("The remark could not be kept: %s", type(error).__name__)

    def _forget_kept(self) -> None:
        self._pending = False
        study = self._state.study
        if study is None:
            return
        try:
            self._path(study).unlink(missing_ok=True)
        except OSError as error:
            log.warning("The kept remark could not be removed: %s", type(error).__name__)

    def _path(self, study: Study) -> Path:
        return self._folder / f"{study_key(study)}.remark"


def _box(study: Study) -> SecretBox:
    """What seals (XSalsa20 under a Poly1305 tag, a random nonce each time) and opens a remark on this study."""
    return SecretBox(study_secret(study, "remark"))


def _read(path: Path, study: Study) -> str:
    """The kept remark; empty where there is none, or none that this version sealed for this study."""
    try:
        return _box(study).decrypt(path.read_bytes()).decode()
    except (OSError, CryptoError):
        return ""
