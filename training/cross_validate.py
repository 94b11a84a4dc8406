"""Train every network that a recipe needs, and score each fold by the networks that never saw it.

Scoring runs the program itself: the networks of a fold are exported as packs, and `evaluate` grades the fold's
pictures with them.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumbar_core.inference.contract import parse_contract
from lumbar_core.inference.packs import CONTRACT
from training import grade, localise, localise_axial, recognise
from training.answers import answers_to
from training.beside_accuracy import (
    best_operating_point,
    burden_metrics,
    check_burden,
    level_alone,
    operating_points,
)
from training.calibration import AS_TRAINED, HALVES, fitted, half_of, write_calibration
from training.cells import Cell, read_cells
from training.config import TrainConfig, load_config
from training.crop_store import SURROUND, UNCHANGED, CropData, cut_by, read_store, store_file, to_bytes, write_store
from training.evaluate import FIGURES, Scored, figures, has_seen, intervals, score
from training.grade import crop_order, cut_training_crops, training_places
from training.grade_axial import cut_tile_crops, tile_places
from training.kept_answers import keep_answers
from training.localise_axial_data import load_axial_data
from training.localise_data import load_localise_data
from training.locate import load_localiser, locate
from training.locate_axial import locate_tiles
from training.loop import is_finished
from training.metrics import pack_metric
from training.pictures import KINDS, kind_pictures, load_kind_picture
from training.recipe_cells import recipe_cells
from training.runs import ALL, outer, run_folder
from training.splits import FOLDS
from training.workshop import Workshop, fold_pack, locating_packs, shipped_packs

log = logging.getLogger(__name__)


def train_one(config: TrainConfig, left_out: frozenset[int], shop: Workshop, *, resume: bool) -> None:
    """Train one network of a recipe, after the one that it starts from; finished ones are kept when resuming."""
    out = run_folder(shop.runs, config.name, left_out)
    if config.task == "localise" and config.is_axial:
        tiles = load_axial_data(shop.data, config, shop.cache)
        localise_axial.train(config, tiles, set(left_out), out, resume=resume)
    elif config.task == "localise":
        data = load_localise_data(shop.data, config, shop.cache)
        localise.train(config, data, set(left_out), out, resume=resume)
    elif config.task == "recognise":
        kinds = recognise.load_kind_data(shop.data, config, shop.cache)
        recognise.train(config, kinds, set(left_out), out, resume=resume)
    else:
        crops = read_store(crop_store(config, shop), left_out)
        stone = None
        if config.stepping_stone and not (resume and is_finished(out, config.epochs)):
            stone = shop.checkpoint(config.stepping_stone, left_out)
            train_one(load_config(shop.configs / f"{config.stepping_stone}.toml"), left_out, shop, resume=True)
        grade.train(config, crops, set(left_out), out, resume=resume, stone=stone)
        if config.beside:
            train_one(load_config(shop.configs / f"{config.beside}.toml"), left_out, shop, resume=True)


def crop_store(config: TrainConfig, shop: Workshop) -> Path:
    """The file of a recipe's crops; cut anew where a localiser has changed, taken as it is where there is none.

    Raises FileNotFoundError where there is neither.
    """
    if config.crops_of:
        return crop_store(_keeper(config, shop), shop)
    recipe = load_config(shop.configs / f"{config.localiser}.toml")
    cutters = [shop.checkpoint(recipe.name, frozenset({fold})) for fold in FOLDS]
    path = store_file(config, shop.cache)
    if path.exists() and not any(cutter.exists() for cutter in cutters):
        return path
    by_these = f"{zlib.crc32(b''.join(cutter.read_bytes() for cutter in cutters)):08x}"
    if not path.exists() or cut_by(path) != by_these:
        _cut(config, recipe, shop, path, by_these)
    return path


def _keeper(config: TrainConfig, shop: Workshop) -> TrainConfig:
    """The recipe that cuts and keeps the crops of another. Raises ValueError if the other does not see all of them."""
    keeper = load_config(shop.configs / f"{config.crops_of}.toml")
    wanted = (round(keeper.side * SURROUND), keeper.half_width * SURROUND)
    if not np.allclose((config.side, config.half_width), wanted):
        raise ValueError(f"{config.name}: crops of {keeper.name} are kept {wanted[0]} pixels wide, ±{wanted[1]:g}")
    return keeper


def _cut(config: TrainConfig, recipe: TrainConfig, shop: Workshop, path: Path, by_these: str) -> None:
    """Each crop as the localiser without its fold has it cut, and the places that the three others would have taken."""
    cells = [cell for cell in recipe_cells(config, shop.data) if cell.grade is not None]
    images = shop.data / config.data / "images"
    cut, places_of = (cut_tile_crops, tile_places) if config.is_axial else (cut_training_crops, training_places)
    found = {fold: located(recipe, frozenset({fold}), images, cells, shop) for fold in FOLDS}
    crops: list[NDArray[np.uint8]] = []
    views: dict[int, list[tuple[float, ...]]] = {fold: [] for fold in FOLDS}
    ordered: list[Cell] = []
    for fold in FOLDS:
        of_fold = crop_order(cell for cell in cells if cell.fold == fold)
        cut_crops, own = cut(of_fold, found[fold], images, config)
        crops.append(to_bytes(cut_crops))
        for other in FOLDS:
            places = own if other == fold else places_of(of_fold, found[other], images, config)
            views[other] += [here.view_of(there) for here, there in zip(own, places, strict=True)]
        ordered += of_fold
    data = CropData(
        crops=np.concatenate(crops),
        views=np.tile(np.float32(UNCHANGED), (len(ordered), 1)),
        grades=np.array([int(cell.grade or 0) for cell in ordered]),
        folds=np.array([cell.fold for cell in ordered]),
        studies=[cell.study_id for cell in ordered],
    )
    write_store(path, data, {fold: np.array(values, np.float32) for fold, values in views.items()}, by_these)


def located(
    recipe: TrainConfig, without: frozenset[int], images: Path, cells: Sequence[Cell], shop: Workshop
) -> dict[str, Any]:
    """Levels (of tiles, recesses) of the cells' pictures by the localiser that left out these folds."""
    model = load_localiser(shop.checkpoint(recipe.name, without), recipe)
    if recipe.is_axial:
        return locate_tiles(model, cells, images, recipe)
    return locate(model, sorted({images / cell.file for cell in cells}), recipe)


def refuse_unscorable(config: TrainConfig, shop: Workshop) -> None:
    """Raises ValueError, before hours of training, where a grader would be scored beside packs that saw its studies."""
    if config.task == "grade":
        refuse_seen(shipped_packs(config, shop), {cell.study_id for cell in recipe_cells(config, shop.data)})


def score_grader(config: TrainConfig, shop: Workshop, workers: int) -> dict[str, Any]:
    """Figures of the grader's recipe, through the program: each fold by the three packs that left it out."""
    scored = score_folds(config, shop, workers)
    total = figures(scored)
    spread = intervals(scored)
    alone, points, burden = level_alone(scored), operating_points(scored), check_burden(scored)
    where = "the recesses located in the tile that was handed in" if config.is_axial else "automatic localisation"
    protocol = f"4-fold cross-validation over studies, {where}, marked slice"
    no_picture = "frequencies of the other folds at the cell's level, for comparison"
    names = [name for name in ("median_px", *FIGURES) if total[name] is not None]
    assessed = sum(each.assessed for each in scored if each.cell.grade is not None)
    return {
        **total,
        "operating_points": points,
        "operating_point": best_operating_point(points),
        "checks": burden,
        "level_alone": alone,
        "ci95": spread,
        "pack_metrics": [
            *(pack_metric(name, total[name], None, total["cells"], protocol) for name in ("assessed", "within6")),
            *(pack_metric(name, total[name], spread.get(name), assessed, protocol) for name in names),
            *(pack_metric(f"{name}, level alone", alone[name], None, assessed, no_picture) for name in alone),
            *burden_metrics(burden, protocol),
        ],
    }


def score_folds(config: TrainConfig, shop: Workshop, workers: int) -> list[Scored]:
    """Every labelled cell with the answer of the packs that never saw its study, calibrated by others of its fold.

    Each fold is answered twice: as trained, and then either half with the temperature that the other half asks for.
    The temperature of all folds together is written beside the network that ships.
    """
    as_trained: list[Scored] = []
    scored: list[Scored] = []
    cells = read_cells(shop.data / config.data)
    for left_out in outer():
        of_fold = [cell for cell in cells if {cell.fold} == left_out]
        answered = partial(fold_answers, config, left_out, locating_packs(config, left_out, shop), shop, workers)
        first = answered(of_fold, AS_TRAINED)
        for half in HALVES:
            others = [each for each in first if half_of(each.cell.study_id) != half]
            of_half = [cell for cell in of_fold if half_of(cell.study_id) == half]
            scored += answered(of_half, fitted(others))
        as_trained += first
        log.info("%s fold %s: %s", config.name, sorted(left_out), _short(figures(scored[-len(of_fold) :])))
    shipped = run_folder(shop.runs, config.name, ALL)
    if shipped.exists():
        total = figures(scored)
        write_calibration(shipped, fitted(as_trained) | {name: total[name] for name in ("ece", "ece_bound")})
    return scored


def fold_answers(
    config: TrainConfig,
    left_out: frozenset[int],
    beside: Sequence[Path],
    shop: Workshop,
    workers: int,
    cells: Sequence[Cell],
    calibration: dict[str, Any],
) -> list[Scored]:
    """Cells with the answers of the packs that left out their fold, calibrated as told; beside: `locating_packs`.

    Raises ValueError if one of the packs has seen one of the studies.
    """
    write_calibration(run_folder(shop.runs, config.name, left_out), calibration)
    packs = [*beside, fold_pack(config.name, left_out, shop)]
    refuse_seen(packs, {cell.study_id for cell in cells})
    with closing(keep_answers(shop.runs, packs)) as kept:
        return score(cells, answers_to(cells, shop.data / config.data / "images", packs, workers, kept))


def refuse_seen(packs: Sequence[Path], studies: set[str]) -> None:
    """Raises ValueError if one of the packs was trained on one of the studies that it is to be scored on."""
    for pack in packs:
        contract = parse_contract((pack / CONTRACT).read_bytes())
        seen = [study for study in studies if has_seen(contract, study)]
        if seen:
            raise ValueError(
                f"{pack} has seen {len(seen)} of the studies that it is to be scored on: "
                f"cross-validate {pack.name} here first"
            )


def score_recogniser(config: TrainConfig, shop: Workshop) -> dict[str, Any]:
    """Accuracy by kind: every picture recognised by the network that left out its fold, upright and turned."""
    data = recognise.load_kind_data(shop.data, config, shop.cache)
    right: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    for left_out in outer():
        model = recognise.load_recogniser(shop.checkpoint(config.name, left_out), config)
        scored = np.isin(data.folds, sorted(left_out)) & (np.array(data.groups) != recognise.PHANTOM)
        chosen = np.flatnonzero(scored)
        for index, kind in zip(chosen, recognise.predict(model, data.pictures[chosen]), strict=True):
            right[KINDS[data.kinds[index]]].append(int(kind) == int(data.kinds[index]))
        sagittal = chosen[data.kinds[chosen] == KINDS.index("sagittal_t2")]
        for way in (1, 2, 3, 4):
            given = recognise.predict(model, recognise.turned(data.pictures[sagittal], way))
            right["turned"] += [int(kind) == KINDS.index("turned") for kind in given]
    protocol = "4-fold cross-validation over studies and patients"
    shares = {kind: float(np.mean(values)) for kind, values in right.items() if values}
    return {
        "accuracy": shares,
        "pictures": {kind: len(values) for kind, values in right.items()},
        "held_out": _held_out(config, shop),
        "pack_metrics": [
            pack_metric(f"accuracy {kind}", share, None, len(right[kind]), protocol) for kind, share in shares.items()
        ],
    }


def _held_out(config: TrainConfig, shop: Workshop) -> dict[str, dict[str, str]]:
    """By set and kind, how many pictures of patients kept out of all training the shipped network recognises."""
    pictures = [picture for picture in kind_pictures(shop.data, {}) if picture.held]
    model = recognise.load_recogniser(shop.checkpoint(config.name, ALL), config)
    given = recognise.predict(model, recognise.inputs_of([load_kind_picture(p) for p in pictures], config))
    found: dict[str, dict[str, list[bool]]] = {}
    for picture, kind in zip(pictures, given, strict=True):
        set_name = picture.path.relative_to(shop.data).parts[0]
        right = found.setdefault(set_name, {}).setdefault(picture.kind, [])
        right.append(KINDS[kind] == picture.kind)
    return {
        name: {kind: f"{sum(right)} of {len(right)}" for kind, right in kinds.items()} for name, kinds in found.items()
    }


def _short(values: dict[str, Any]) -> str:
    return " ".join(f"{name} {value:.4g}" for name, value in values.items() if isinstance(value, int | float))
