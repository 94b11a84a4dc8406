"""How often lost signal is flagged: of phantoms without metal and with screws of two metals, and of real pictures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from pathlib import Path
from typing import Any

from lumbar_core.analysis.signal_voids import VOID_DOUBT
from lumbar_core.anatomy import LEVELS
from lumbar_core.errors import LumbarError
from lumbar_core.reading import read_study
from lumbar_core.report.result import StudyResult
from training.phantom.body import Patient
from training.phantom.implant import COBALT_CHROME_PPM, TITANIUM_PPM, screws_at
from training.phantom.spine import build_spine
from training.phantom_answers import grade_phantom
from training.program_pool import analyse_here, program_pool

METALS = {"none": None, "titanium": TITANIUM_PPM, "cobalt_chrome": COBALT_CHROME_PPM}
SET = "rsna_canal"


def signal_voids(studies: int, data: Path, packs: Sequence[Path] | None, workers: int) -> dict[str, Any]:
    """By metal the share of phantom studies that are flagged; `pictures`: of the real ones, where `data` has them.

    Nobody noted which of the real patients were operated; some plainly were.
    """
    pictures = sorted((data / SET / "images").glob("*"))
    with program_pool(packs, workers) as pool:
        found = {metal: share_flagged(list(pool.map(_ask, repeat(metal), range(studies)))) for metal in METALS}
        real = list(pool.map(_ask_picture, pictures, chunksize=8))
    return {**found, "pictures": share_flagged(real)}


def share_flagged(flagged: Sequence[bool | None]) -> dict[str, int]:
    """How many were graded (None was not), and how many of these flagged."""
    graded = [each for each in flagged if each is not None]
    return {"graded": len(graded), "flagged": sum(graded)}


def _ask(metal: str, seed: int) -> bool | None:
    spine, ppm = build_spine(seed), METALS[metal]
    level = LEVELS[1 + seed % (len(LEVELS) - 1)]
    result, _ = grade_phantom(seed, Patient.of(spine, screws_at(spine, level, ppm) if ppm is not None else None))
    return _is_flagged(result)


def _ask_picture(path: Path) -> bool | None:
    try:
        return _is_flagged(analyse_here(read_study([path])))
    except LumbarError:
        return None


def _is_flagged(result: StudyResult) -> bool | None:
    """None where nothing was graded."""
    graded = [finding for finding in result.findings if finding.assessed]
    return any(VOID_DOUBT in finding.check_reasons for finding in graded) if graded else None
