"""Recesses where there are none: places beside the spine on whole axial slices that were kept out of training.

In a study the program looks where the sagittal series has the canal. Were that wrong, it would look here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lumbar_core.inference.contract import AxialRule
from lumbar_core.inference.packs import load_pack_folders, load_packs
from lumbar_core.localise.recesses import locate_recesses
from training.localise_axial_data import AXIAL, AXIAL_HALF, BESIDE_EACH, beside_the_spine
from training.pictures import load_picture
from training.splits import mendeley_labels


def score_axial_places(data: Path, packs: Sequence[Path] | None) -> dict[str, Any]:
    """How many places were looked at, and on what share of them a recess would have been graded, or a canal.

    Raises ValueError without a localiser of axial slices.
    """
    localiser = (load_pack_folders(list(packs)) if packs else load_packs()).localiser("localise_axial")
    crop = localiser.contract.inputs[0].crop if localiser is not None else None
    if localiser is None or not isinstance(crop, AxialRule):
        raise ValueError("places on axial slices are scored with a localiser of axial slices")
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
