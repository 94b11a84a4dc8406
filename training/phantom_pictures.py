"""Pictures of phantoms for the recogniser: of what the real sets hold too few of, or none.

Whole axial slices under T1 come from two patients only; of necks, which look like small lumbar spines, there are none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from lumbar_core.anatomy import Weighting
from lumbar_core.study import Pixels
from training.phantom.body import Patient
from training.phantom.cervical import cervical_slice
from training.phantom.protocols import T1_SAGITTAL, fast, protocols_of
from training.phantom.scan import pose_of, scan
from training.phantom.spine import build_spine

SLICES = 4  # of each weighting and phantom
AXIAL_KINDS = ["axial_t1"] * SLICES + ["axial_t2"] * SLICES
NECK_KINDS = ["other"] * 4
FIRST_SEED = 100_000  # far from the seeds of samples and tests


def axial_slices(phantoms: int) -> Iterator[Pixels]:
    """Pixels of `len(AXIAL_KINDS)` slices a phantom, in the order of `AXIAL_KINDS`."""
    for seed in range(FIRST_SEED, FIRST_SEED + phantoms):
        patient, pose = Patient.of(build_spine(seed)), pose_of(seed)
        random = np.random.default_rng(seed)
        t2 = fast(protocols_of(seed)[2])
        t1 = replace(t2, name="t1_tse_tra", weighting=Weighting.T1, sequence=T1_SAGITTAL.sequence)
        for protocol in (t1, t2):
            images = scan(patient, protocol, pose).pixels
            for index in random.choice(len(images), SLICES, replace=False):
                yield images[index].astype(np.float32)


def neck_slices(phantoms: int) -> Iterator[Pixels]:
    """Pixels of `len(NECK_KINDS)` sagittal slices a neck, under T1 and T2, through the cord and beside it."""
    for seed in range(FIRST_SEED, FIRST_SEED + phantoms):
        random = np.random.default_rng(seed)
        for weighting in (Weighting.T1, Weighting.T2):
            for aside_mm in (random.uniform(-3, 3), random.uniform(-14, 14)):
                yield cervical_slice(seed, weighting, float(aside_mm)).astype(np.float32)
