"""The path of training/README.md, walked: from a download to the program that grades with the packs made of it.

The lines are read from the README, so that what it says is what is walked; only the recipes are shorter.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
RECIPES = REPOSITORY / "training" / "configs"
GRADERS = ("canal", "foraminal", "subarticular")
STUDIES, HELD_OUT = 40, 2


def lines_of_the_readme() -> list[str]:
    """The commands of the first block, without comments."""
    text = (REPOSITORY / "training" / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```sh\n(.*?)```", text, re.DOTALL)
    assert block is not None
    return [line for line in block.group(1).splitlines() if line.strip() and not line.startswith("#")]


def shorten(folder: Path) -> None:
    """The recipes with two epochs and small batches, without teachers."""
    folder.mkdir(parents=True)
    for path in RECIPES.glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        if 'task = "grade"' in text:
            text = re.sub(r"(?m)^epochs = .*$", "epochs = 2", text)
            text = re.sub(r"(?m)^batch = .*$", "batch = 8", text)
            text = re.sub(r"(?m)^teacher_epochs = .*\n", "", text)
        (folder / path.name).write_text(text, encoding="utf-8")


def decide(recipe: Path, metrics: Path) -> None:
    """The recipe's operating point is the one that the cross-validation found best."""
    best = json.loads(metrics.read_text())["operating_point"]
    text = re.sub(r'(?m)^operating_point = ".*"$', f'operating_point = "{best}"', recipe.read_text(encoding="utf-8"))
    recipe.write_text(text, encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(5400)
def test_a_stranger_walks_from_the_download_to_a_graded_study(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "XDG_DATA_HOME": str(tmp_path / "home")}

    def walk(line: str) -> str:
        """Run one line; the test's Python stands for the environment's."""
        done = subprocess.run(
            ["bash", "-c", line.replace("python -m", f"{sys.executable} -m", 1)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    shorten(tmp_path / "training" / "configs")
    walk(f"python -m training phantom --studies {STUDIES} --fast --out DOWNLOAD")
    walk(f"python -m training phantom --studies {HELD_OUT} --first-seed 100 --fast --out OTHER")
    (tmp_path / "STUDY").symlink_to(REPOSITORY / "lumbar_core" / "sample")
    for line in lines_of_the_readme():
        if line.startswith("export LUMBAR_DATA="):
            environment["LUMBAR_DATA"] = str(tmp_path / line.partition("=")[2])
            continue
        if line.startswith("python -m export"):
            name = next(each for each in GRADERS if f"configs/{each}.toml" in line)
            recipe = tmp_path / "training" / "configs" / f"{name}.toml"
            decide(recipe, tmp_path / "runs" / name / "metrics.json")
        said = walk(line)
        if line.endswith("packs list"):
            assert said.count("installed by you") == len(GRADERS)

    told = json.loads((tmp_path / "canal.json").read_text())
    assert (told["cells"], told["seen_cells"], told["all_seen"]) == (5 * HELD_OUT, 0, False)
    assert b"data:image/svg+xml" in (tmp_path / "canal.html").read_bytes()
    result = json.loads((tmp_path / "result.json").read_text())
    assert len(result["findings"]) == 25
    assert all(finding["assessed"] for finding in result["findings"]), "the sample shows all five conditions"
    ours = {json.loads((tmp_path / "packs" / name / "contract.json").read_text())["digest"] for name in GRADERS}
    assert ours <= {pack["digest"] for pack in result["packs"]}
