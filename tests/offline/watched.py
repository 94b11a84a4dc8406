"""A program watched from outside, system call by system call: what it asked the network for, and where it wrote."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import lumbar_core

ROOT = Path(lumbar_core.__file__).resolve().parents[1]
SAMPLE = ROOT / "lumbar_core" / "sample"
WATCHED = "socket,connect,bind,sendto,sendmsg,sendmmsg,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2"
INTERNET = re.compile(r"AF_INET6?\b|AF_NETLINK")
WRITES = re.compile(
    r'(?:open|openat|creat)\((?:AT_FDCWD, )?"([^"]+)", [^)]*O_(?:WRONLY|RDWR|CREAT)[^)]*\)\s+=\s+\d'
    r'|(?:mkdir|mkdirat|creat|rename|renameat|renameat2)\([^"]*"([^"]+)".*\)\s+=\s+0'
)
# A program's own folders on Linux (XDG): settings and key, log, cache.
OWN_FOLDERS = (".local", ".local/share", ".local/state", ".config", ".cache")


class Job:
    """What a watched job did."""

    def __init__(self, code: int, said: str, trace: str, home: Path, out: Path) -> None:
        self.code, self.said, self.trace, self.home, self.out = code, said, trace, home, out

    def written(self) -> set[str]:
        """Every path opened for writing, made or renamed."""
        found = {match.group(1) or match.group(2) for match in WRITES.finditer(self.trace)}
        return {path for path in found if not path.startswith("/dev/")}

    def astray(self) -> set[str]:
        """What was written elsewhere than in the folder asked for and the program's own."""
        own = {str(self.home / folder) for folder in OWN_FOLDERS}
        return {
            path
            for path in self.written()
            if path not in own
            and "/lumbar-mri" not in path
            and not ("__pycache__" in path and Path(path).is_relative_to(ROOT))
            and not Path(path).is_relative_to(self.out)
        }

    def looked_up(self) -> list[str]:
        """Lines of the trace that ask for a name of the internet."""
        return [line for line in self.trace.splitlines() if "resolv.conf" in line or "/etc/hosts" in line]


def watched(folder: Path, command: Callable[[Path], Sequence[str]], environment: dict[str, str]) -> Job:
    """One whole job under strace, with an empty home; command: what is run, given the folder to write into."""
    home, out, trace = folder / "home", folder / "out", folder / "trace"
    home.mkdir()
    out.mkdir()
    done = subprocess.run(
        ["strace", "-f", "-qq", "-s", "4096", "-e", f"trace={WATCHED}", "-o", str(trace), *command(out)],
        cwd=ROOT,
        env={**environment, "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return Job(done.returncode, done.stderr, trace.read_text(errors="replace"), home, out)


def graded(out: Path) -> list[str]:
    """The words that grade the sample into every kind of report."""
    reports = {"--json": "r.json", "--csv": "r.csv", "--pdf": "r.pdf"}
    return ["grade", str(SAMPLE), *(word for option, name in reports.items() for word in (option, str(out / name)))]


def path_alone() -> dict[str, str]:
    """An environment that helps in nothing."""
    return {"PATH": os.environ["PATH"]}
