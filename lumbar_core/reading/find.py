"""Which files a user's choice stands for: folders walked, archives listed, DICOMDIRs followed. Nothing is decoded."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from lumbar_core.errors import Cancelled, Damaged, ReadingError, Refused
from lumbar_core.reading import limits
from lumbar_core.reading.formats import HEAD_BYTES, Format, sniff
from lumbar_core.reading.source import (
    ZIP_FAULTS,
    check_member,
    display_name,
    open_archive,
    open_source,
    unreadable_file,
)
from lumbar_core.study import Source, Unreadable

# Left by systems and viewers in every folder; never images.
_LITTER = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


@dataclass(frozen=True, slots=True)
class Failure:
    """A file or folder that was left out, with the typed error."""

    path: Path
    error: ReadingError

    def to_unreadable(self) -> Unreadable:
        """As the study lists it."""
        return Unreadable(self.path, self.error.finding, self.error.remedy)


@dataclass(slots=True)
class Found:
    """The files to read, in the order given, and what was left out.

    explicit:   files that the user named; a foreign format there is an error, in a folder it is no news.
    containers: how many folders, archives and indexes were among the choice.
    """

    sources: list[Source] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    explicit: set[Source] = field(default_factory=set)
    containers: int = 0


def find_files(
    paths: Iterable[Path], read_directory: Callable[[Path], tuple[Path, ...]], cancelled: Callable[[], bool]
) -> Found:
    """Every file below `paths`. `read_directory` gives the files that a DICOMDIR names, or raises ReadingError."""
    found = Found()
    for path in paths:
        if is_folder(path):
            found.containers += 1
            _add_folder(found, path, cancelled)
        elif path.name.upper() == "DICOMDIR":
            found.containers += 1
            _add_directory(found, path, read_directory, cancelled)
        elif _format_of(path) is Format.ZIP:
            found.containers += 1
            _add_archive(found, path)
        else:
            source = Source(path)
            found.sources.append(source)
            found.explicit.add(source)
    found.sources = list(dict.fromkeys(found.sources))
    return found


def is_folder(path: Path) -> bool:
    """Whether the path is a folder; what the system does not let us ask is none, and reading it will say why."""
    try:
        return path.is_dir()
    except OSError:  # above all a name that is too long, or a folder above it that may not be entered
        return False


def is_litter(name: str) -> bool:
    """Whether a file or folder of that name is left out."""
    return (name.startswith(".") and name != "..") or name.lower() in _LITTER


def _add_folder(found: Found, root: Path, cancelled: Callable[[], bool]) -> None:
    inside = root.resolve()
    for path in _walk(found, root):
        if cancelled():
            raise Cancelled
        if len(found.sources) >= limits.MAX_FILES:
            found.failures.append(
                Failure(root, Refused(f"It holds more than {limits.MAX_FILES} files.", "Choose one examination."))
            )
            return
        if path.is_symlink() and not _lies_inside(path, inside):
            error = Refused(f"{path.name} is a link that leads out of the folder.", "Open the file it points to.")
            found.failures.append(Failure(path, error))
        elif path.name.upper() == "DICOMDIR":
            continue  # an index of what is walked anyway
        elif _looks_like_archive(path):
            _add_archive(found, path)
        else:
            found.sources.append(Source(path))


def _lies_inside(path: Path, root: Path) -> bool:
    """Whether the path, its links followed, is below `root`; what cannot be followed is not."""
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError, ValueError):  # a link to itself, or a name that no system takes
        return False


def _walk(found: Found, root: Path) -> Iterator[Path]:
    """Files below `root` in a fixed order; hidden ones and litter left out, links to folders not followed."""

    def note(error: OSError) -> None:
        path = Path(error.filename or root)
        found.failures.append(Failure(path, unreadable_file(path.name, error)))

    for folder, names, files in os.walk(root, onerror=note, followlinks=False):
        here = Path(folder)
        names[:] = sorted(name for name in names if not is_litter(name))
        if len(here.relative_to(root).parts) >= limits.MAX_FOLDER_DEPTH:
            names.clear()
        yield from (here / name for name in sorted(files) if not is_litter(name))


def _looks_like_archive(path: Path) -> bool:
    return path.suffix.lower() == ".zip" and _format_of(path) is Format.ZIP


def _format_of(path: Path) -> Format:
    try:
        with open_source(Source(path)) as stream:
            return sniff(stream.read(HEAD_BYTES))
    except ReadingError:
        return Format.FOREIGN  # reading it will say why


def _add_archive(found: Found, path: Path) -> None:
    try:
        with open_archive(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
    except ReadingError as error:
        found.failures.append(Failure(path, error))
        return
    except ZIP_FAULTS:
        found.failures.append(Failure(path, Damaged(f"The archive {path.name} is damaged.", "Export it again.")))
        return
    except OSError as error:
        found.failures.append(Failure(path, unreadable_file(path.name, error)))
        return
    members = [info for info in members if not _is_litter_inside(PurePosixPath(info.filename).parts)]
    try:
        _check_archive(path, members)
    except Refused as error:
        found.failures.append(Failure(path, error))
        return
    for info in members:
        _add_member(found, path, info)


def _is_litter_inside(parts: tuple[str, ...]) -> bool:
    """Whether a member is left out by its name or a folder's, but for the outermost: that is what was packed."""
    return any(map(is_litter, parts[1:] or parts))


def _check_archive(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Refuse an archive that is a bomb or encrypted as a whole."""
    total = sum(info.file_size for info in members)
    if len(members) > limits.MAX_ARCHIVE_MEMBERS or total > limits.MAX_ARCHIVE_BYTES:
        raise Refused(
            f"The archive {path.name} unpacks to {len(members)} files and {total // limits.MIB} MB, "
            "more than the program reads.",
            "Unpack it, then open the examination's folder.",
        )
    if any(info.flag_bits & 0x1 for info in members):
        raise Refused(
            f"The archive {path.name} is encrypted.", "Unpack it with its password first, then open the folder."
        )


def _add_member(found: Found, path: Path, info: zipfile.ZipInfo) -> None:
    source = Source(path, info.filename)
    shown = path / PurePosixPath(info.filename).name
    name = display_name(source)
    if name.upper() == "DICOMDIR":
        return
    if PurePosixPath(name).suffix.lower() == ".zip":
        error = Refused(f"{name} is an archive inside the archive.", "Unpack the outer archive first.")
        found.failures.append(Failure(shown, error))
        return
    try:
        check_member(info)
    except Refused as refusal:
        found.failures.append(Failure(shown, refusal))
    else:
        found.sources.append(source)


def _add_directory(
    found: Found, path: Path, read_directory: Callable[[Path], tuple[Path, ...]], cancelled: Callable[[], bool]
) -> None:
    """The files that the index names; the whole folder where the index is of no use."""
    try:
        named = read_directory(path)
    except ReadingError:
        named = ()
    if not named:
        _add_folder(found, path.parent, cancelled)
        return
    root = path.parent.resolve()
    for file in named:
        if not _lies_inside(file, root):
            error = Refused("The DICOMDIR names a file outside its folder.", "Ask its sender for a clean copy.")
            found.failures.append(Failure(file, error))
        else:
            found.sources.append(Source(file))
