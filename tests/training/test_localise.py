"""What the localiser is taught: marks, what is unknown, pictures without a canal, and which slice shows it best."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from lumbar_core.anatomy import LEVELS
from tests.training.made_up import a_config
from training import localise
from training.augment import AffineRange
from training.heatmap_net import HeatmapNet
from training.localise import make_batches, step, targets
from training.localise_data import LocaliseData

SIDE, CELLS = 128, 32
CONFIG = a_config("localise", batch=10)
NAN = float("nan")


def chain(rows: tuple[float, ...] = (20, 40, 60, 80, 100), column: float = 64.0) -> Tensor:
    """(1, 5, 2) marks on the input; NaN rows are unmarked."""
    return torch.tensor([[[row, column if row == row else NAN] for row in rows]])


def cell_of(value: float) -> int:
    return round((value + 0.5) / localise.STRIDE - 0.5)


def some_data() -> LocaliseData:
    """Twelve marked pictures of six series in two folds (mates mark complementary levels), eight without a canal."""
    rng = np.random.default_rng(0)
    points: NDArray[np.float32] = np.full((20, 5, 2), np.nan, np.float32)
    for index in range(12):
        marked = [0, 1, 2, 3] if index % 2 == 0 else [2, 3, 4]
        for level in marked:
            points[index, level] = (20 + 20 * level, 64)
    return LocaliseData(
        pictures=rng.uniform(0, 1, (20, SIDE, SIDE)).astype(np.float16),
        points=points,
        positive=np.arange(20) < 12,
        folds=np.array([1 + (index // 2) % 2 for index in range(12)] + [1, 2] * 4),
        studies=[f"s{index // 2}" for index in range(12)] + [f"n{index}" for index in range(8)],
        files=[f"{index}.png" for index in range(20)],
        siblings=[[index ^ 1] for index in range(12)] + [[]] * 8,
        weights=np.array([0.0] * 12 + [1.0, 5.0] * 4),
        turnable=np.arange(20) >= 16,
    )


def test_a_marked_level_has_its_peak_at_the_mark_and_nowhere_else() -> None:
    heat, mask = targets(chain(), torch.tensor([True]), SIDE)
    assert heat.shape == mask.shape == (1, 6, CELLS, CELLS)
    for level, row in enumerate((20, 40, 60, 80, 100)):
        peak = divmod(int(heat[0, level].argmax()), CELLS)
        assert peak == (cell_of(row), cell_of(64))
        assert heat[0, level, cell_of(row)].max() > 0.85
        assert heat[0, level].sum() < 2 * np.pi * localise.SIGMA**2 * 1.1
        assert (mask[0, level] == 1).all()


def test_the_last_map_shows_every_mark() -> None:
    heat, mask = targets(chain(), torch.tensor([True]), SIDE)
    torch.testing.assert_close(heat[0, 5], heat[0, :5].amax(dim=0))
    assert (mask[0, 5, cell_of(20) : cell_of(100), cell_of(64)] == 1).all()


def test_a_mark_between_two_cells_is_placed_to_a_part_of_a_cell() -> None:
    heat, _ = targets(chain((20, 40, 60, 80, 99.5)), torch.tensor([True]), SIDE)
    grid = torch.arange(CELLS, dtype=torch.float32)
    row = float(heat[0, 4].sum(1) @ grid / heat[0, 4].sum())
    assert (row + 0.5) * localise.STRIDE - 0.5 == pytest.approx(99.5, abs=0.1)


def test_an_unmarked_level_is_unknown_but_where_another_levels_mark_lies() -> None:
    heat, mask = targets(chain((20, NAN, 60, 80, 100)), torch.tensor([True]), SIDE)
    assert heat[0, 1].max() == 0
    assert mask[0, 1, cell_of(40), cell_of(64)] == 0, "its own place must not be taught as empty"
    assert mask[0, 1, cell_of(60), cell_of(64)] == 1, "another level is there: it is not"
    assert mask[0, 1, 0, 0] == 0
    assert (mask[0, [0, 2, 3, 4]] == 1).all()


def test_the_canals_map_is_unknown_in_a_gap_and_beyond_the_marks_and_known_far_from_the_spine() -> None:
    _, mask = targets(chain((NAN, 40, NAN, 80, NAN)), torch.tensor([True]), SIDE)
    canal = mask[0, 5]
    assert canal[cell_of(40), cell_of(64)] == canal[cell_of(80), cell_of(64)] == 1
    assert canal[cell_of(60), cell_of(64)] == 0
    assert canal[cell_of(8), cell_of(64)] == canal[cell_of(118), cell_of(64)] == 0
    _, near = targets(chain((20, 30, 40, 50, 60), column=20), torch.tensor([True]), SIDE)
    assert near[0, 5, cell_of(110), CELLS - 1] == 1
    assert near[0, 5, cell_of(110), cell_of(20)] == 0


def test_a_picture_without_a_canal_is_all_known_and_all_nought() -> None:
    points = torch.cat([chain(), torch.full((1, 5, 2), NAN)])
    heat, mask = targets(points, torch.tensor([True, False]), SIDE)
    assert (heat[1] == 0).all()
    assert (mask[1] == 1).all()
    assert torch.isfinite(heat).all()
    assert torch.isfinite(mask).all()


def test_every_marked_picture_of_the_folds_comes_once_an_epoch_with_pictures_without_a_canal() -> None:
    batches = list(make_batches(some_data(), {1}, CONFIG, 0))
    for batch in batches:
        assert (~batch.positive).sum() == 3
        assert torch.isnan(batch.points[~batch.positive]).all()
    chosen = sum(int(batch.positive.sum() - (batch.mates >= 0).sum() // 2) for batch in batches)
    assert chosen == 6


def test_pictures_of_a_left_out_fold_are_never_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    data = some_data()
    seen: set[int] = set()
    augmented = localise._augmented

    def watched(given: LocaliseData, chosen: NDArray[np.int64], *rest: object) -> localise.Batch:
        seen.update(int(index) for index in chosen)
        return augmented(given, chosen, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(localise, "_augmented", watched)
    for epoch in range(8):
        list(make_batches(data, {2}, CONFIG, epoch))
    assert {int(data.folds[index]) for index in seen} == {2}
    assert {index for index in seen if data.positive[index]} == set(np.flatnonzero(data.positive & (data.folds == 2)))


def test_an_epoch_depends_on_its_number_alone() -> None:
    data = some_data()
    one, again, other = (next(make_batches(data, {1, 2}, CONFIG, epoch)) for epoch in (3, 3, 4))
    assert torch.equal(one.pictures, again.pictures)
    assert one.pictures.shape != other.pictures.shape or not torch.equal(one.pictures, other.pictures)


def test_series_mates_name_each_other_and_share_one_affine() -> None:
    data = some_data()
    met = 0
    for epoch in range(6):
        for batch in make_batches(data, {1, 2}, CONFIG, epoch):
            for index in torch.nonzero(batch.mates >= 0)[:, 0].tolist():
                mate = int(batch.mates[index])
                assert int(batch.mates[mate]) == index
                # Levels 2 and 3 are marked at the same places of both.
                torch.testing.assert_close(batch.points[index, 2:4], batch.points[mate, 2:4])
                met += 1
            alone = [tuple(row) for row in batch.points[(batch.mates < 0) & batch.positive][:, 2].tolist()]
            assert len(set(alone)) == len(alone), "the others have affines of their own"
    assert met > 4


def test_marks_stay_on_what_they_mark_when_the_picture_is_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    data = some_data()
    pictures = np.zeros_like(data.pictures)
    for index in range(12):
        for row, column in data.points[index][~np.isnan(data.points[index, :, 0])]:
            pictures[index, int(row) - 3 : int(row) + 4, int(column) - 3 : int(column) + 4] = 1.0
    monkeypatch.setattr(localise, "vary_brightness", lambda given, *_: given)
    monkeypatch.setattr(localise, "BOUNDS", AffineRange(10.0, 0.1, 0.1, 0.03))
    for batch in make_batches(replace(data, pictures=pictures), {1, 2}, CONFIG, 0):
        for picture, points in zip(batch.pictures[batch.positive], batch.points[batch.positive], strict=True):
            for row, column in points[~torch.isnan(points[:, 0])].round().long().tolist():
                assert picture[0, row, column] > 0.9


def a_pair(better: float, worse: float) -> tuple[Tensor, localise.Batch]:
    """The canal's map of two mates; level 0 is marked on the first only, where the two maps hold these values."""
    points = torch.full((2, 5, 2), NAN)
    points[0] = chain()[0]
    points[1, 1:] = chain()[0, 1:]
    canal = torch.zeros(2, CELLS, CELLS)
    canal[0, cell_of(20) - 1 : cell_of(20) + 2, cell_of(64) - 1 : cell_of(64) + 2] = better
    canal[1, cell_of(20) - 1 : cell_of(20) + 2, cell_of(64) - 1 : cell_of(64) + 2] = worse
    return canal, localise.Batch(
        torch.zeros(2, 1, SIDE, SIDE), points, torch.ones(2, dtype=torch.bool), torch.tensor([1, 0])
    )


def test_the_ranking_loss_falls_as_the_marked_slice_becomes_surer_than_its_mate() -> None:
    losses = [float(localise._rank(*a_pair(better, worse))) for better, worse in ((-2, 2), (0, 0), (2, -2), (5, -5))]
    assert losses == sorted(losses, reverse=True)
    assert losses[1] == pytest.approx(np.log(2), abs=1e-5)
    assert losses[-1] < 0.01


def test_where_mates_mark_the_same_levels_nothing_is_ranked() -> None:
    canal, batch = a_pair(1.0, 3.0)
    same = replace(batch, points=batch.points[:1].expand(2, -1, -1))
    assert float(localise._rank(canal, same)) == 0
    alone = replace(batch, mates=torch.tensor([-1, -1]))
    assert float(localise._rank(canal, alone)) == 0


class Given(torch.nn.Module):
    """A network that answers with given maps and scores."""

    def __init__(self, maps: Tensor, picture: Tensor) -> None:
        super().__init__()
        self.answer = maps, picture

    def forward(self, _: Tensor) -> tuple[Tensor, Tensor]:
        return self.answer


def test_the_loss_is_lower_for_the_right_answer_than_for_one_a_level_off_and_than_for_none() -> None:
    batch = localise.Batch(
        torch.zeros(2, 1, SIDE, SIDE),
        torch.cat([chain(), torch.full((1, 5, 2), NAN)]),
        torch.tensor([True, False]),
        torch.tensor([-1, -1]),
    )
    heat, _ = targets(batch.points, batch.positive, SIDE)
    right = torch.logit(heat.clamp(0.01, 0.99))
    picture = torch.tensor([[4.0], [-4.0]])
    off = torch.cat([right[:, 1:5], right[:, :1], right[:, 5:]], dim=1)
    nothing = torch.full_like(right, -4.6)
    losses = [float(step(Given(maps, picture), batch)[0]) for maps in (right, off, nothing)]
    assert losses[0] < min(losses[1:])
    assert float(step(Given(right, -picture), batch)[0]) > losses[0]
    assert step(Given(right, picture), batch)[1]["accuracy"] == 1.0


def test_maps_where_a_level_is_unknown_cost_nothing() -> None:
    batch = localise.Batch(
        torch.zeros(1, 1, SIDE, SIDE), chain((20, NAN, 60, 80, 100)), torch.tensor([True]), torch.tensor([-1])
    )
    maps = torch.full((1, 6, CELLS, CELLS), -3.0)
    guess = maps.clone()
    guess[0, 1, cell_of(40), cell_of(64)] = 6.0
    picture = torch.tensor([[4.0]])
    assert float(step(Given(guess, picture), batch)[0]) == float(step(Given(maps, picture), batch)[0])


def test_training_writes_a_checkpoint_that_names_only_studies_of_its_folds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not narrower: oneDNN's bfloat16 backward pass of 1 × 1 convolutions crashes at 8 channels on two threads.
    monkeypatch.setattr(localise, "build", lambda config: HeatmapNet(localise.MAPS, (16, 16, 16, 16), (1, 1, 1, 1)))
    data = some_data()
    model = localise.train(replace(CONFIG, epochs=1), data, {1}, tmp_path, resume=False)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    wanted = {study for study, fold in zip(data.studies, data.folds, strict=True) if fold == 2}
    assert set(state["trained_on"]) == wanted
    maps, scores = localise.predict(model, data.pictures[:3], batch=2)
    assert maps.shape == (3, len(LEVELS) + 1, CELLS, CELLS)
    assert scores.shape == (3,)
    assert maps.min() >= 0
    assert maps.max() <= 1
