"""The reader's unsaved marks, kept in small files until they are saved, so that a crash costs none of them.

One file a study and counting of its levels. The study is named by this installation's keyed hash, the structures by
their place in the grid: nothing of a patient.
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

COUNTINGS: tuple[Alternative, ...] = ("up", "down")


class Journal:
    """Marks on the disk, below the folder of the settings."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "unsaved"

    def keep(self, result: StudyResult) -> None:
        """Write down all marks of a result; where that cannot be done the program goes on without."""
        marks = [_written(finding) for finding in result.findings if finding.touched]
        kept = {"packs": _packs(result), "marks": marks}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            save(self._path(result, result.numbering.alternative), json.dumps(kept).encode())
        except (OSError, SavingError) as error:
            log.warning("The reader's marks could not be kept: %s", type(error).__name__)

    def forget(self, result: StudyResult) -> None:
        """The marks of this study, counted as it is, are saved, or not wanted, or kept under another counting."""
        try:
            self._path(result, result.numbering.alternative).unlink(missing_ok=True)
        except OSError as error:
            log.warning("Kept marks could not be removed: %s", type(error).__name__)

    def other_counting(self, result: StudyResult) -> Alternative | None:
        """Another way in which this study's levels were counted when marks were kept; None where there are none."""
        others = (each for each in COUNTINGS if each != result.numbering.alternative)
        return next((each for each in others if self._read(result, each)), None)

    def restored(self, result: StudyResult) -> StudyResult | None:
        """A fresh result with the marks that were kept for it; None where there are none of this study and counting."""
        kept = self._read(result, result.numbering.alternative)
        try:
            marks = {tuple(mark["place"]): mark for mark in kept.get("marks", ())}
            found = [_marked(each, marks.get(_place(each))) for each in result.findings]
        except (LookupError, TypeError, ValueError):
            return None
        return result.with_findings(tuple(found)) if marks else None

    def _path(self, result: StudyResult, counting: Alternative | None) -> Path:
        return self._folder / (f"{result.study_key}-{counting}.json" if counting else f"{result.study_key}.json")

    def _read(self, result: StudyResult, counting: Alternative | None) -> dict[str, Any]:
        """What was kept for this study by the same networks; empty where there is nothing, or nothing readable."""
        try:
            kept = json.loads(self._path(result, counting).read_text(encoding="utf-8"))
            return kept if kept["packs"] == _packs(result) else {}
        except (OSError, ValueError, LookupError, TypeError):
            return {}


def _packs(result: StudyResult) -> list[str]:
    # The version too: another may calibrate the same network otherwise, and a moved mark keeps its grade.
    return sorted(f"{pack.version} {pack.digest}" for pack in result.packs)


def _place(finding: Finding) -> tuple[str, ...]:
    return tuple("" if part is None else str(part.value) for part in finding.key)


def _written(finding: Finding) -> dict[str, Any]:
    mark, own = finding.reader, finding.own
    kept: dict[str, Any] = {"place": _place(finding)}
    if mark is not None:
        kept |= {"status": mark.status, "grade": _number(mark.grade), "was": _number(mark.was)}
    if own is not None and finding.location is not None:
        point = finding.location
        images = [(seen.series, seen.file, seen.frame) for seen in own.evidence]
        kept["moved"] = {
            # Not the file's name, which may be the patient's.
            "slice": images.index((point.series, point.file, point.frame)),
            "point": [point.row, point.column, point.patient_mm],
            "grade": _number(finding.grade),
            "worst": _number(finding.worst_view),
            "probabilities": finding.probabilities,
            "check": finding.check_reasons,
            "borderline": finding.borderline,
        }
    return kept


def _number(grade: Severity | None) -> int | None:
    return None if grade is None else int(grade)


def _severity(number: int | None) -> Severity | None:
    return None if number is None else Severity(number)


def _marked(finding: Finding, kept: dict[str, Any] | None) -> Finding:
    """A fresh finding as the reader left it. Raises LookupError, TypeError or ValueError for what is not a mark."""
    if kept is None:
        return finding
    found = _moved(finding, kept["moved"]) if "moved" in kept else finding
    if "status" not in kept:
        return found
    mark = ReaderMark(str(kept["status"]), _severity(kept["grade"]), _severity(kept["was"]))
    return replace(found, reader=mark)


def _moved(finding: Finding, kept: dict[str, Any]) -> Finding:
    row, column, patient = kept["point"]
    first, second, third = kept["probabilities"]
    grade = Severity(kept["grade"])
    there = replace(
        finding.evidence[kept["slice"]],
        row=float(row),
        column=float(column),
        patient_mm=None if patient is None else (float(patient[0]), float(patient[1]), float(patient[2])),
    )
    return replace(
        finding,
        grade=grade,
        probabilities=(float(first), float(second), float(third)),
        worst_view=Severity(kept["worst"]) if "worst" in kept else grade,  # one slice, where nothing else is said
        check=bool(kept["check"]),
        check_reasons=tuple(map(str, kept["check"])),
        borderline=kept["borderline"] is True,
        location=there,
        # What was seen in another plane stays.
        evidence=(there, *(seen for seen in finding.evidence if seen.series != there.series)),
        own=finding,
    )
