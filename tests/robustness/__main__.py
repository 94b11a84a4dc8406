"""`python -m tests.robustness`: the gates in their long form, one row of the table each.

    --gates R1 R8   only these (a long run can be split)
    --files N       mutated files of R1
    --count N       attacks of each chosen gate, instead of its own long count
    --short         as in `make test`

Exit code 1 if a gate fails; one that cannot be run here is named and counted, and does not pass.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before anything can import onnxruntime

from tests.robustness.gate import Gate, Outcome
from tests.robustness.gates import GATES


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen gates; returns the exit code."""
    options = _parser().parse_args(arguments)
    chosen = [gate for gate in GATES if not options.gates or gate.name in options.gates]
    print("| gate | attacks | measured (limit) | time | result |\n| --- | --- | --- | --- | --- |", flush=True)
    failed = []
    for gate in chosen:
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="lumbar-robustness-") as folder:
            outcome = gate.run(_count(gate, options), Path(folder))
        print(row(gate, outcome, time.monotonic() - begun), flush=True)
        for fault in outcome.faults:
            print(f"  {gate.name}: {fault}", file=sys.stderr, flush=True)
        if not outcome.passed:
            failed.append(gate.name)
    print(f"{len(chosen) - len(failed)} of {len(chosen)} gates passed{'; not: ' if failed else ''}{', '.join(failed)}")
    return 1 if failed else 0


def row(gate: Gate, outcome: Outcome, seconds: float) -> str:
    """One line of the table in docs/RELIABILITY.md."""
    measured = "; ".join(map(str, outcome.checks))
    said = f"{measured} — not done: {outcome.undone}" if outcome.undone else measured
    verdict = "pass" if outcome.passed else "not run" if not outcome.checks else "FAIL"
    return f"| {gate.name} {gate.title} | {outcome.done} | {said} | {seconds:.0f} s | {verdict} |"


def _count(gate: Gate, options: argparse.Namespace) -> int:
    if options.files and gate.name == "R1":
        return int(options.files)
    return options.count or (gate.short if options.short else gate.long)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests.robustness", description="Attacks that the program must survive.")
    parser.add_argument("--gates", nargs="+", choices=[gate.name for gate in GATES], metavar="GATE", default=())
    parser.add_argument("--files", type=int, metavar="N", help="mutated files of R1")
    parser.add_argument("--count", type=int, metavar="N", help="attacks of each chosen gate")
    parser.add_argument("--short", action="store_true", help="as in `make test`")
    return parser


if __name__ == "__main__":
    sys.exit(main())
