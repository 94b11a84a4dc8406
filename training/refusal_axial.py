"""Recesses where there are none: places beside the spine on whole axial slices that were kept out of training.

In a study the program looks where the sagittal series has the canal. Were that wrong, it would look here. So it would
some way beside a canal that is marked by hand: what is found there is the canal all the same, or should be nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lumbar_core.analysis.aside import FAR_MM, look_around_one
from lumbar_core.analysis.axial import AxialSlice
from lumbar_core.analysis.job import Job, Options
from lumbar_core.analysis.lone_axial import read_lone
from lumbar_core.analysis.recesses import CrossSection, Why, checked, find_section
from lumbar_core.inference.contract import AxialRule
from lumbar_core.inference.packs import Pack, PackSet, load_pack_folders, load_packs
from lumbar_core.localise.recesses import locate_recesses
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from training.localise_axial_data import AXIAL, AXIAL_HALF, BESIDE_EACH, beside_the_spine
from training.lone_axial import AXIAL_T2, read_marks
from training.pictures import load_picture
from training.splits import mendeley_labels

ASIDE_MM = (0, 10, 15, 20, 25, 30, 40)  # to either side of a marked canal


def score_axial_places(data: Path, packs: Sequence[Path] | None) -> dict[str, Any]:
    """How many places were looked at, and on what share of them a recess would have been graded, or a canal.

    Raises ValueError without a localiser of axial slices.
    """
    _, localiser = _loaded(packs)
    crop = localiser.contract.inputs[0].crop
    if not isinstance(crop, AxialRule):
        raise ValueError("places on axial slices are scored with a localiser of axial slices")  # noqa: TRY004
    limit = localiser.contract.threshold("lumbar")
    slices = [label.file for label in mendeley_labels() if label.held and label.kind == "axial_t2"]
    graded = canals = 0
    for file in slices:
        pixels = load_picture(data / AXIAL / file)
        spacing_mm = crop.half_width_mm / (AXIAL_HALF * pixels.shape[1])
        for number in range(BESIDE_EACH):
            row, column = beside_the_spine(f"{file} {number}")
            place = (row * pixels.shape[0], column * pixels.shape[1])
            found = locate_recesses(pixels, place, (spacing_mm, spacing_mm), localiser)
            sure = found.canal is not None and found.lumbar >= limit
            canals += sure
            graded += sure and (found.image_left is not None or found.image_right is not None)
    places = len(slices) * BESIDE_EACH
    return {"slices": len(slices), "places": places, "assessed": graded / places, "canals": canals / places}


def score_beside_canals(data: Path, packs: Sequence[Path] | None) -> dict[str, dict[str, dict[str, int]]]:
    """By how far aside of a marked canal it was looked for, mm: what was found near by, and what a look around leaves.

    Of one slice alone; in a study several tell whether all of them lie as far aside. Raises ValueError as above.
    """
    loaded, localiser = _loaded(packs)
    job = Job(loaded, DirectReader(), lambda _: None, lambda: False, Options())
    counts: dict[str, dict[str, Counter[str]]] = {f"{mm}": {"near": Counter(), "checked": Counter()} for mm in ASIDE_MM}
    for mark in read_marks():
        slice_ = read_lone(read_study([data / mark.file]).series[0].with_kind(AXIAL_T2), localiser, job)
        if not isinstance(slice_, AxialSlice):
            raise ValueError(f"{mark.file}: {slice_[1]}")  # noqa: TRY004  a picture's fault
        true = slice_.other_way(mark.canal)
        for aside_mm in (way * mm for mm in ASIDE_MM for way in ((1, -1) if mm else (1,))):
            place = (true[0], true[1] + aside_mm / slice_.plane.spacing_mm[1])
            aimed = replace(slice_, expected=place)
            near = find_section(aimed, localiser, job)
            row = counts[f"{abs(aside_mm)}"]
            row["near"][_outcome(near, true)] += 1
            row["checked"][_outcome(checked(near, look_around_one(aimed, localiser, job)), true)] += 1
    return {mm: {name: dict(count) for name, count in row.items()} for mm, row in counts.items()}


def _loaded(packs: Sequence[Path] | None) -> tuple[PackSet, Pack]:
    loaded = load_pack_folders(list(packs)) if packs else load_packs()
    localiser = loaded.localiser("localise_axial")
    if localiser is None:
        raise ValueError("places on axial slices are scored with a localiser of axial slices")
    return loaded, localiser


def _outcome(section: CrossSection | Why, true: tuple[float, float]) -> str:
    """Whether a recess would be graded, and where."""
    if not isinstance(section, CrossSection) or not (section.points.image_left or section.points.image_right):
        return "refused"
    rows_mm, columns_mm = section.slice.plane.spacing_mm
    off_mm = math.hypot((section.canal.row - true[0]) * rows_mm, (section.canal.column - true[1]) * columns_mm)
    return "at the canal" if off_mm <= FAR_MM else "elsewhere"
