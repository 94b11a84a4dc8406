"""Do a DICOM slice and its small 8-bit picture get the same grade? (DESIGN.md §2, the working grid.)

Each slice of a study's sagittal series is handed to the packs twice, as it is and as the sets of pictures have it, and
the probabilities are compared: with the packs' working grid, and with crops cut from the pixels as they come.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lumbar_core.analysis.kinds import usable_series
from lumbar_core.anatomy import LEVELS, Condition, Level, Target
from lumbar_core.findings import Probabilities, SliceLevels
from lumbar_core.grade.calibrate import calibrate, grade
from lumbar_core.grade.crops import crop_places
from lumbar_core.grade.grader import Sight, grade_slice
from lumbar_core.inference.packs import Pack, load_pack_folders, load_packs
from lumbar_core.localise.localiser import localise
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.study import Instance, Pixels

PICTURE_SIDE = 250  # long side of the pictures of rsna_foraminal
SAGITTAL = (Condition.SPINAL_CANAL_STENOSIS, Condition.NEURAL_FORAMINAL_NARROWING)


@dataclass(frozen=True, slots=True)
class Pair:
    """One structure of one slice: its probabilities from the DICOM file and from the small picture."""

    file: Probabilities
    picture: Probabilities


def same_grade(folder: Path, pack_folders: Sequence[Path] | None) -> dict[str, Any]:
    """By condition: how far the probabilities lie apart, with the working grid and without."""
    packs = load_packs("cpu") if pack_folders is None else load_pack_folders(list(pack_folders), "cpu")
    study = read_study([folder])
    rows: dict[str, Any] = {}
    for condition in SAGITTAL:
        localiser, grader = packs.localiser_for(condition), packs.grader(condition)
        series = usable_series(study, condition)
        if localiser is None or grader is None or not series:
            continue
        reader = DirectReader()
        slices = [(instance, reader.read(instance)) for instance in series[0].instances]
        rows[str(condition)] = {
            "with_grid": compared(list(pairs(slices, condition, localiser, grader, on_grid=True)), grader),
            "without_grid": compared(list(pairs(slices, condition, localiser, grader, on_grid=False)), grader),
        }
    return rows


def pairs(
    slices: Sequence[tuple[Instance, Pixels]], condition: Condition, localiser: Pack, grader: Pack, *, on_grid: bool
) -> Iterator[Pair]:
    """The structures that the localiser sees well both on the slice and on its small picture."""
    for instance, pixels in slices:
        small = as_picture(pixels)
        files, pictures = (
            _graded(instance, image, condition, localiser, grader, on_grid=on_grid) for image in (pixels, small)
        )
        yield from (Pair(files[level], pictures[level]) for level in files if level in pictures)


def as_picture(pixels: Pixels) -> Pixels:
    """A slice as the sets of pictures have it: 8 bits, 250 pixels long."""
    low, high = float(pixels.min()), float(pixels.max())
    grey = np.round((pixels - low) / max(high - low, 1e-6) * 255).astype(np.uint8)
    scale = PICTURE_SIDE / max(grey.shape)
    size = (round(grey.shape[1] * scale), round(grey.shape[0] * scale))
    return np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BICUBIC), np.float32)


def compared(found: Sequence[Pair], grader: Pack) -> dict[str, Any]:
    """Mean and largest |Δp| over structures (of a structure's three the largest), and the share graded alike."""
    apart = [float(np.abs(pair.file - pair.picture).max()) for pair in found]
    point = grader.contract.operating_point
    alike = [grade(pair.file, point) is grade(pair.picture, point) for pair in found]
    return {
        "structures": len(found),
        "mean_dp": float(np.mean(apart)) if apart else None,
        "largest_dp": max(apart, default=None),
        "graded_alike": float(np.mean(alike)) if alike else None,
    }


def _graded(
    instance: Instance, pixels: Pixels, condition: Condition, localiser: Pack, grader: Pack, *, on_grid: bool
) -> dict[Level, Probabilities]:
    (levels,) = localise([(instance, pixels)], localiser)
    places = crop_places(levels)
    seen = [level for level in LEVELS if level in places and _shows(levels, level, localiser)]
    sights = [Sight(Target(condition, level, None), levels.points[level], places[level]) for level in seen]
    pack = grader if on_grid else _without_grid(grader, max(pixels.shape))
    views = grade_slice(instance, pixels, sights, list(places.values()), pack)
    calibration = grader.contract.calibration
    return {view.target.level: calibrate(view.logits, 1, calibration) for view in views}


def _shows(levels: SliceLevels, level: Level, localiser: Pack) -> bool:
    threshold, point = localiser.contract.threshold, levels.points[level]
    sure = point.visibility >= threshold("visibility") and point.confidence >= threshold("confidence")
    return levels.lumbar >= threshold("lumbar") and sure


def _without_grid(grader: Pack, long_side: int) -> Pack:
    """The same network on crops cut from the picture's own pixels."""
    wanted = grader.contract.inputs[0]
    own = replace(wanted, working_grid=replace(wanted.working_grid, long_side=long_side))
    return replace(grader, contract=replace(grader.contract, inputs=(own, *grader.contract.inputs[1:])))
