"""Never a grade for what was not seen: pictures of other kinds, all kept out of training, through the program.

Every structure of such a picture that gets a grade is a fault. The kinds: axial T1 and coronal slices, sagittal T2
without canal and sagittal T1 without foramina of Mendeley's held-out patients, SPIDER's held-out midline T1, CT and
ultrasound files of pydicom's test data, scikit-learn's two photographs, and SPIDER's held-out midline T2 turned and
mirrored.

A grader's card tells its condition's share beside the share that was assessed of what is there, over all of these
pictures and over those that are most like its own: the first is mostly of pictures that nobody would take for a spine.
"""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lumbar_core.anatomy import LEVELS, Condition
from lumbar_core.inference.contract import Contract
from lumbar_core.inference.packs import load_pack_folders, load_packs
from training.answers import Answer, answers
from training.locate import REFERENCE_SIDE
from training.metrics import pack_metric, wilson
from training.pictures import kind_pictures, load_picture
from training.refusal_axial import score_axial_places, score_beside_canals
from training.splits import is_held_spider

CANAL_CLASS = 3  # in SPIDER's masks
BESIDE_PX = 3.0  # of a 250-px picture; the marks lie at the canal's front edge


NEAREST = {  # of all kinds, the one that is most like a sagittal grader's own slices, and its name on a card
    Condition.SPINAL_CANAL_STENOSIS: ("lateral_t2", "T2 slices beside the canal"),
    Condition.NEURAL_FORAMINAL_NARROWING: ("sagittal_t1", "T1 slices between the foramina"),
}
BY_THIS = "none of them trained on; `refusal`"


@dataclass(frozen=True, slots=True)
class Refused:
    """What the program said of one picture that is not to be graded: by condition, its answers and its grades."""

    kind: str
    name: str
    answered: Counter[Condition]
    graded: Counter[Condition]

    @classmethod
    def of(cls, kind: str, name: str, said: Sequence[Answer]) -> Refused:
        """From the program's answers; none where it refused the picture."""
        graded = Counter(answer.condition for answer in said if answer.assessed)
        return cls(kind, name, Counter(answer.condition for answer in said), graded)

    @property
    def structures(self) -> int:
        """How many it might have graded: one a level, where it named fewer."""
        return max(len(LEVELS), self.answered.total())

    def structures_of(self, condition: Condition) -> int:
        """How many of one condition."""
        return max(len(LEVELS), self.answered[condition])


def score_refusal(data: Path, packs: Sequence[Path] | None, workers: int) -> dict[str, Any]:
    """By kind: pictures, structures the program answered for, and how many of them it graded; by pack, for its card."""
    with tempfile.TemporaryDirectory() as scratch:
        pictures = list(_pictures(data, Path(scratch)))
        given = answers([path for _, path in pictures], packs, workers)
    refused = [Refused.of(kind, path.name, given[path.name]) for kind, path in pictures]
    structures = sum(each.structures for each in refused)
    off_canal, places = score_off_canal(data, packs, workers), score_axial_places(data, packs)
    loaded = load_pack_folders(list(packs)) if packs else load_packs()
    return {
        "by_kind": _by_kind(refused),
        "pictures": len(refused),
        "structures": structures,
        "absent_assessed": sum(each.graded.total() for each in refused) / structures,
        "graded_all_the_same": [f"{each.kind} {each.name}: {each.graded.total()}" for each in refused if each.graded],
        "lateral_slices": off_canal,
        "beside_the_spine": places,
        "beside_the_canal": score_beside_canals(data, packs),
        "pack_metrics": {
            pack.name: card_figures(pack.contract, refused, off_canal, places)
            for pack in loaded.all
            if pack.contract.task == "grade"
        },
    }


def card_figures(
    contract: Contract, refused: Sequence[Refused], off_canal: Mapping[str, Any], places: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What a grader's card tells beside the share assessed: that share of what is not there.

    Its intervals are Wilson's, as if a picture's structures stood or fell together: of shares this small a bootstrap
    often draws none.
    """
    (condition,) = contract.conditions
    figures = [_absent("not there", "pictures that are not to be graded", refused, condition)]
    if contract.inputs[0].is_axial:
        found = "canals" if condition is Condition.SPINAL_CANAL_STENOSIS else "assessed"
        where = f"places beside the spine on {places['slices']} axial T2 slices, {BY_THIS}"
        interval = wilson(places[found], places["slices"])
        return [*figures, pack_metric("assessed, beside the spine", places[found], interval, places["places"], where)]
    kind, words = NEAREST[condition]
    figures.append(_absent(words, f"sagittal {words}", [each for each in refused if each.kind == kind], condition))
    if condition is Condition.SPINAL_CANAL_STENOSIS:
        where = f"of the levels assessed on {off_canal['pictures']} slices that leave the canal, {BY_THIS}"
        beside, cells = off_canal["beside_the_canal"], off_canal["assessed"]
        interval = wilson(beside, off_canal["pictures"])
        figures.append(pack_metric("assessed, point beside the canal", beside, interval, cells, where))
    return figures


def _absent(name: str, words: str, refused: Sequence[Refused], condition: Condition) -> dict[str, Any]:
    structures = sum(each.structures_of(condition) for each in refused)
    share = sum(each.graded[condition] for each in refused) / structures
    protocol = f"structures of {len(refused)} {words}, {BY_THIS}"
    return pack_metric(f"assessed, {name}", share, wilson(share, len(refused)), structures, protocol)


def _by_kind(refused: Sequence[Refused]) -> dict[str, dict[str, int]]:
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for each in refused:
        rows[each.kind].update(pictures=1, structures=each.structures, assessed=each.graded.total())
    return {kind: dict(row) for kind, row in rows.items()}


def score_off_canal(data: Path, packs: Sequence[Path] | None, workers: int) -> dict[str, Any]:
    """Of the levels assessed on held-out SPIDER slices, the share whose point lies beside the canal's mask.

    Every fourth slice through the canal of a volume: on the outer ones it shows at some levels only. Nobody said
    where the discs are, so what was rightly left out cannot be counted.
    """
    folder = data / "spider_space_masks"
    slices = [path for path in sorted((folder / "images").iterdir()) if is_held_spider(path.name)]
    given = answers(slices, packs, workers)
    beside = [
        _px_to_canal(answer, folder / "masks" / f"{path.stem}.png") > BESIDE_PX
        for path in slices
        for answer in given[path.name]
        if answer.assessed
    ]
    return {"pictures": len(slices), "assessed": len(beside), "beside_the_canal": float(np.mean(beside))}


def _px_to_canal(answer: Answer, mask: Path) -> float:
    """Distance from an answer's point to the canal, in pixels of a picture whose long side is 250."""
    with Image.open(mask) as image:
        classes = np.asarray(image)
    rows, columns = classes.shape
    canal = np.argwhere(classes == CANAL_CLASS)
    place = (answer.row * rows - 0.5, answer.column * columns - 0.5)
    return float(np.hypot(*(canal - place).T).min()) / max(rows, columns) * REFERENCE_SIDE


def _pictures(data: Path, scratch: Path) -> Iterator[tuple[str, Path]]:
    for picture in kind_pictures(data, {}):
        shows = picture.kind == "axial_t2" or (picture.kind.startswith("sagittal") and picture.shows is not False)
        if shows or not picture.held:
            continue
        kind = "lateral_t2" if picture.kind == "sagittal_t2" else picture.kind
        yield kind, picture.path
    yield from _pydicom_files()
    yield from _photographs(scratch)
    yield from _turned(data, scratch)


def _pydicom_files() -> Iterator[tuple[str, Path]]:
    import pydicom.data

    root = Path(str(pydicom.data.__file__)).parent / "test_files"
    for pattern, kind in (("CT*.dcm", "ct"), ("*US*.dcm", "ultrasound"), ("examples_palette.dcm", "ultrasound")):
        for path in sorted(root.glob(pattern)):
            yield kind, path


def _photographs(scratch: Path) -> Iterator[tuple[str, Path]]:
    from sklearn.datasets import load_sample_images

    for number, image in enumerate(load_sample_images().images):
        path = scratch / f"photograph{number}.png"
        Image.fromarray(image).save(path)
        yield "photograph", path


def _turned(data: Path, scratch: Path) -> Iterator[tuple[str, Path]]:
    ways = {"quarter": lambda a: np.rot90(a), "upside_down": lambda a: np.rot90(a, 2), "mirrored": lambda a: a[:, ::-1]}
    for source in sorted((data / "spider_midsagittal" / "images").iterdir()):
        if not is_held_spider(source.name) or "_t2" not in source.stem.lower():
            continue
        for name, way in ways.items():
            path = scratch / f"{name}_{source.stem}.png"
            Image.fromarray(np.ascontiguousarray(way(load_picture(source))).astype(np.uint8)).save(path)
            yield name, path
