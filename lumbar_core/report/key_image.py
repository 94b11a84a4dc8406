"""Key images of a report: which to show, what part of them, how bright, and where the marks stand."""

from __future__ import annotations

import contextlib
from collections.abc import Container, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import Condition, Orientation, Severity, Side
from lumbar_core.errors import ReadingError
from lumbar_core.report.build import relative_path
from lumbar_core.report.result import Finding, Location, StudyResult
from lumbar_core.study import PixelReader, Pixels, Study

PictureKey = tuple[str, str, int]  # series id, file and frame, as in `Location`
Stack = tuple[str, Side | None]  # series id and side: parallel slices whose findings lie at the same rows and columns
Grey = NDArray[np.uint8]  # (rows, columns)

MOST_KEY_IMAGES = 3
_CONTEXT = 1.6  # a mark's surroundings, in disc distances, that stay in the cut-out
_LONE_MARK_SHARE = 0.12  # of the long side: the disc distance guessed where a single mark gives none
_BRACKET_SHARE = 0.55  # of the disc distance
_DARKEST, _BRIGHTEST = 1.0, 99.5  # percentiles of the cut-out that become black and white


@dataclass(frozen=True, slots=True)
class Mark:
    """A bracket around one finding: centre and half its side, in pixels of the cut-out."""

    finding: Finding
    row: float
    column: float
    half_px: float


@dataclass(frozen=True, slots=True, eq=False)
class KeyPicture:
    """A whole picture and which slice of its series it is, counted from 1 as the window counts."""

    pixels: Pixels
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class KeyImage:
    """A cut-out ready to draw, with its marks; `grey` has square pixels only where the file has."""

    key: PictureKey
    number: int
    grey: Grey
    marks: tuple[Mark, ...]


def key_of(location: Location) -> PictureKey:
    """The picture that a location lies in."""
    return location.series, location.file, location.frame


def key_pictures(result: StudyResult, at_most: int = MOST_KEY_IMAGES) -> tuple[PictureKey, ...]:
    """The pictures worth a place in the report: for each condition the one with the gravest findings.

    Conditions come in the order of their worst grade; left-over places go to the next gravest pictures.
    """
    by_picture = _marked(result)
    ranked = sorted(by_picture, key=lambda key: _gravity(by_picture[key]), reverse=True)
    first: dict[Condition, PictureKey] = {}
    for key in ranked:
        first.setdefault(by_picture[key][0].condition, key)
    others = [key for key in ranked if key not in first.values() and _gravity(by_picture[key])[0] > 0]
    return tuple([*first.values(), *others][:at_most])


def number_slices(study: Study) -> dict[PictureKey, int]:
    """Which slice of its series each image is, counted from 1 as the window counts."""
    return {
        (series.id, relative_path(instance.source, study.root), instance.source.frame): number
        for series in study.series
        for number, instance in enumerate(series.instances, start=1)
    }


def read_key_pictures(result: StudyResult, study: Study, reader: PixelReader) -> dict[PictureKey, KeyPicture]:
    """Decode the key pictures; one that can no longer be read is left out of the report."""
    pictures, numbers = {}, number_slices(study)
    by_id = {series.id: series for series in study.series}
    for key in key_pictures(result):
        if key in numbers:
            instance = by_id[key[0]].instances[numbers[key] - 1]
            with contextlib.suppress(ReadingError):
                pictures[key] = KeyPicture(reader.read(instance), numbers[key])
    return pictures


def build_key_images(result: StudyResult, pictures: Mapping[PictureKey, KeyPicture]) -> tuple[KeyImage, ...]:
    """Cut out and brighten those key pictures of which pixels are there."""
    marked = _marked(result)
    return tuple(_cut_out(key, marked[key], pictures[key]) for key in key_pictures(result) if key in pictures)


def _marked(result: StudyResult) -> dict[PictureKey, list[Finding]]:
    """The findings to mark on each picture; of a stack one picture, the gravest, stands for all its slices."""
    sagittal = {series.id for series in result.input.series if series.plane == Orientation.SAGITTAL}
    stacks: dict[PictureKey | Stack, dict[PictureKey, list[Finding]]] = {}
    for finding in result.assessed:
        if finding.location is not None:
            stack = _stack(finding, finding.location, sagittal)
            stacks.setdefault(stack, {}).setdefault(key_of(finding.location), []).append(finding)
    marked: dict[PictureKey, list[Finding]] = {}
    for slices in stacks.values():
        shown = max(slices, key=lambda key: _gravity(slices[key]))
        marked.setdefault(shown, []).extend(finding for findings in slices.values() for finding in findings)
    return marked


def _stack(finding: Finding, location: Location, sagittal: Container[str]) -> PictureKey | Stack:
    """Pictures without a place in the patient need not be parallel, so each stands for itself."""
    if location.series in sagittal and location.patient_mm is not None:
        return location.series, finding.side
    return key_of(location)


def _gravity(findings: list[Finding]) -> tuple[int, int, int]:
    """Worst grade, how many have it, how many are shown at all."""
    grades = [finding.shown_grade or Severity.NORMAL_MILD for finding in findings]
    worst = max(grades)
    return int(worst), grades.count(worst), len(grades)


def _cut_out(key: PictureKey, findings: list[Finding], picture: KeyPicture) -> KeyImage:
    pixels = picture.pixels
    points = np.array([(f.location.row, f.location.column) for f in findings if f.location is not None])  # (n, 2)
    distance_px = _disc_distance_px(findings, points, max(pixels.shape))
    low = np.floor(points.min(axis=0) - _CONTEXT * distance_px).astype(int).clip(0)
    high = np.ceil(points.max(axis=0) + _CONTEXT * distance_px).astype(int) + 1
    cut = np.asarray(pixels)[low[0] : high[0], low[1] : high[1]]
    marks = tuple(
        Mark(finding, float(row - low[0]), float(column - low[1]), _BRACKET_SHARE * distance_px / 2)
        for finding, (row, column) in zip(findings, points, strict=True)
    )
    return KeyImage(key, picture.number, _as_grey(cut), marks)


def _disc_distance_px(findings: list[Finding], points: NDArray[np.float64], long_side: int) -> float:
    """Mean distance between marks of neighbouring levels; a share of the picture where there are none."""
    by_level = sorted(zip(findings, points.tolist(), strict=True), key=lambda pair: pair[0].level.value)
    steps = [
        float(np.hypot(row - above_row, column - above_column))
        for (above, (above_row, above_column)), (below, (row, column)) in pairwise(by_level)
        if above.level is not below.level
    ]
    distance = float(np.median(steps)) if steps else 0.0
    return distance if distance >= 2.0 else _LONE_MARK_SHARE * long_side


def _as_grey(cut: Pixels) -> Grey:
    if cut.size == 0:
        return np.zeros((1, 1), np.uint8)
    black, white = np.percentile(cut, (_DARKEST, _BRIGHTEST))
    scaled = (cut.astype(np.float32) - black) / max(float(white - black), 1e-6)
    grey: Grey = np.round(255 * scaled.clip(0, 1)).astype(np.uint8)
    return grey
