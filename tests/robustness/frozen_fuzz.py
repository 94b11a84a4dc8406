"""R1F: the same broken files for the frozen program, which decodes and grades them in processes of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path

from tests.robustness.gate import Check, Gate, Outcome, told
from tests.robustness.mutations import mutate
from tests.robustness.seeds import make_seeds

PROGRAM = Path(__file__).resolve().parents[2] / "dist" / "lumbar" / ("lumbar.exe" if os.name == "nt" else "lumbar")
AT_ONCE = 500  # files of one `lumbar batch`
PATIENCE_S = 600.0
ENDED = "was ended"  # what the line of a file says over which a worker died or hung
RAW = ("Traceback", "Fatal", "Segmentation", "core dumped")


def run(count: int, folder: Path, program: Path = PROGRAM) -> Outcome:
    """Let the frozen program grade this many mutants."""
    if not program.exists():
        return Outcome("none", (), undone="the program is not built (make build)")
    ends: Counter[str] = Counter()
    faults: list[str] = []
    begun = time.monotonic()
    for first in range(0, count, AT_ONCE):
        _attack(program, range(first, min(first + AT_ONCE, count)), folder / "lot", ends, faults)
    checks = (
        Check("runs that failed", ends["run"], 0),
        Check("raw errors", ends["raw"], 0),
        Check("files without a line", ends["lost"], 0),
        Check("files that ended a process", ends["ended"], 0),
        Check("seconds a file", round((time.monotonic() - begun) / count, 3), 0.5, " s"),
    )
    spread = f"{ends['graded']} graded, {ends['refused']} not"
    return Outcome(
        f"{count:,} mutants of {len(make_seeds())} seeds, by `lumbar batch` ({spread})", checks, told(faults)
    )


def _attack(program: Path, numbers: range, lot: Path, ends: Counter[str], faults: list[str]) -> None:
    """One run of the program over a lot of mutants; counts how it ended."""
    seeds, out = make_seeds(), lot / "out"
    pictures = lot / "in"
    pictures.mkdir(parents=True)
    made_by: dict[str, str] = {}
    for number in numbers:
        mutant = mutate(seeds, number)
        name = f"{number:06d}_{mutant.name}"
        (pictures / name).write_bytes(mutant.data)
        made_by[name] = mutant.made_by
    command = [str(program), "batch", str(pictures), "--out", str(out), "--as", "pictures"]
    environment = {"HOME": str(lot), "PATH": os.environ.get("PATH", "")}
    try:
        answer = subprocess.run(
            command, env=environment, capture_output=True, text=True, errors="replace", timeout=PATIENCE_S, check=False
        )
        if answer.returncode:
            ends["run"] += 1
            faults.append(f"exit code {answer.returncode} for mutants {numbers}: {answer.stderr[-300:]}")
        if any(word in answer.stderr + answer.stdout for word in RAW):
            ends["raw"] += 1
            faults.append(f"raw error for mutants {numbers}: {answer.stderr[-300:]}")
    except subprocess.TimeoutExpired:
        ends["run"] += 1
        faults.append(f"no end after {PATIENCE_S:.0f} s for mutants {numbers}")
    _count_lines(out / "results.jsonl", made_by, ends, faults)
    shutil.rmtree(lot)


def _count_lines(lines: Path, made_by: dict[str, str], ends: Counter[str], faults: list[str]) -> None:
    seen = set()
    for line in lines.read_text(encoding="utf-8").splitlines() if lines.exists() else ():
        document = json.loads(line)
        name = Path(document["input"]["path"]).name
        seen.add(name)
        graded = any(finding["assessed"] for finding in document["findings"])
        ends["graded" if graded else "refused"] += 1
        if any(ENDED in each["finding"] for each in document["input"]["unreadable"]):
            ends["ended"] += 1
            faults.append(f"a process ended over mutant {made_by.get(name, name)}")
    for name in made_by.keys() - seen:
        ends["lost"] += 1
        faults.append(f"no line for mutant {made_by[name]}")


GATE = Gate("R1F", "broken files, frozen program", 400, 20_000, run)
