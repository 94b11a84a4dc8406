"""An export that is killed leaves the older pack as it was, and a second call ends as an unbroken one.

It takes seconds, so it goes on nowhere: it begins anew.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lumbar_core.inference.packs import CARD, CONTRACT, MODEL, verify_pack
from tests.training.made_up import a_config, five_cells, save_checkpoint, tiny_network, write_cells, write_pictures

CHILD = Path(__file__).with_name("killed_export.py")
ORDER = (MODEL, CONTRACT, CARD)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workplace")
    cells = [cell for study in range(8) for cell in five_cells(f"{study}_1_1.png")]
    write_cells(folder / "data" / "rsna_canal", cells)
    write_pictures(folder / "data" / "rsna_canal", cells)
    for name, seed in (("older", 1), ("newer", 2)):
        save_checkpoint(folder / name, a_config("grade"), tiny_network(a_config("grade", seed=seed)), ["101"])
    return folder


def export(workplace: Path, checkpoint: str, out: Path, killed_at: int = 0) -> int:
    words = [str(workplace / checkpoint / "checkpoint.pt"), "--out", str(out)]
    done = subprocess.run(
        [sys.executable, str(CHILD), str(killed_at), *words],
        env=os.environ | {"LUMBAR_DATA": str(workplace / "data"), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr.decode()
    return done.returncode


def unsalted(pack: Path) -> tuple[bytes, dict[str, Any], str]:
    """A pack's files; the salt of the studies that were seen is new with every export."""
    contract = json.loads((pack / CONTRACT).read_text(encoding="utf-8"))
    contract["trained_on"] = len(contract["trained_on"]["hashes"])
    return (pack / MODEL).read_bytes(), contract, (pack / CARD).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def packs(workplace: Path) -> dict[str, Path]:
    for name in ("older", "newer"):
        assert export(workplace, name, workplace / "packs" / name) == 0
    return {name: workplace / "packs" / name for name in ("older", "newer")}


@pytest.mark.slow
@pytest.mark.parametrize("file", ORDER)
def test_a_kill_leaves_the_older_pack_whole_and_a_second_call_ends_the_same(
    workplace: Path, packs: dict[str, Path], tmp_path: Path, file: str
) -> None:
    out = tmp_path / "canal"
    shutil.copytree(packs["older"], out)
    assert export(workplace, "newer", out, killed_at=1 + ORDER.index(file)) == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir() if path != out] == [".canal.new"]
    verify_pack(out)
    assert unsalted(out) == unsalted(packs["older"])
    assert export(workplace, "newer", out) == 0
    assert list(tmp_path.iterdir()) == [out]
    verify_pack(out)
    assert unsalted(out) == unsalted(packs["newer"])
