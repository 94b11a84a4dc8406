"""Packs for axial slices: their contract states what they see, and tiles are scored with them through the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from export.inputs import parity_inputs
from export.write_pack import write_pack
from lumbar_core.anatomy import LEVELS, Condition, Orientation, Side
from lumbar_core.inference.contract import AxialRule, parse_contract
from lumbar_core.inference.packs import CARD, CONTRACT, load_pack_folders
from tests.training.made_up import (
    AXIAL_COLUMNS,
    TILE_ASIDE,
    TILE_COLUMNS,
    TILE_MIDDLE,
    a_cell,
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
from training.recipe_cells import recipe_cells
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


CANAL = an_axial_config(
    "grade",
    name="canal_axial",
    grades_of="rsna_canal",
    thresholds={"check_p_severe": 0.1, "borderline_gap": 0.1, "share": 0.3},
)


@pytest.fixture(scope="module")
def canal_pack(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    canals = [a_cell(f"{n}_2_1.png", LEVELS[n % 5], n % 3) for n in range(10)]
    write_cells(data / "rsna_canal", canals)
    folder = tmp_path_factory.mktemp("canal_axial")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grade, "build", tiny_network)
        checkpoint = save_checkpoint(folder / "runs", CANAL, tiny_network(CANAL))
        write_pack(checkpoint, folder / CANAL.name, data, "1.0.0", {"pack_metrics": []})
    return folder / CANAL.name


def test_an_axial_grader_of_the_canal_says_so_and_how_it_is_fused(data: Path, canal_pack: Path) -> None:
    contract = parse_contract((canal_pack / CONTRACT).read_bytes())
    assert contract.conditions == (Condition.SPINAL_CANAL_STENOSIS,)
    assert contract.inputs[0].orientation is Orientation.AXIAL
    assert isinstance(contract.inputs[0].crop, AxialRule)
    assert contract.inputs[0].crop.mirrored is None
    assert [output.role for output in contract.outputs] == ["logits", "cam"]
    assert contract.threshold("share") == 0.3
    assert contract.training["grades_of"] == "rsna_canal"
    assert "fused" in (canal_pack / CARD).read_text(encoding="utf-8")
    assert parity_inputs(CANAL, data).shape == (10, 3, 40, 40), "one a tile"


def test_a_canal_is_located_in_its_tile_and_graded(data: Path, packs: dict[str, Path], canal_pack: Path) -> None:
    cells = recipe_cells(CANAL, data)
    given = answers_to(cells, data / "rsna_subarticular" / "images", [packs["localise"], canal_pack], 1)
    found = score(cells, given)
    assert len(found) == 10
    for each in found:
        assert each.answer is not None
        assert (each.answer.condition, each.answer.level) == (Condition.SPINAL_CANAL_STENOSIS, each.cell.level)
        assert each.answer.column * TILE_COLUMNS - 0.5 == pytest.approx(TILE_MIDDLE, abs=0.7)


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
