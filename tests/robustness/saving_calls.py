"""Every system call of one save: the program is killed at it, or it is refused. Told by strace, where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from lumbar_core.report.leftovers import PREFIX
from tests.robustness.gate import Check, Outcome

REPOSITORY = Path(__file__).resolve().parents[2]
WATCHED = ("openat", "write", "fsync", "flock", "chmod", "fchmod", "fchmodat", "rename", "close", "unlink")
OLD, NEW = b"old " * 1000, b"new " * 50_000
SAVE = """
import sys
from pathlib import Path
from lumbar_core.errors import SavingError
from lumbar_core.report.save import save
try:
    save(Path(sys.argv[1]), b"new " * 50_000)
except SavingError as error:
    print(error)
    sys.exit(7)
"""
NO_STRACE = "strace is not installed"


@dataclass(frozen=True, slots=True)
class Call:
    """The n-th call of this name in the process that saves."""

    name: str
    number: int


def calls_of_a_save(folder: Path) -> list[Call]:
    """The calls from the making of the temporary file to the last one that concerns the folder."""
    target, trace = folder / "traced.json", folder / "trace"
    target.write_bytes(OLD)
    _strace(target, ["-e", f"trace={','.join(WATCHED)}", "-o", str(trace)])
    seen: Counter[str] = Counter()
    calls: list[Call] = []
    last = 0
    for line in trace.read_text(errors="replace").splitlines():
        match = re.match(r"(?:\\d+ +)?(\w+)\(", line)
        if match is None:
            continue
        seen[match[1]] += 1
        if PREFIX in line or calls:
            calls.append(Call(match[1], seen[match[1]]))
        if str(folder) in line:
            last = len(calls)
    # Behind the folder's opening follow its fsync and close; what comes later is Python's end.
    return calls[: last + 2]


def kill_at_each(folder: Path) -> Outcome:
    """Kill the program as it enters each call: what was done before is then all that was done."""
    if shutil.which("strace") is None:
        return Outcome("no kills at single calls", (), undone=NO_STRACE)
    calls, faults = calls_of_a_save(folder), []
    for call in calls:
        target = folder / "killed.json"
        target.write_bytes(OLD)
        done = _strace(target, ["-e", f"inject={call.name}:signal=KILL:when={call.number}"])
        if done.returncode == 0:
            faults.append(f"killed at {call.name} {call.number}: it lived")
        elif target.read_bytes() not in (OLD, NEW):
            faults.append(f"killed at {call.name} {call.number}: half a file")
    check = Check("bad after a kill at a call", len(faults), 0)
    return Outcome(f"{len(calls)} kills, one at each call of a save", (check,), tuple(faults))


def refuse_each(folder: Path, codes: tuple[str, ...]) -> Outcome:
    """Let each call fail with each error: it is said, or without effect; the old file is whole, a retry works."""
    if shutil.which("strace") is None:
        return Outcome("no refused calls", (), undone=NO_STRACE)
    calls, faults, target = calls_of_a_save(folder), [], folder / "refused.json"
    points = [(call, code) for call in calls if call.name != "unlink" for code in codes]
    for call, code in points:
        target.write_bytes(OLD)
        done = _strace(target, ["-e", f"inject={call.name}:error={code}:when={call.number}"])
        fault = _fault_after(done, target)
        if fault:
            faults.append(f"{call.name} {call.number} {code}: {fault}")
    return Outcome(f"{len(points)} refused calls", (Check("bad after a refused call", len(faults), 0),), tuple(faults))


def _fault_after(done: subprocess.CompletedProcess[str], target: Path) -> str:
    kept = target.read_bytes()
    if done.returncode not in (0, 7):
        return f"exit code {done.returncode}: {done.stderr.strip().splitlines()[-1:]}"
    # After the renaming only making it last can fail: then the new file stands, whole, and the failure is said.
    if kept not in (OLD, NEW) or (done.returncode == 0 and kept != NEW):
        return "half a file, or an old one without a word"
    strays = [path.name for path in target.parent.glob(f"{PREFIX}*")]
    if strays:
        return "a temporary file stays"
    return "" if _strace(target, []).returncode == 0 and target.read_bytes() == NEW else "a retry fails"


def _strace(target: Path, options: list[str]) -> subprocess.CompletedProcess[str]:
    command = ["strace", "-qq", *options] if options else []
    if options and "-o" not in options:
        command += ["-o", "/dev/null"]
    return subprocess.run(
        [*command, sys.executable, "-c", SAVE, str(target)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
