"""Whether axial slices lie at the height that their files say: another one would put them at other levels.

Where series have Frames of Reference of their own, or the patient moved between them, only their pictures can tell
(docs/decisions/0051-axial-slices-at-another-height.md).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from lumbar_core.analysis.axial import as_usual
from lumbar_core.analysis.job import Job, Step
from lumbar_core.analysis.recesses import CrossSection, Sections
from lumbar_core.analysis.study_numbering import Numbered
from lumbar_core.anatomy import Level, Weighting
from lumbar_core.geometry import Plane, Points3
from lumbar_core.localise.crossing import SHIFTS_MM, AxialLine, fits
from lumbar_core.localise.frame import LevelFrame
from lumbar_core.study import Pixels

NEAR_MM = 9.0  # a slice that lies no farther off is of the same level, or of none
# By how much another height must fit better, in correlation: where files were right none did, on a single slice by
# 0.01 at most (docs/decisions/0051-axial-slices-at-another-height.md).
CLEARLY = 0.05
SAGITTAL_SLICES = 3  # those nearest to the canal


def with_height_doubts(sections: Sections, numbered: Numbered, job: Job) -> Sections:
    """The same sections, each with a note if all of them fit the sagittal T2 clearly better at another height."""
    found = {level: each for level, each in sections.items() if isinstance(each, CrossSection)}
    sagittal = _near_the_canal(numbered)
    if numbered.frame is None or not found or not sagittal:
        return sections
    with job.clock.timing(Step.LOCALISE):
        alike = fits([_line(level, each, numbered.frame) for level, each in found.items()], sagittal)
    near = np.abs(SHIFTS_MM) <= NEAR_MM
    enough = float(alike[near].max()) + CLEARLY
    if not math.isfinite(enough) or alike[~near].max() < enough:
        return sections
    off_mm = abs(float(SHIFTS_MM[np.argmax(alike)]))
    said = f"the axial slices fit the sagittal series better {off_mm:.0f} mm along the spine from where their files say"
    return {**sections, **{level: _noted(each, said) for level, each in found.items()}}


def _near_the_canal(numbered: Numbered) -> list[tuple[Plane, Pixels]]:
    """The sagittal T2 slices nearest to the canal; none of another weighting, on which fluid and fat differ."""
    canal, frame = numbered.canal, numbered.frame
    if canal is None or frame is None or canal.series.kind.weighting is not Weighting.T2:
        return []
    middle = np.mean(list(frame.places.values()), axis=0)
    planes = [(each.plane, canal.pixels[id(each)]) for each in canal.series.instances
              if each.plane is not None and id(each) in canal.pixels]  # fmt: skip
    return sorted(planes, key=lambda each: abs(float(each[0].distance_mm(middle))))[:SAGITTAL_SLICES]


def _line(level: Level, section: CrossSection, frame: LevelFrame) -> AxialLine:
    slice_ = section.slice
    expected: Points3 = slice_.plane.to_patient(np.array(slice_.other_way(slice_.expected)))
    aside_mm = float(expected[0] - frame.places[level][0])
    return AxialLine(slice_.plane, as_usual(slice_.stack[1], slice_.turned), expected, aside_mm)


def _noted(section: CrossSection, said: str) -> CrossSection:
    return replace(section, slice=replace(section.slice, notes=(*section.slice.notes, said)))
