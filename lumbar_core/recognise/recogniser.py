"""Plane and weighting of a picture from the picture itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lumbar_core.anatomy import Orientation, Weighting
from lumbar_core.inference.packs import Pack
from lumbar_core.picture import Box, whole_picture
from lumbar_core.study import Pixels

# What each class of the network means; the contract's `classes` name them.
KINDS: dict[str, tuple[Orientation, Weighting]] = {
    "sagittal_t1": (Orientation.SAGITTAL, Weighting.T1),
    "sagittal_t2": (Orientation.SAGITTAL, Weighting.T2),
    "axial_t1": (Orientation.AXIAL, Weighting.T1),
    "axial_t2": (Orientation.AXIAL, Weighting.T2),
}
TURNED = "turned"


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a picture shows. kind: a class name of the pack ("sagittal_t2", "other", "turned" …)."""

    kind: str
    probability: float

    @property
    def orientation(self) -> Orientation:
        """The plane; unknown for what is no lumbar MRI."""
        return KINDS.get(self.kind, (Orientation.UNKNOWN, Weighting.UNKNOWN))[0]

    @property
    def weighting(self) -> Weighting:
        """The weighting; unknown for what is no lumbar MRI. STIR counts as T2."""
        return KINDS.get(self.kind, (Orientation.UNKNOWN, Weighting.UNKNOWN))[1]


def recognise(pixels: Pixels, pack: Pack, content: Box | None = None) -> Recognition:
    """The picture's most probable kind. Raises Cancelled if the pack is stopped."""
    contract = pack.contract
    wanted, given = contract.inputs[0], contract.outputs[0]
    side, percentiles = wanted.working_grid.long_side, wanted.normalisation.percentiles
    picture, _ = whole_picture(pixels, side, percentiles, content)
    logits = pack.model.run({wanted.name: picture[None, None]})[given.name][0].astype(np.float64)
    powers = np.exp(logits - logits.max())
    best = int(np.argmax(powers))
    return Recognition(given.classes[best], float(powers[best] / powers.sum()))
