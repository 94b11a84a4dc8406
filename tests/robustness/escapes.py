"""R5: hostile names in archives and DICOMDIRs, links in folders: nothing outside is opened, nothing is changed."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.core.reading.dicom_files import an_image, to_bytes, write
from tests.robustness.children import DIED, HUNG, attack_each
from tests.robustness.gate import Check, Gate, Outcome, told
from tests.robustness.reader import RAW, look_at, warm_reader
from tests.robustness.seeds import HTJ2K, index_file, pack

SECRET = "secret.dcm"
BEFORE = (
    "", "../", "..\\", "a/../../", "a\\..\\..\\", "/", "//", "C:\\", "C:", "\\\\server\\share\\", "//?/C:/", "\\\\.\\",
    "~/", "$HOME/", "%TEMP%\\", "%2e%2e/", "....//", ". ./", "..;/", "./../", "file:///",
)  # fmt: skip
NAMES = (
    SECRET,
    "CON",
    "nul.dcm",
    "COM1",
    "a\0b.dcm",
    "x.dcm:stream",
    "l" * 5000,
    "\u202emcd.dcm",
    "new\nline.dcm",
    "..",
)
EVENTS = frozenset(
    {"open", "os.listdir", "os.scandir", "os.mkdir", "os.rename", "os.remove", "os.chmod", "os.symlink", "os.truncate"}
)
Subject = Callable[[Path], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Heard:
    """What reading one path gave, and every file that Python opened, listed, made or removed meanwhile."""

    answers: tuple[str, ...]
    opened: tuple[str, ...]


def hostile_names() -> list[str]:
    """Two hundred and more names; each leads somewhere it must not, or confuses who shows it."""
    return [before + name for name in NAMES for before in BEFORE]


def traps(root: Path, count: int) -> Iterator[Path]:
    """Folders and archives to open, one for each hostile name and kind; the secret lies beside them."""
    write(root, SECRET, to_bytes(an_image(SOPInstanceUID="1.2.6")))
    good = to_bytes(an_image())
    for number, name in enumerate(hostile_names()[:count]):
        yield _file(
            root / f"z{number}" / "study.zip",
            pack({"good.dcm": good, name: to_bytes(an_image(SOPInstanceUID="1.2.7"))}),
        )
        disc = root / f"d{number}"
        write(disc / "IMAGES", "IM1", good)
        plain = name.encode("latin-1", "replace").decode("latin-1")
        named = [["IMAGES", "IM1"], plain.replace("/", "\\").split("\\"), [plain]]
        yield _file(disc / "DICOMDIR", index_file(named))
    for number, target in enumerate((SECRET, ".", "/etc/passwd", "/dev/zero", "loop.dcm")):
        folder = root / f"l{number}"
        write(folder, "good.dcm", good)
        (folder / "loop.dcm").symlink_to(Path("..") / target if target != "loop.dcm" else "loop.dcm")
        yield folder


def _file(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def read_all(path: Path) -> list[str]:
    """Read and decode, in this process, where it can be heard."""
    from lumbar_core.reading.decoding import DirectReader

    return [look_at(path, DirectReader())]


def warm() -> None:
    """Load the program and its codecs before anybody listens."""
    warm_reader().close()
    read_all(HTJ2K)


def attack(subject: Subject, paths: Sequence[Path], _: None) -> list[Heard]:
    """Read each path; an audit hook stays for good, so this wants a process of its own."""
    opened: list[str] = []

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if event in EVENTS:
            opened.append(f"{event} {arguments[0]}")

    sys.addaudithook(hear)
    heard = []
    for path in paths:
        opened.clear()
        answers = subject(path)
        heard.append(Heard(tuple(answers), tuple(opened)))
    return heard


def run(count: int, folder: Path, subject: Subject = read_all) -> Outcome:
    """Set the traps, read them all, compare what was opened and what has changed."""
    root = folder / "root"
    paths = list(traps(root, count))
    before = _digests(root)
    (attacked,) = attack_each(partial(attack, subject), warm, [paths], patience_s=600)
    died = attacked.answer in (DIED, HUNG)
    faults = ["the program died or hung"] if died else []
    escapes = raw = 0
    for path, heard in zip(paths, () if died else attacked.answer, strict=not died):
        strays = [what for what in heard.opened if not _allowed(what, path if path.is_dir() else path.parent)]
        errors = [answer for answer in heard.answers if answer.startswith(RAW)]
        escapes, raw = escapes + len(strays), raw + len(errors)
        faults += [f"{path.relative_to(root)}: {what}" for what in (*strays, *errors)]
    after = _digests(root)
    changed = sum(before.get(name) != after.get(name) for name in before.keys() | after.keys())
    checks = (
        Check("files opened outside", escapes, 0),
        Check("inputs changed, made or lost", changed, 0),
        Check("raw errors", raw, 0),
        Check("deaths", int(died), 0),
    )
    return Outcome(f"{len(paths)} archives, DICOMDIRs and folders with {count} hostile names", checks, told(faults))


def _allowed(what: str, inside: Path) -> bool:
    """Below what was chosen, or Python's and the program's own modules."""
    path = what.partition(" ")[2]
    if path.isdigit() or path.startswith((str(inside), sys.prefix, sys.base_prefix)):
        return True
    return any(path.startswith(entry) for entry in map(str, sys.path) if entry)


def _digests(root: Path) -> dict[str, str]:
    files = [path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


GATE = Gate("R5", "hostile names", 210, 210, run)
