"""The localiser's network: a quarter of the picture's size, nothing found before it has learnt."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from training.heatmap_net import HeatmapNet, TwoSizes


@pytest.fixture(scope="module")
def network() -> HeatmapNet:
    torch.manual_seed(0)
    return HeatmapNet(6, widths=(8, 8, 16, 16), blocks=(1, 1, 2, 1))


@pytest.mark.parametrize(("rows", "columns"), [(64, 64), (96, 64), (224, 224)])
def test_maps_are_a_quarter_of_the_picture(network: HeatmapNet, rows: int, columns: int) -> None:
    with torch.inference_mode():
        maps, picture = network.eval()(torch.rand(2, 1, rows, columns))
    assert maps.shape == (2, 6, rows // 4, columns // 4)
    assert picture.shape == (2, 1)


def test_a_fresh_network_says_that_nothing_is_there() -> None:
    torch.manual_seed(1)
    maps, _ = HeatmapNet(6)(torch.rand(2, 1, 64, 64))
    assert torch.sigmoid(maps).mean() < 0.1


def test_every_weight_takes_part(network: HeatmapNet) -> None:
    maps, picture = network.train()(torch.rand(4, 1, 64, 64))
    (maps.square().mean() + picture.square().mean()).backward()
    unused = [name for name, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert unused == []


def test_it_can_learn_where_a_dot_is() -> None:
    torch.manual_seed(2)
    model = HeatmapNet(1, widths=(8, 8, 8, 8), blocks=(1, 1, 1, 1))
    optimiser = torch.optim.Adam(model.parameters(), 2e-2)
    pictures, wanted = torch.zeros(4, 1, 64, 64), torch.zeros(4, 1, 16, 16)
    for index, (row, column) in enumerate([(3, 4), (12, 9), (7, 2), (5, 13)]):
        pictures[index, 0, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] = 1.0
        wanted[index, 0, row, column] = 1.0
    for _ in range(40):
        optimiser.zero_grad()
        maps, _ = model(pictures)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(maps, wanted, pos_weight=torch.tensor(50.0))
        loss.backward()
        optimiser.step()
    assert (maps.flatten(1).argmax(1) == wanted.flatten(1).argmax(1)).all()


class Pooling(nn.Module):
    """In the place of a network: the picture itself as one map, its side as the score."""

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        side = torch.full((len(picture), 1), float(picture.shape[-1]))
        return nn.functional.avg_pool2d(picture, 4), side


def test_two_sizes_see_the_same_thing_in_the_same_place() -> None:
    picture = torch.zeros(1, 1, 224, 224)
    picture[0, 0, 100:108, 40:48] = 1.0
    once, _ = Pooling()(picture)
    maps, score = TwoSizes(Pooling())(picture)
    assert maps.shape == once.shape
    for axis in (0, 1):
        places = torch.arange(56.0)
        centres = [(each[0, 0].sum(1 - axis) * places).sum() / each.sum() for each in (once, maps)]
        assert centres[1] == pytest.approx(float(centres[0]), abs=0.1)
    assert score.item() == (224 + 256) / 2


def test_two_sizes_weigh_alike() -> None:
    class Side(nn.Module):
        def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
            side = picture.shape[-1]
            return torch.full((1, 1, side // 4, side // 4), float(side)), torch.zeros(1, 1)

    maps, _ = TwoSizes(Side())(torch.rand(1, 1, 64, 64))
    assert (maps == (64 + 96) / 2).all()
