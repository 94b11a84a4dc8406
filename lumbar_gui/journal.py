"""The reader's unsaved marks, kept in a small file a study until they are saved, so that a crash costs none of them.

The study is named by this installation's keyed hash, the structures by their place in the grid: nothing of a patient.
"""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from lumbar_core.anatomy import Severity
from lumbar_core.errors import SavingError
from lumbar_core.report.result import Alternative, Finding, ReaderMark, StudyResult
from lumbar_core.report.save import save

log = logging.getLogger(__name__)


class Journal:
    """Marks on the disk, below the folder of the settings."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "unsaved"

    def keep(self, result: StudyResult) -> None:
        """Write down all marks of a result; where that cannot be done the program goes on without."""
        marks = [_written(finding) for finding in result.findings if finding.reader is not None]
        kept = {"packs": _packs(result), "numbering": result.numbering.alternative, "marks": marks}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            save(self._path(result), json.dumps(kept).encode())
        except (OSError, SavingError) as error:
            log.warning("The reader's marks could not be kept: %s", type(error).__name__)

    def forget(self, result: StudyResult) -> None:
        """This study's marks are saved, or not wanted."""
        try:
            self._path(result).unlink(missing_ok=True)
        except OSError as error:
            log.warning("Kept marks could not be removed: %s", type(error).__name__)

    def counting(self, result: StudyResult) -> Alternative | None:
        """How the levels were counted when this study's marks were kept; None as the program counts, and for none."""
        numbering = self._read(result).get("numbering")
        return numbering if numbering in ("up", "down") else None

    def restored(self, result: StudyResult) -> StudyResult | None:
        """A fresh result with the marks that were kept for it; None where there are none of this study and counting."""
        kept = self._read(result)
        if kept.get("numbering") != result.numbering.alternative:
            return None
        try:
            marks = {tuple(mark["place"]): _mark(mark) for mark in kept.get("marks", ())}
        except (LookupError, TypeError, ValueError):
            return None
        found = [replace(each, reader=marks.get(_place(each), each.reader)) for each in result.findings]
        return result.with_findings(tuple(found)) if marks else None

    def _path(self, result: StudyResult) -> Path:
        return self._folder / f"{result.study_key}.json"

    def _read(self, result: StudyResult) -> dict[str, Any]:
        """What was kept for this study by the same networks; empty where there is nothing, or nothing readable."""
        try:
            kept = json.loads(self._path(result).read_text(encoding="utf-8"))
            return kept if kept["packs"] == _packs(result) else {}
        except (OSError, ValueError, LookupError, TypeError):
            return {}


def _packs(result: StudyResult) -> list[str]:
    return sorted(pack.digest for pack in result.packs)


def _place(finding: Finding) -> tuple[str, ...]:
    return tuple("" if part is None else str(part.value) for part in finding.key)


def _written(finding: Finding) -> dict[str, Any]:
    mark = finding.reader
    assert mark is not None
    grades = {name: None if grade is None else int(grade) for name, grade in (("grade", mark.grade), ("was", mark.was))}
    return {"place": _place(finding), "status": mark.status, **grades}


def _mark(kept: dict[str, Any]) -> ReaderMark:
    grade, was = (None if kept[name] is None else Severity(kept[name]) for name in ("grade", "was"))
    return ReaderMark(str(kept["status"]), grade, was)
