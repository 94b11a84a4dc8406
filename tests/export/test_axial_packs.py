"""Packs for axial slices: their contract states what they see, and tiles are scored with them through the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from export.inputs import parity_inputs
from export.write_pack import write_pack
from lumbar_core.anatomy import LEVELS, Side
from lumbar_core.inference.contract import parse_contract
from lumbar_core.inference.packs import CONTRACT, load_pack_folders
from tests.training.made_up import (
    AXIAL_COLUMNS,
    TILE_ASIDE,
    TILE_COLUMNS,
    TILE_MIDDLE,
    an_axial_config,
    save_checkpoint,
    tile_cells,
    tiny_network,
    write_cells,
    write_tiles,
)
from training import grade, localise
from training.answers import answers_to
from training.cells import Cell
from training.evaluate import Scored, figures, score
from training.tiles import axial_input

CELLS = [cell for n in range(10) for cell in tile_cells(f"{n}_1_1.png", (n % 3, 0), level=LEVELS[n % 5])]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_cells(folder / "rsna_subarticular", CELLS)
    write_tiles(folder / "rsna_subarticular", CELLS)
    return folder


@pytest.fixture(scope="module")
def packs(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("packs")
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        for module in (localise, grade):
            patch.setattr(module, "build", tiny_network)
        for task in ("localise", "grade"):
            config = an_axial_config(task)
            checkpoint = save_checkpoint(folder / "runs" / task, config, tiny_network(config))
            found[task] = folder / config.name
            write_pack(checkpoint, found[task], data, "1.0.0", {"pack_metrics": []})
    return found


@pytest.mark.parametrize("task", ["localise", "grade"])
def test_the_contract_states_what_the_network_was_trained_on(packs: dict[str, Path], task: str) -> None:
    contract = parse_contract((packs[task] / CONTRACT).read_bytes())
    assert contract.inputs == (axial_input(an_axial_config(task)),)
    assert contract.inputs[0].is_axial


def test_parity_is_measured_on_inputs_as_the_program_makes_them(data: Path) -> None:
    assert parity_inputs(an_axial_config("localise"), data).shape == (10, 1, 96, 128)
    crops = parity_inputs(an_axial_config("grade"), data)
    assert crops.shape == (20, 3, 40, 40)
    assert crops.std() > 0.05


def scored(cells: list[Cell], data: Path, packs: dict[str, Path]) -> list[Scored]:
    return score(cells, answers_to(cells, data / "rsna_subarticular" / "images", list(packs.values()), 1))


def test_a_tile_is_handed_in_and_its_recesses_are_located_and_graded_by_side(
    data: Path, packs: dict[str, Path]
) -> None:
    assert len(load_pack_folders(list(packs.values())).all) == 2
    found = scored(CELLS, data, packs)
    assert figures(found)["assessed"] == figures(found)["within6"] == 1.0
    for each in found:
        assert each.answer is not None
        assert (each.answer.side, each.answer.level) == (each.cell.side, each.cell.level)
        aside = TILE_ASIDE if each.cell.side is Side.LEFT else -TILE_ASIDE
        assert each.answer.column * TILE_COLUMNS - 0.5 == pytest.approx(TILE_MIDDLE + aside, abs=0.7)


def test_an_error_is_told_in_pixels_of_the_whole_slice(data: Path, packs: dict[str, Path]) -> None:
    (right, _) = tile_cells("0_1_1.png", level=LEVELS[0])
    (away, _) = tile_cells("0_1_1.png", level=LEVELS[0], row=right.row + 20)
    (here,), (there,) = scored([right], data, packs), scored([away], data, packs)
    assert there.error_px == pytest.approx(20 * 250 / AXIAL_COLUMNS, abs=1.0)
    assert here.error_px < 1


def test_a_tile_that_is_not_there_is_no_refusal(data: Path, packs: dict[str, Path]) -> None:
    with pytest.raises(FileNotFoundError, match="missing"):
        scored(tile_cells("99_1_1.png"), data, packs)
