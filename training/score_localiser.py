"""How good a localiser's recipe is, by cross-validation."""

from __future__ import annotations

from typing import Any

from training.cells import read_cells
from training.config import TrainConfig
from training.cross_validate import located
from training.locate import summary
from training.locate_axial import summary as tile_summary
from training.metrics import pack_metric
from training.runs import outer
from training.splits import FOLDS
from training.workshop import Workshop


def score_localiser(config: TrainConfig, shop: Workshop) -> dict[str, Any]:
    """Figures of a localiser's recipe: every picture located by the network that left out its fold."""
    cells = read_cells(shop.data / config.data)
    images = shop.data / config.data / "images"
    found: dict[str, Any] = {}
    for left_out in outer():
        found |= located(config, left_out, images, [cell for cell in cells if {cell.fold} == left_out], shop)
    of, least = (tile_summary, "lumbar") if config.is_axial else (summary, "numbering_margin")
    limit = config.thresholds[least]
    total = of(cells, found, limit)
    protocol = f"4-fold cross-validation over studies, all marked points of {config.data}"
    by_fold = {str(fold): of([cell for cell in cells if cell.fold == fold], found, limit) for fold in FOLDS}
    return {
        **total,
        "by_fold": by_fold,
        "pack_metrics": [
            pack_metric(name, total[key], None, count, protocol) for name, key, count in _shown(total, config.is_axial)
        ],
    }


def _shown(total: dict[str, float], axial: bool) -> list[tuple[str, str, int]]:
    """What the pack's card tells: a figure's name there, its key, how many cells or slices it rests on."""
    cells = int(total["cells"])
    points = [("median_px", "median_px", cells), ("within6", "within6", cells)]
    if axial:
        return [*points, ("placed", "placed", cells)]
    slices = int(total["slices"])
    return [
        *points,
        ("not_off_by_one", "not_off_by_one", slices),
        ("count not flagged", "undoubted", slices),
        ("not_off_by_one, count not flagged", "undoubted_not_off_by_one", round(total["undoubted"] * slices)),
    ]
