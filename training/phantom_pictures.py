"""Whole axial slices of phantoms for the recogniser: real ones under T1 come from two patients only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from lumbar_core.anatomy import Weighting
from lumbar_core.study import Pixels
from training.phantom.body import Patient
from training.phantom.protocols import T1_SAGITTAL, fast, protocols_of
from training.phantom.scan import pose_of, scan
from training.phantom.spine import build_spine

SLICES = 4  # of each weighting and phantom
AXIAL_KINDS = ["axial_t1"] * SLICES + ["axial_t2"] * SLICES
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
