"""What the networks saw, kept beside the findings that came of it, and put into words and pictures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from lumbar_core.anatomy import Condition, Severity, Side
from lumbar_core.report.result import Finding, Location, StudyResult
from lumbar_core.study import Study
from lumbar_gui.expectation import series_title
from lumbar_gui.places import find_instance, locations

if TYPE_CHECKING:  # they bring the inference runtime with them
    from lumbar_core.findings import Grade
    from lumbar_core.grade.evidence import ViewEvidence

EXAMPLES = Path(__file__).parent / "examples"
Behind = dict[tuple[object, Location | None], "Grade"]

LEAST_SHOWN = 0.02  # of probability: what counts less than that is not painted, however little all of it counts
PAINT = np.array([255.0, 140.0, 0.0])
STRONGEST = 0.55  # of the paint over the picture


def kept_behind(result: StudyResult, grades: Iterable[Grade]) -> Behind:
    """Each graded finding's views, by the finding and its place; a shift of the levels gives it another place."""
    by_key = {(g.target.condition, g.target.side, g.target.image_side, g.target.level): g for g in grades}
    return {(f.key, f.location): by_key[f.key] for f in result.findings if f.key in by_key}


def seen_on(study: Study, finding: Finding) -> tuple[str, ...]:
    """Which slice each of a finding's views is, in words."""
    words = []
    for place in locations(finding):
        found = find_instance(study, place)
        if found is None:
            words.append("This picture")
            continue
        series, index = found
        of = len(series.instances)
        words.append(f"{series_title(series)}, slice {index + 1} of {of}" if of > 1 else f"The {series_title(series)}")
    return tuple(words)


def example_pictures(finding: Finding, side: int) -> list[tuple[Severity, Image.Image]]:
    """The finding's structure on generated patients at the three grades, as squares; none where they do not ship."""
    paths = {grade: EXAMPLES / f"{finding.condition}_{grade.name.lower()}.png" for grade in Severity}
    if not all(path.is_file() for path in paths.values()):
        return []
    # The examples are of right recesses: a left one lies the other way.
    turned = finding.condition is Condition.SUBARTICULAR_STENOSIS and finding.side is Side.LEFT
    pictures = []
    for grade, path in paths.items():
        with Image.open(path) as image:
            example = ImageOps.mirror(image) if turned else image
            pictures.append((grade, example.convert("RGB").resize((side, side), Image.Resampling.BICUBIC)))
    return pictures


def counted_most(finding: Finding, view: ViewEvidence) -> str:
    """How much the hidden part takes from the grade, in words."""
    if finding.grade is None:
        return ""
    lost = float(view.rests_on.max())
    if lost < LEAST_SHOWN:
        return f"No part of it alone decides: none, when hidden, makes {finding.grade.label} less probable."
    return f"On this slice {finding.grade.label} is less probable with the painted part hidden, by about {lost:.0%}."


def own_grade(view: ViewEvidence) -> str:
    """A slice's own probabilities in words."""
    chances = ", ".join(f"{grade.label} {view.probabilities[grade]:.0%}" for grade in Severity)
    return f"This slice alone: {chances}."


def crop_picture(view: ViewEvidence, side: int) -> Image.Image:
    """What the network saw, of several slices the middle one, `side` pixels wide."""
    return Image.fromarray(_grey(view)).resize((side, side), Image.Resampling.BICUBIC).convert("RGB")


def painted_picture(view: ViewEvidence, side: int) -> Image.Image:
    """The same with what counted painted over it, strongest where hiding costs most."""
    strength = np.clip(view.rests_on / max(float(view.rests_on.max()), LEAST_SHOWN), 0, 1) * STRONGEST
    if view.rests_on.max() < LEAST_SHOWN:
        strength = np.zeros_like(strength)
    cover = Image.fromarray((strength * 255).astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    over = np.asarray(cover, np.float64)[:, :, None] / 255
    picture = np.asarray(crop_picture(view, side), np.float64)
    return Image.fromarray(((1 - over) * picture + over * PAINT).astype(np.uint8))


def _grey(view: ViewEvidence) -> NDArray[np.uint8]:
    crop = view.crop
    grey: NDArray[np.uint8] = (np.clip(crop[len(crop) // 2], 0, 1) * 255).astype(np.uint8)
    return grey
