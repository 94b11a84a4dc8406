"""What the networks saw, kept beside the findings that came of it, and put into words and pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from lumbar_core.anatomy import Condition, Severity, Side
from lumbar_core.report.result import Finding, Location, StudyResult
from lumbar_core.report.words import percent
from lumbar_core.study import Study
from lumbar_gui.expectation import series_title
from lumbar_gui.places import find_instance, locations
from lumbar_gui.state import EvidenceMap

if TYPE_CHECKING:  # they bring the inference runtime with them
    from lumbar_core.findings import Grade
    from lumbar_core.grade.evidence import ViewEvidence

EXAMPLES = Path(__file__).parent / "examples"
Behind = dict[tuple[object, Location | None], "Grade"]

LEAST_SHOWN = 0.02  # of probability: what counts less than that is not painted, however little all of it counts
LACKING = (
    "",
    " Its block ends here, or a file is damaged: one neighbouring slice is missing.",
    " It has no neighbouring slices.",
)
LEAST_SPOKEN = 0.1  # in nats: the same of a place that speaks for a grade
MAP_WORDS = {
    EvidenceMap.HIDING: (
        "What hiding a part costs",
        "Painted is what makes the grade less probable when a grey square hides it: fine, and found by grading the "
        "crop again and again, each time with another part hidden.",
    ),
    EvidenceMap.PLACES: (
        "Class activation map",
        "Painted is where the network's own last map speaks for the grade: exact, for the answer is the mean of its "
        "places, but coarse, and each place sees far more of the crop than it covers.",
    ),
}
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
        words.append(f"{series_title(series)}, slice {index + 1} of {of}" if of > 1 else series_title(series))
    return tuple(words)


def example_pictures(
    finding: Finding, side: int, views: Sequence[ViewEvidence] = ()
) -> list[tuple[Severity, Image.Image]]:
    """The finding's structure on generated patients at the three grades, as squares; none where they do not ship.

    views: beside which they are shown. The canal's examples are sagittal: beside axial views alone there are none.
    """
    if views and finding.condition is Condition.SPINAL_CANAL_STENOSIS and all(each.view.axial for each in views):
        return []
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
    said = f"Hiding what is painted strongest makes {finding.grade.label} less probable on this slice"
    return f"{said}, by about {round(100 * lost)} percentage points."


def map_title(map_: EvidenceMap, view: ViewEvidence) -> str:
    """What a map is called; of the network's own also how many places it has."""
    title = MAP_WORDS[map_][0]
    if map_ is EvidenceMap.PLACES and view.places is not None:
        return "{}, {} × {} places".format(title, *view.places.shape)
    return title


def places_say(finding: Finding, view: ViewEvidence) -> str:
    """What the places of the network's own map say of the grade, in words."""
    if finding.grade is None or view.places is None:
        return ""
    rows, columns = view.places.shape
    low, high, mean = (
        f"{value:+.1f}".replace("-", "−") for value in (view.places.min(), view.places.max(), view.places.mean())
    )
    return (
        f"Its {rows} × {columns} places speak for {finding.grade.label} by {low} to {high} nats (+ for, − against); "
        f"their mean, {mean}, is what this slice says."
    )


def own_grade(view: ViewEvidence) -> str:
    """A slice's own probabilities in words, and which of its neighbours the network could not see."""
    chances = ", ".join(f"{grade.label} {percent(view.probabilities[grade])}" for grade in Severity)
    return f"This slice alone: {chances}.{LACKING[view.missing]}"


def crop_picture(view: ViewEvidence, side: int) -> Image.Image:
    """What the network saw, of several slices the middle one, `side` pixels wide."""
    return Image.fromarray(_grey(view)).resize((side, side), Image.Resampling.BICUBIC).convert("RGB")


def painted_picture(view: ViewEvidence, side: int, map_: EvidenceMap = EvidenceMap.HIDING) -> Image.Image:
    """The same with what counted painted over it, strongest where hiding costs most or a place speaks most for it."""
    if map_ is EvidenceMap.PLACES and view.places is not None:
        counted, least, way = view.places, LEAST_SPOKEN, Image.Resampling.BILINEAR
    else:
        counted, least, way = view.rests_on, LEAST_SHOWN, Image.Resampling.BICUBIC
    strongest = float(counted.max())
    shares = counted / strongest if strongest >= least else np.zeros_like(counted)
    # Spread before it is cut off at nought, so that paint ends where the map changes its sign.
    spread = Image.fromarray(shares.astype(np.float32)).resize((side, side), way)
    over = np.clip(np.asarray(spread, np.float64), 0, 1)[:, :, None] * STRONGEST
    picture = np.asarray(crop_picture(view, side), np.float64)
    return Image.fromarray(((1 - over) * picture + over * PAINT).astype(np.uint8))


def _grey(view: ViewEvidence) -> NDArray[np.uint8]:
    crop = view.crop
    grey: NDArray[np.uint8] = (np.clip(crop[len(crop) // 2], 0, 1) * 255).astype(np.uint8)
    return grey
