"""How bright each tissue is, by weighting, on a scale where the brightest is about 1."""

from __future__ import annotations

from dataclasses import dataclass

from lumbar_core.anatomy import Weighting


@dataclass(frozen=True, slots=True)
class Signals:
    """Brightness of the tissues under one weighting."""

    air: float
    bone: float  # cortical bone and ligament
    marrow: float
    nucleus: float  # of a fresh disc
    worn_disc: float
    annulus: float
    fluid: float
    nerve: float
    cord: float
    fat: float
    muscle: float
    vessel: float
    bowel: float
    skin: float
    vein: float  # the basivertebral plexus


SIGNALS: dict[Weighting, Signals] = {
    Weighting.T2: Signals(
        air=0.0, bone=0.05, marrow=0.36, nucleus=0.50, worn_disc=0.14, annulus=0.10, fluid=1.0, nerve=0.36,
        cord=0.38, fat=0.72, muscle=0.16, vessel=0.05, bowel=0.30, skin=0.40, vein=0.62,
    ),
    Weighting.T1: Signals(
        air=0.0, bone=0.07, marrow=0.52, nucleus=0.30, worn_disc=0.27, annulus=0.22, fluid=0.17, nerve=0.33,
        cord=0.37, fat=0.95, muscle=0.27, vessel=0.06, bowel=0.34, skin=0.45, vein=0.40,
    ),
}  # fmt: skip
