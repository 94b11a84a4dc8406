"""A whole study as distributed by RSNA against its radiologists' tables, structure by structure."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

from lumbar_core.anatomy import Condition, Level, Severity, Side
from lumbar_core.inference.packs import load_pack_folders, load_packs
from lumbar_core.pipeline import analyse
from lumbar_core.reading import read_study
from lumbar_core.report.result import Finding, StudyResult
from lumbar_core.study import Study

Key = tuple[Condition, Side | None, Level]
Mark = tuple[str, float, float]  # file relative to the study, column, row

COLUMNS = (
    "structure", "radiologist", "program", "P(Normal/Mild · Moderate · Severe)", "check", "off, px", "off, mm",
    "slices off",
)  # fmt: skip


def study_table(folder: Path, pack_folders: Sequence[Path] | None) -> str:
    """A Markdown table: one row per structure that a radiologist graded, the program's answer beside it.

    folder: of DICOM files, `<series>/<instance>.dcm`, with `<folder>_grades.csv` and `<folder>_coordinates.csv`
    beside it. pack_folders: None takes the program's own packs, which may have seen the study.
    """
    packs = load_packs("cpu") if pack_folders is None else load_pack_folders(list(pack_folders), "cpu")
    study = read_study([folder])
    result = analyse(study, packs)
    grades, marks = _grades(folder), _marks(folder)
    rows = [_row(finding, grades[key], marks.get(key), study) for key, finding in _findings(result) if key in grades]
    return "\n".join([f"| {' | '.join(COLUMNS)} |", "| --- " * len(COLUMNS) + "|", *rows])


def _findings(result: StudyResult) -> list[tuple[Key, Finding]]:
    return [((finding.condition, finding.side, finding.level), finding) for finding in result.findings]


def _row(finding: Finding, truth: Severity, mark: Mark | None, study: Study) -> str:
    side = f"{finding.side} " if finding.side else ""
    name = f"{side}{str(finding.condition).replace('_', ' ')} {finding.level}"
    if not finding.assessed or finding.location is None or finding.probabilities is None or finding.grade is None:
        return f"| {name} | {truth.label} | not assessed: {finding.reason} | | | | | |"
    chances = " · ".join(f"{chance:.2f}" for chance in finding.probabilities)
    off = "| | | " if mark is None else _offset(finding, mark, study)
    return f"| {name} | {truth.label} | {finding.grade.label} | {chances} | {'yes' if finding.check else ''} {off}|"


def _offset(finding: Finding, mark: Mark, study: Study) -> str:
    """Distance within the slice in pixels and millimetres, and the number of slices between."""
    file, column, row = mark
    location = finding.location
    assert location is not None  # asked by the caller
    pixels = math.hypot(location.column - column, location.row - row)
    images = next(series.instances for series in study.series if series.id == location.series)
    order = [image.source.path.as_posix() for image in images]
    here = next(index for index, path in enumerate(order) if path.endswith(location.file))
    there = next((index for index, path in enumerate(order) if path.endswith(file)), None)
    plane = images[here].plane
    millimetres = f"{pixels * plane.spacing_mm[0]:.1f}" if plane is not None else ""
    return f"| {pixels:.1f} | {millimetres} | {'other series' if there is None else abs(here - there)} "


def _grades(folder: Path) -> dict[Key, Severity]:
    with folder.with_name(f"{folder.name}_grades.csv").open(newline="", encoding="utf-8") as table:
        (row,) = csv.DictReader(table)
    return {structure(name): Severity.from_label(grade) for name, grade in row.items() if name != "study_id" and grade}


def _marks(folder: Path) -> dict[Key, Mark]:
    with folder.with_name(f"{folder.name}_coordinates.csv").open(newline="", encoding="utf-8") as table:
        return {
            structure(f"{row['condition']} {row['level']}"): (
                f"{row['series_id']}/{row['instance_number']}.dcm",
                float(row["x"]),
                float(row["y"]),
            )
            for row in csv.DictReader(table)
        }


def structure(name: str) -> Key:
    """Condition, side and level from "left_subarticular_stenosis_l1_l2" or "Left Subarticular Stenosis L1/L2"."""
    words = name.lower().replace("/", "_").replace(" ", "_").split("_")
    side = Side(words[0]) if words[0] in ("left", "right") else None
    level = Level("/".join(words[-2:]).upper())
    return Condition("_".join(words[1 if side else 0 : -2])), side, level
