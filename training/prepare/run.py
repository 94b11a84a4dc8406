"""The story of `prepare`: check the download or the sets, make every study's part in several processes, join them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lumbar_core.inference.packs import PackSet, load_packs
from training.cells import LABELLED, cells_of_rows
from training.config import TrainConfig
from training.crop_store import SURROUND, store_file
from training.evaluate import has_seen
from training.orphans import end_with_parent
from training.prepare.crops import cut_study, localiser_of
from training.prepare.download import IMAGES, Download, StudyTables, read_download
from training.prepare.gaps import Gap, What, gaps_in_words, write_gaps
from training.prepare.join import refuse_other_crops, write_crops, write_tables
from training.prepare.labelled import SetStudy, read_set_study
from training.prepare.parts import Done, fingerprint, read_done, write_done
from training.prepare.sets import Sets, read_sets, sets_in
from training.prepare.study import read_part, write_pictures

GAPS, PARTS = "gaps.csv", "parts"


@dataclass(frozen=True, slots=True)
class Order:
    """What every process is to do. source: of the pictures. recipes: of the graders, one a set."""

    source: Path
    out: Path
    recipes: tuple[TrainConfig, ...]
    stamp: dict[str, Any]

    def part_file(self, study: str) -> Path:
        """Where a study's part lies."""
        return self.out / PARTS / f"{study}.npz"


def prepare(
    root: Path,
    out: Path,
    recipes: Sequence[TrainConfig],
    cache: Path,
    workers: int,
    show: Callable[[int, int], None],
) -> dict[str, Any]:
    """Make the sets below `out` and the graders' crop stores in `cache`; tells counts and gaps.

    root: RSNA's download, or a folder of sets. Studies that are done are not done again. show: told (done, of) after
    each study. Raises LumbarError for a folder that is neither, ValueError where crops of other localisers would be
    overwritten.
    """
    refuse_other_crops(recipes, cache)
    packs = load_packs("cpu")
    of_sets = sets_in(root) and not (root / IMAGES).is_dir()
    found: Download | Sets = read_sets(root, out) if of_sets else read_download(root)
    cutters = {recipe.localiser: localiser_of(recipe, packs).contract.digest for recipe in recipes}
    source = root if isinstance(found, Sets) else found.images
    order = Order(source, out, tuple(recipes), {"cutters": cutters, "crops": _knobs(recipes)})
    parts = _make_all(found.studies, order, workers, show)
    gaps = [*found.gaps, *(gap for part in parts for gap in part.gaps), *_seen(parts, recipes, packs)]
    cells = write_tables(parts, tuple(LABELLED), out)
    for recipe in recipes:
        write_crops(parts, recipe, out, cache, " ".join(f"{name} {digest[:12]}" for name, digest in cutters.items()))
    write_gaps(out / GAPS, gaps)
    stores = {recipe.name: str(store_file(recipe, cache)) for recipe in recipes if cells[recipe.data]}
    return {"studies": len(parts), "cells": cells, "crops": stores, "gaps": gaps_in_words(gaps)}


def _make_all(
    studies: Sequence[StudyTables | SetStudy], order: Order, workers: int, show: Callable[[int, int], None]
) -> list[Done]:
    done: dict[str, Done] = {}
    for tables in studies:
        part = _kept(tables, order)
        if part is not None:
            done[tables.study] = part
    left = [tables for tables in studies if tables.study not in done]
    show(len(done), len(studies))
    if left:
        with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start) as pool:
            for made in as_completed([pool.submit(_make, tables, order) for tables in left]):
                study, part = made.result()
                done[study] = part
                show(len(done), len(studies))
    return [done[tables.study] for tables in studies]


def _kept(tables: StudyTables | SetStudy, order: Order) -> Done | None:
    """What an earlier run made of a study, if all of it is still there."""
    part = read_done(order.part_file(tables.study), fingerprint(tables, order.stamp))
    if part is None:
        return None
    files = {order.out / name / "images" / row["file"] for name, rows in part.rows.items() for row in rows}
    return part if all(file.is_file() for file in files) else None


_packs = PackSet(())


def _start() -> None:
    global _packs
    end_with_parent()
    _packs = load_packs("cpu", threads=1)


def _make(tables: StudyTables | SetStudy, order: Order) -> tuple[str, Done]:
    """One study in a process of its own: pictures first, then the part that says they are there."""
    if isinstance(tables, SetStudy):
        part = read_set_study(tables, order.source, order.out)
    else:
        part = read_part(tables, order.source / tables.study)
        write_pictures(part, order.out)
    crops = {}
    for recipe in order.recipes:
        cells = [cell for cell in cells_of_rows(part.rows[recipe.data]) if cell.grade is not None]
        if cells:
            crops[recipe.data] = cut_study(cells, order.out / recipe.data / "images", recipe, _packs)
    done = Done(part.rows, crops, part.gaps)
    write_done(order.part_file(tables.study), done, fingerprint(tables, order.stamp))
    return tables.study, done


def _seen(parts: Sequence[Done], recipes: Sequence[TrainConfig], packs: PackSet) -> list[Gap]:
    """A row for every recipe whose localiser has learnt from studies that its crops are cut of."""
    gaps = []
    for recipe in recipes:
        pack = localiser_of(recipe, packs)
        studies = {str(part.rows[recipe.data][0]["study_id"]) for part in parts if recipe.data in part.crops}
        seen = sum(has_seen(pack.contract, study) for study in studies)
        if seen:
            gaps.append(Gap(What.SEEN, "", "", f"{recipe.name}: {seen} of {len(studies)} studies, by {pack.name}"))
    return gaps


def _knobs(recipes: Sequence[TrainConfig]) -> list[list[Any]]:
    """What crops depend on."""
    return [[each.data, each.side, each.half_width, each.long_side, each.localiser, SURROUND] for each in recipes]
