"""Packs: found, verified, pinned, replaced and removed; what does not verify is not used."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lumbar_core import cli
from lumbar_core.anatomy import Condition
from lumbar_core.errors import ModelError, SavingError
from lumbar_core.inference import packs
from lumbar_core.inference.contract import THRESHOLDS
from lumbar_core.inference.packs import (
    PackSet,
    install_pack,
    installed_folder,
    load_pack_folders,
    load_packs,
    remove_pack,
    seal,
    verify_pack,
)
from lumbar_core.models.digests import DIGESTS
from tests.core.fake_packs import (
    FakeModel,
    a_pack,
    a_recess_grader,
    an_axial_canal_grader,
    contract_fields,
    write_pack,
)

SHIPPED = packs.bundled_folder


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A user's folder and a program's folder of our own, both without packs."""
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_, **__: str(tmp_path / "home"))
    monkeypatch.setattr(packs, "bundled_folder", lambda: tmp_path / "bundled")
    monkeypatch.setattr("lumbar_core.inference.packs.DIGESTS", {})
    return tmp_path / "home"


@pytest.fixture
def ship(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Path]:
    """Ships a pack with the program."""
    pinned: dict[str, str] = {}
    monkeypatch.setattr("lumbar_core.inference.packs.DIGESTS", pinned)

    def shipped(name: str, version: str = "1.0.0") -> Path:
        folder = write_pack(tmp_path / "bundled" / name, name=name, version=version)
        pinned[name] = seal(folder)
        return folder

    return shipped


def edit_contract(folder: Path, **changes: object) -> None:
    path = folder / "contract.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_without_any_pack_the_set_is_empty() -> None:
    assert load_packs().all == ()
    assert load_packs().refused == ()


def test_a_whole_pack_verifies(tmp_path: Path) -> None:
    assert verify_pack(write_pack(tmp_path / "pack")).name == "canal"


def test_an_altered_network_is_refused(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "pack")
    data = bytearray((folder / "model.onnx").read_bytes())
    data[100] ^= 1
    (folder / "model.onnx").write_bytes(data)
    with pytest.raises(ModelError, match=r"model\.onnx is not the file"):
        verify_pack(folder)


@pytest.mark.parametrize("name", ["model.onnx", "contract.json"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder = write_pack(tmp_path / "pack")
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        verify_pack(folder)


@pytest.mark.parametrize("name", ["model.onnx", "contract.json"])
def test_a_link_in_place_of_a_file_is_refused(tmp_path: Path, name: str) -> None:
    folder = write_pack(tmp_path / "pack")
    (folder / name).rename(tmp_path / name)
    try:
        (folder / name).symlink_to(tmp_path / name)
    except OSError:
        (folder / name).mkdir()  # no right to make links: a folder is no file either
    with pytest.raises(ModelError, match=name):
        verify_pack(folder)


def test_a_network_beyond_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_pack(tmp_path / "pack")
    monkeypatch.setattr(packs, "LARGEST_MODEL_BYTES", (folder / "model.onnx").stat().st_size - 1)
    with pytest.raises(ModelError, match="too large"):
        verify_pack(folder)


def test_an_installed_pack_is_loaded_and_its_network_runs(tmp_path: Path) -> None:
    install_pack(write_pack(tmp_path / "pack"))
    loaded = load_packs("cpu", 1)
    assert [pack.name for pack in loaded.all] == ["canal"]
    assert loaded.threads == 1
    loaded.warm_up()
    assert loaded.provider == "CPU"


def test_installing_twice_keeps_the_newer_and_its_pin(tmp_path: Path) -> None:
    install_pack(write_pack(tmp_path / "old", version="1.0.0"))
    install_pack(write_pack(tmp_path / "new", version="2.0.0"))
    loaded = load_packs()
    assert [pack.contract.version for pack in loaded.all] == ["2.0.0"]
    assert loaded.refused == ()


def test_packs_that_cannot_be_written_are_said_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(packs, "installed_folder", lambda: tmp_path / "file" / "packs")
    with pytest.raises(SavingError, match="could not be changed: Not a directory"):
        install_pack(write_pack(tmp_path / "pack"))


def test_an_installed_pack_can_be_installed_from_its_own_folder(tmp_path: Path) -> None:
    install_pack(write_pack(tmp_path / "pack"))
    install_pack(installed_folder() / "canal")
    assert [pack.name for pack in load_packs().all] == ["canal"]


def test_a_contract_altered_after_installing_is_not_taken(tmp_path: Path) -> None:
    install_pack(write_pack(tmp_path / "pack"))
    edit_contract(installed_folder() / "canal", thresholds={"check_p_severe": 1.0, "borderline_gap": 0.0})
    loaded = load_packs()
    assert loaded.all == ()
    assert len(loaded.refused) == 1
    assert "canal" in loaded.refused[0]


def test_a_pack_put_into_the_folder_by_hand_is_not_taken(home: Path) -> None:
    write_pack(home / "packs" / "canal")
    loaded = load_packs()
    assert loaded.all == ()
    assert len(loaded.refused) == 1


def test_a_shipped_pack_with_another_seal_is_not_taken(ship: Callable[..., Path]) -> None:
    edit_contract(ship("canal"), version="1.0.1")
    assert load_packs().all == ()


def test_one_bad_pack_does_not_hide_the_others(ship: Callable[..., Path]) -> None:
    ship("recogniser")
    (ship("canal") / "model.onnx").write_bytes(b"")
    loaded = load_packs()
    assert [pack.name for pack in loaded.all] == ["recogniser"]
    assert len(loaded.refused) == 1


def test_a_users_pack_takes_the_place_of_a_shipped_one_and_gives_it_back(
    ship: Callable[..., Path], tmp_path: Path
) -> None:
    ship("canal", "1.0.0")
    install_pack(write_pack(tmp_path / "pack", version="2.0.0"))
    assert [pack.contract.version for pack in load_packs().all] == ["2.0.0"]
    remove_pack("canal")
    assert [pack.contract.version for pack in load_packs().all] == ["1.0.0"]


def test_a_shipped_pack_cannot_be_removed(ship: Callable[..., Path]) -> None:
    folder = ship("canal")
    with pytest.raises(ModelError, match="canal"):
        remove_pack("canal")
    assert folder.is_dir()


@pytest.mark.parametrize("name", ["canal", "..", ".", "", "../bundled"])
def test_removing_what_is_not_installed_says_so_and_deletes_nothing(tmp_path: Path, home: Path, name: str) -> None:
    install_pack(write_pack(tmp_path / "pack", name="other"))
    with pytest.raises(ModelError):
        remove_pack(name)
    assert (home / "packs" / "other" / "model.onnx").is_file()


def test_a_pack_that_does_not_run_is_not_installed_and_the_old_one_stays(tmp_path: Path) -> None:
    install_pack(write_pack(tmp_path / "good", version="1.0.0"))
    misfit = write_pack(tmp_path / "misfit", "tiny_count.onnx", version="2.0.0")  # its input is 1 × 1
    with pytest.raises(ModelError):
        install_pack(misfit)
    assert [pack.contract.version for pack in load_packs().all] == ["1.0.0"]


@pytest.mark.parametrize("name", ["../canal", "..", "", "a/b"])
def test_a_packs_name_cannot_lead_out_of_the_packs_folder(tmp_path: Path, home: Path, name: str) -> None:
    install_pack(write_pack(tmp_path / "other", name="other"))
    (home / "diary.txt").write_text("keep me")
    with pytest.raises(ModelError, match="name"):
        install_pack(write_pack(tmp_path / "evil", name=name))
    assert (home / "diary.txt").read_text() == "keep me"
    assert [pack.name for pack in load_packs().all] == ["other"]


def test_packs_of_given_folders_need_no_pin(tmp_path: Path) -> None:
    assert [pack.name for pack in load_pack_folders([write_pack(tmp_path / "pack")]).all] == ["canal"]


def test_unreadable_pins_mean_that_nothing_is_pinned(tmp_path: Path, home: Path) -> None:
    install_pack(write_pack(tmp_path / "pack"))
    (home / "packs" / "pins.json").write_text("{")
    assert load_packs().all == ()


def test_a_set_gives_packs_by_what_they_do() -> None:
    thresholds = dict.fromkeys(THRESHOLDS["localise"], 0.5)
    two = contract_fields()["outputs"] * 2
    grader = a_pack()
    localiser = a_pack(name="localise_t2", task="localise", conditions=[], thresholds=thresholds, outputs=two)
    chosen = PackSet((localiser, grader))
    assert chosen.grader(Condition.SPINAL_CANAL_STENOSIS) is grader
    assert chosen.grader(Condition.NEURAL_FORAMINAL_NARROWING) is None
    assert chosen.localiser("localise_t2") is localiser
    assert chosen.localiser("localise_t1") is None
    assert chosen.recogniser is None


@pytest.mark.parametrize("order", [1, -1])
def test_a_condition_s_grader_is_that_of_its_own_plane_wherever_the_second_stands(order: int) -> None:
    canal, recess = Condition.SPINAL_CANAL_STENOSIS, Condition.SUBARTICULAR_STENOSIS
    first, second = a_pack(), an_axial_canal_grader(lambda _: (0.0, 0.0, 0.0))
    recesses = a_recess_grader(lambda _: (0.0, 0.0, 0.0))
    chosen = PackSet((first, second, recesses)[::order])
    assert (chosen.grader(canal), chosen.second_grader(canal)) == (first, second)
    assert (chosen.grader(recess), chosen.second_grader(recess)) == (recesses, None)
    assert PackSet((second,)).grader(canal) is None, "the axial slices alone grade no canal"


def test_an_axial_grader_of_the_canal_is_installed_and_listed_beside_the_shipped_packs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(packs, "bundled_folder", SHIPPED)
    monkeypatch.setattr(packs, "DIGESTS", DIGESTS)
    # A network of the right shape is at hand: that of the recesses.
    folder = Path(shutil.copytree(SHIPPED() / "subarticular", tmp_path / "canal_axial"))
    fields = json.loads((folder / "contract.json").read_text())
    edit_contract(
        folder,
        name="canal_axial",
        conditions=["spinal_canal_stenosis"],
        inputs=[{**fields["inputs"][0], "crop": {"half_width_mm": 20, "mirrored": None}}],
        thresholds={**fields["thresholds"], "share": 0.3},
    )
    install_pack(folder)
    loaded = load_packs("cpu")
    assert loaded.refused == ()
    assert len(loaded.all) == 8
    second = loaded.second_grader(Condition.SPINAL_CANAL_STENOSIS)
    assert second is not None
    assert (second.name, second.is_users) == ("canal_axial", True)
    loaded.warm_up()
    assert cli.main(["packs", "list"]) == 0
    assert "canal_axial" in capsys.readouterr().out


def test_stop_and_resume_reach_every_network_that_is_loaded() -> None:
    models = [FakeModel(lambda _: {}, hangs=False) for _ in range(2)]
    chosen = PackSet((*(a_pack(model) for model in models), a_pack()))
    chosen.stop()
    assert [model._stopped.is_set() for model in models] == [True, True]
    chosen.resume()
    assert [model._stopped.is_set() for model in models] == [False, False]
