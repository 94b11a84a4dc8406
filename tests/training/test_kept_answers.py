"""An evaluation that is killed goes on where it was and ends the same; nothing that is stale is taken."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lumbar_core.inference.packs import CONTRACT, bundled_folder
from tests.training.made_up import a_cell, a_picture, five_cells, tile_cells, write_cells, write_tiles
from training import answers as answering
from training import kept_answers
from training.answers import Answer, answers_to
from training.cells import Cell
from training.kept_answers import KeptAnswers, keep_answers, key_of
from training.phantom.body import Patient
from training.phantom.protocols import fast, protocols_of
from training.phantom.scan import pose_of, scan
from training.phantom.spine import build_spine

REPOSITORY = Path(__file__).resolve().parents[2]
PICTURES = 24
GRADES = ((0, 0, 1, 2, 0), (0, 1, 0, 1, 2))
PATIENCE_S = 120


def write_phantom_slices(folder: Path) -> None:
    """One midline T2 slice, in a different noise for every picture."""
    folder.mkdir(parents=True)
    protocol = next(each for each in map(fast, protocols_of(3)) if "t2" in each.name and "sag" in each.name)
    images = scan(Patient.of(build_spine(3)), protocol, pose_of(3)).pixels
    middle = images[len(images) // 2].astype(np.float32)
    grey = 255 * middle / middle.max()
    for number in range(PICTURES):
        noisy = grey + np.random.default_rng(number).normal(0, 4, grey.shape)
        Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(folder / f"{number}_1_1.png")


def lines_below(runs: Path) -> list[str]:
    return [line for file in sorted((runs / "answers").glob("*.jsonl")) for line in file.read_text().splitlines()]


def start(data: Path, runs: Path, out: Path) -> subprocess.Popen[bytes]:
    words = ["evaluate", "--pack", "canal", "--data", str(data), "--runs", str(runs), "--workers", "1"]
    words += ["--json", str(out / "f.json"), "--csv", str(out / "f.csv"), "--html", str(out / "f.html")]
    return subprocess.Popen(
        [sys.executable, "-m", "training", *words],
        cwd=REPOSITORY,
        env=os.environ | {"OMP_NUM_THREADS": "1", "XDG_DATA_HOME": str(out / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def children_of(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def lives(pid: int) -> bool:
    """Whether a process is there, and more than an entry in the table that nobody has asked for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def finish(process: subprocess.Popen[bytes]) -> bytes:
    printed, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, said.decode()
    return printed


def test_an_evaluation_killed_half_way_goes_on_and_writes_the_same_bytes(tmp_path: Path) -> None:
    cells = [cell for n in range(PICTURES) for cell in five_cells(f"{n}_1_1.png", GRADES[n % 2])]
    write_cells(tmp_path / "data", cells)
    write_phantom_slices(tmp_path / "data" / "images")
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    printed = finish(start(tmp_path / "data", whole, whole))

    process = start(tmp_path / "data", broken, broken)
    deadline = time.monotonic() + PATIENCE_S
    while not lines_below(broken):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    helpers = children_of(process.pid)
    assert helpers
    process.kill()
    process.communicate()
    while any(map(lives, helpers)):
        assert time.monotonic() < deadline, "a process of the pool outlives the evaluation"
        time.sleep(0.05)
    done = lines_below(broken)
    assert json.loads(printed)["assessed"] > 0.5, "what is compared is of pictures that are graded"
    assert 0 < len(done) < PICTURES
    assert not (broken / "f.json").exists()

    (file,) = (broken / "answers").glob("*.jsonl")
    file.write_bytes(file.read_bytes()[:-7])  # a line that the kill cut in two
    assert finish(start(tmp_path / "data", broken, broken)) == printed
    for name in ("f.json", "f.csv", "f.html"):
        assert (broken / name).read_bytes() == (whole / name).read_bytes(), name
    lines = lines_below(broken)
    assert lines[: len(done) - 1] == done[:-1], "what was there is kept as it was"
    assert sorted(lines) == sorted(lines_below(whole))
    assert len({json.loads(line)["picture"] for line in lines}) == len(lines) == PICTURES


class Asked:
    """In the place of the processes that grade: notes what it is asked."""

    def __init__(self) -> None:
        self.files: list[str] = []

    def __enter__(self) -> Asked:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def map(self, _: object, questions: Sequence[answering.Question], chunksize: int) -> list[list[Answer]]:
        self.files += [path.name for path, _ in questions]
        return [
            [
                Answer(c.condition, c.level, True, (0.1, 0.2, 0.7), c.grade, 1 / 3, 0.1, True, None, (4, 5), c.side)
                for c in cells
            ]
            for _, cells in questions
        ]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    pool = Asked()
    monkeypatch.setattr(answering, "program_pool", lambda *_: pool)
    return pool


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundled_folder() / "subarticular", tmp_path / "subarticular"))


def answered(folder: Path, cells: Sequence[Cell], pack: Path, runs: Path) -> dict[str, list[Answer]]:
    with closing(keep_answers(runs, [pack])) as kept:
        return answers_to(cells, folder / "images", [pack], 1, kept)


def test_what_was_answered_is_not_asked_again_and_reads_the_same(asked: Asked, pack: Path, tmp_path: Path) -> None:
    cells = [*tile_cells("1_1_1.png", (0, 2)), *tile_cells("2_1_1.png", (1, None))]
    write_tiles(tmp_path, cells)
    first = answered(tmp_path, cells[:2], pack, tmp_path / "runs")
    both = answered(tmp_path, cells, pack, tmp_path / "runs")
    again = answered(tmp_path, cells, pack, tmp_path / "runs")
    assert asked.files == ["1_1_1.png", "2_1_1.png"]
    assert first == {"1_1_1.png": both["1_1_1.png"]}
    assert again == both


def decide(pack: Path, **changes: Any) -> None:
    contract = json.loads((pack / CONTRACT).read_text(encoding="utf-8"))
    (pack / CONTRACT).write_text(json.dumps(contract | changes), encoding="utf-8")


def test_another_pack_program_picture_or_level_is_asked_anew(
    asked: Asked, pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = tile_cells("1_1_1.png", (0, 2))
    write_tiles(tmp_path, cells)
    runs = tmp_path / "runs"

    def asks() -> bool:
        before = len(asked.files)
        answered(tmp_path, cells, pack, runs)
        return len(asked.files) > before

    assert asks()
    decide(pack, trained_on={"salt": "new with every export", "hashes": []}, metrics=[])
    assert not asks()
    decide(pack, thresholds={"check_p_severe": 0.99})
    assert asks()
    decide(pack, digest="of another network")
    assert asks()
    monkeypatch.setattr(kept_answers, "_program", lambda: "another program")
    assert asks()
    write_tiles(tmp_path, tile_cells("1_1_1.png", (2, 0)))
    assert asks()
    cells = [replace(cell, level=a_cell(level="L1/L2").level) for cell in cells]  # type: ignore[arg-type]
    assert asks()
    assert not asks()


def test_a_picture_is_known_by_what_it_holds(tmp_path: Path) -> None:
    one, two, other = (tmp_path / name for name in ("1.png", "2.png", "3.png"))
    one.write_bytes(a_picture(1).tobytes())
    two.write_bytes(a_picture(1).tobytes())
    other.write_bytes(a_picture(2).tobytes())
    assert key_of(one, ()) == key_of(two, ()) != key_of(other, ())


def test_a_line_of_two_evaluations_counts_once(tmp_path: Path) -> None:
    with closing(KeptAnswers(tmp_path / "a.jsonl")) as one, closing(KeptAnswers(tmp_path / "a.jsonl")) as two:
        one.add("picture", [{"of": "one"}])
        two.add("picture", [{"of": "two"}])
    with closing(KeptAnswers(tmp_path / "a.jsonl")) as read:
        assert read.get("picture") == [{"of": "one"}]
