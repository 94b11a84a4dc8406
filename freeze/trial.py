"""Run the built program where programs fail: odd path, read-only folder, empty home, no network, no environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from freeze.build import digests
from freeze.contents import program_in

Answer = subprocess.CompletedProcess[str]

ODD = "Größe ½ – позвоночник"
SAMPLE = Path("_internal/lumbar_core/sample")
PACKS = "_internal/lumbar_core/models/*/contract.json"
FAULT, NOTHING_ASSESSED = 1, 3  # exit codes
LONGEST_S = 300
# Mounts the folder read-only for this process alone, and leaves it without any network.
_SEALED = ["unshare", "--map-root-user", "--mount", "--net", "sh", "-c"]
_MOUNT = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'


class TrialFailed(Exception):
    """What the program did not do, in words."""


def try_hard(folder: Path, say: Callable[[str], None]) -> None:
    """Copy the folder to an odd place and use it there. Raises TrialFailed."""
    with tempfile.TemporaryDirectory(prefix="lumbar-trial-") as temporary:
        place = Path(temporary) / ODD / "lumbar"
        home, out = Path(temporary) / "home", Path(temporary) / "out"
        for made in (place.parent, home, out):
            made.mkdir()
        shutil.copytree(folder, place, symlinks=True)
        before = digests(place)
        sealed = _can_seal(place)
        say(f"in “{ODD}”, empty home, " + ("read-only, no network" if sealed else "write-protected"))
        _protect(place, sealed)
        _use(partial(_run, place, home, sealed), place, out / "Bericht ½.json", say)
        if digests(place) != before:
            raise TrialFailed("The program changed its own folder.")
        strays = [path for path in home.rglob("*") if path.is_file() and "lumbar-mri" not in path.parts]
        if strays:
            raise TrialFailed(f"It wrote outside its own folders: {strays}")


def _use(run: Callable[..., Answer], place: Path, report: Path, say: Callable[[str], None]) -> None:
    """The self-test and a report on the sample. Without packs, what needs them fails, and nothing else does."""
    packs = list(place.glob(PACKS))
    answer = run("--self-test")
    _expect(answer, "--self-test", 0 if packs else FAULT)
    failed = [line.split()[1:3] for line in answer.stdout.splitlines() if line.startswith("FAILED")]
    if failed != ([] if packs else [["model", "packs:"], ["grade", "the"]]):
        raise TrialFailed(f"More fails than what needs packs:\n{answer.stdout}")
    say(f"--self-test: {answer.stdout.strip().splitlines()[-1]}")
    answer = run("grade", str(place / SAMPLE), "--json", str(report))
    _expect(answer, "grade the sample", 0 if packs else NOTHING_ASSESSED)
    headline = json.loads(report.read_text(encoding="utf-8"))["summary"]["headline"]
    if not headline:
        raise TrialFailed("The report has no headline.")
    say(f"grade the sample: {headline}")


def _can_seal(place: Path) -> bool:
    """Whether this system lets us take away network and write access; Linux with user namespaces does."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    command = [*_SEALED, _MOUNT, str(place), "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _protect(place: Path, sealed: bool) -> None:
    if not sealed and os.name != "nt":
        for path in [place, *place.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode & ~0o222)


def _run(place: Path, home: Path, sealed: bool, *words: str) -> Answer:
    """The program with a home and nothing else, but for what Windows cannot start a process without."""
    command = [str(program_in(place)), *words]
    needed = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP", "TMP") if name in os.environ}
    homes = {"HOME": str(home), "USERPROFILE": str(home), "APPDATA": str(home), "LOCALAPPDATA": str(home)}
    environment = {**needed, **homes} if os.name == "nt" else {"HOME": str(home)}
    return subprocess.run(
        [*_SEALED, _MOUNT, str(place), *command] if sealed else command,
        env=environment if os.name == "nt" else {**environment, "PATH": os.defpath},
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=LONGEST_S,
    )


def _expect(answer: Answer, what: str, code: int) -> None:
    if answer.returncode != code:
        raise TrialFailed(f"{what}: exit code {answer.returncode}\n{answer.stdout}{answer.stderr}")
