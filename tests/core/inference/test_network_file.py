"""A network with weights elsewhere or operators of its own is refused before the runtime sees it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from lumbar_core.errors import ModelError
from lumbar_core.inference.network_file import Foreign, check_network
from lumbar_core.inference.packs import bundled_folder, install_pack
from tests.core.fake_packs import DATA, write_pack
from tests.core.inference.networks import FOREIGN

PLAIN = (DATA / "tiny_mean.onnx").read_bytes()


@pytest.mark.parametrize("path", [*DATA.glob("*.onnx"), *bundled_folder().rglob("*.onnx")], ids=lambda path: path.stem)
def test_plain_networks_and_the_shipped_ones_are_taken(path: Path) -> None:
    check_network(path.read_bytes())


@pytest.mark.parametrize("what", FOREIGN)
def test_what_a_network_must_not_have_is_refused(what: str) -> None:
    with pytest.raises(Foreign):
        check_network(FOREIGN[what](PLAIN))


@pytest.mark.parametrize("what", ["weights in another file", "a custom operator"])
def test_a_pack_with_such_a_network_is_not_installed_though_its_digest_is_right(what: str, tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "pack")
    model = FOREIGN[what](PLAIN)
    (folder / "model.onnx").write_bytes(model)
    contract = json.loads((folder / "contract.json").read_text())
    (folder / "contract.json").write_text(json.dumps({**contract, "digest": hashlib.sha256(model).hexdigest()}))
    with pytest.raises(ModelError, match="Model pack canal: its network is not taken"):
        install_pack(folder)
