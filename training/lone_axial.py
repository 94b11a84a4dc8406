"""How well canal and recesses are found on whole axial pictures that nothing else tells of, and what is refused.

Marked by hand: 45 T2 slices of Mendeley's four patients and 10 of the one whole study. Each is searched by networks
that left its patient's fold out, once as axial T2, to see where the place lies, and once as the program would take it,
to see whether it is assessed. Mendeley's T1 slices and its pictures of other kinds are taken as the program would too.
"""

from __future__ import annotations

import csv
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from lumbar_core.analysis.axial import AxialSlice
from lumbar_core.analysis.job import Job, Options
from lumbar_core.analysis.kinds import recognise_series, usable_series
from lumbar_core.analysis.lone_axial import find_lone_section, read_lone, search
from lumbar_core.analysis.recesses import RECESS, CrossSection
from lumbar_core.anatomy import Orientation, Weighting
from lumbar_core.findings import AxialPoints, ImagePoint
from lumbar_core.inference.packs import Pack, PackSet, load_pack_folders
from lumbar_core.localise.whole_axial import is_sure, middle_of_sac
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.study import KindBasis, SeriesKind, Study
from training.cells import read_cells
from training.metrics import bootstrap, pack_metric, wilson
from training.splits import fold_of, mendeley_labels
from training.workshop import Workshop, fold_pack

MARKS = Path(__file__).parent / "labels" / "axial_marks.csv"
WITHIN, WITHIN_MM = 0.03, 5.0  # of the slice's width; where its spacing is known
LOCALISER, RECOGNISER = "localise_axial", "recognise"
AXIAL_T2 = SeriesKind(Orientation.AXIAL, Weighting.T2, KindBasis.USER)
MENDELEY = "mendeley_mixed"
PROTOCOL = "whole axial T2 slices of 5 patients, marked by hand, by networks that left the patient out; `lone-axial`"

Place = tuple[float, float]  # (row, column)


@dataclass(frozen=True, slots=True)
class Marked:
    """A slice marked by hand: the middle of the dural sac and the recess on either side of the picture."""

    file: str
    patient: str
    canal: Place
    left: Place
    right: Place


@dataclass(frozen=True, slots=True)
class Searched:
    """What came of one slice: whether canal and recesses lie where they were marked, and what was sure.

    canal, left, right: within 5 mm, or 3 % of the width. sure: known to be axial T2, it would be assessed.
    assessed: it is, where its kind has to be recognised. behind: how far behind the canal's own point it was marked, in
        parts of the recesses' distance.
    """

    patient: str
    canal: bool
    left: bool
    right: bool
    sure: bool
    assessed: bool
    behind: float | None = None


def read_marks() -> list[Marked]:
    """The marks, by patient and file; files are named from the data folder."""
    with MARKS.open(newline="", encoding="utf-8") as table:
        return [
            Marked(
                row["file"],
                row["patient"],
                *((float(row[f"{name}_row"]), float(row[f"{name}_column"])) for name in ("canal", "left", "right")),
            )
            for row in csv.DictReader(table)
        ]


def score_lone_axial(shop: Workshop) -> dict[str, Any]:
    """Shares with intervals over patients, and by kind how many other pictures would be assessed."""
    study_folds = {cell.study_id: cell.fold for cell in read_cells(shop.data / "rsna_subarticular")}
    networks = _Networks(shop, study_folds)
    found = [_searched(mark, shop.data / mark.file, networks.of(mark.patient)) for mark in read_marks()]
    return {**figures(found), "other_pictures": _others(shop.data, networks)}


def figures(found: Sequence[Searched]) -> dict[str, Any]:
    """Counts and shares of searched slices, and what the pack's card tells of them."""
    patients = [each.patient for each in found]
    columns = {
        "canal within 3 %": np.array([each.canal for each in found]),
        "recesses within 3 %": np.array([(each.left + each.right) / 2 for each in found]),
        "sure": np.array([each.sure for each in found]),
        "assessed": np.array([each.assessed for each in found]),
    }
    shares = {name: float(values.mean()) for name, values in columns.items()}
    intervals = {name: bootstrap(patients, lambda chosen, v=values: float(v[chosen].mean()))  # type: ignore[misc]
                 for name, values in columns.items()}  # fmt: skip
    by_patient: dict[str, Counter[str]] = defaultdict(Counter)
    for each in found:
        row = {"slices": 1, "canal": each.canal, "sure": each.sure, "assessed": each.assessed}
        by_patient[each.patient].update({name: int(value) for name, value in row.items()})
    return {
        "slices": len(found),
        "patients": len(by_patient),
        "shares": {name: {"value": share, "ci95": intervals[name]} for name, share in shares.items()},
        "wilson95_of_canals": wilson(shares["canal within 3 %"], len(found)),  # as if each were a patient
        "median_behind": median([each.behind for each in found if each.behind is not None] or [0.0]),
        "sure_and_wrong": sum(each.sure and not each.canal for each in found),
        "assessed_and_wrong": sum(each.assessed and not each.canal for each in found),
        "by_patient": {patient: dict(row) for patient, row in by_patient.items()},
        "pack_metrics": [
            pack_metric(f"lone slice: {name}", share, intervals[name], len(found), PROTOCOL)
            for name, share in shares.items()
        ],
    }


class _Networks:
    """Localiser and recogniser that left a patient's fold out, exported at first use."""

    def __init__(self, shop: Workshop, study_folds: dict[str, int]) -> None:
        self._shop, self._study_folds = shop, study_folds
        self._packs: dict[int, PackSet] = {}

    def of(self, patient: str) -> PackSet:
        fold = self._study_folds.get(patient) or fold_of(patient)
        if fold not in self._packs:
            folders = [fold_pack(name, frozenset({fold}), self._shop) for name in (LOCALISER, RECOGNISER)]
            self._packs[fold] = load_pack_folders(folders)
        return self._packs[fold]


def _job(packs: PackSet) -> tuple[Job, Pack]:
    localiser = packs.localiser(LOCALISER)
    if localiser is None:
        raise ValueError(f"there is no {LOCALISER} to search with")
    return Job(packs, DirectReader(), lambda _: None, lambda: False, Options()), localiser


def _searched(mark: Marked, path: Path, packs: PackSet) -> Searched:
    (job, localiser), study = _job(packs), read_study([path])
    slice_ = read_lone(study.series[0].with_kind(AXIAL_T2), localiser, job)
    if not isinstance(slice_, AxialSlice):
        raise ValueError(f"{path}: {slice_[1]}")  # noqa: TRY004  a picture's fault
    found = search(slice_, localiser)
    image, points = slice_.instance, found.points
    limit = WITHIN_MM / image.plane.spacing_mm[1] if image.plane is not None else WITHIN * image.columns

    def near(point: ImagePoint | None, marked: Place) -> bool:
        if point is None:
            return False
        place = slice_.in_file(point)
        return math.hypot(place.row - marked[0], place.column - marked[1]) <= limit

    return Searched(
        mark.patient,
        near(middle_of_sac(points), mark.canal),
        near(points.image_left, mark.left),
        near(points.image_right, mark.right),
        is_sure(found, localiser),
        _is_assessed(study, packs),
        _behind(slice_, points, mark),
    )


def _behind(slice_: AxialSlice, points: AxialPoints, mark: Marked) -> float | None:
    if points.canal is None or points.image_left is None or points.image_right is None:
        return None
    canal, left, right = (slice_.in_file(each) for each in (points.canal, points.image_left, points.image_right))
    one_down = slice_.in_file(replace(points.canal, row=points.canal.row + 1.0))
    behind = (mark.canal[0] - canal.row) * (one_down.row - canal.row)
    return behind / math.hypot(right.row - left.row, right.column - left.column)


def _is_assessed(study: Study, packs: PackSet) -> bool:
    """Whether the program would grade a canal or a recess on a lone picture."""
    job, localiser = _job(packs)
    study = recognise_series(study, job)
    usable = usable_series(study, RECESS)
    lone = bool(usable) and study.is_lone_axial
    return lone and isinstance(find_lone_section(usable[0], localiser, job), CrossSection)


def _others(data: Path, networks: _Networks) -> dict[str, dict[str, int]]:
    """By kind, how many of Mendeley's pictures that are not axial T2 would be assessed as such."""
    marked = {mark.file for mark in read_marks()}
    counts: dict[str, dict[str, int]] = {}
    for file, kind, patient in _other_pictures(marked):
        row = counts.setdefault(kind, {"pictures": 0, "assessed": 0})
        row["pictures"] += 1
        row["assessed"] += _is_assessed(read_study([data / file]), networks.of(patient))
    return counts


def _other_pictures(marked: set[str]) -> Iterator[tuple[str, str, str]]:
    for label in mendeley_labels():
        file = f"{MENDELEY}/{label.file}"
        if label.patient is not None and file not in marked:
            yield file, label.kind, f"mendeley{label.patient}"
