"""Bytes of a `Source`: a file on disk, or one member of a ZIP read in memory under a running count."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, BinaryIO

from lumbar_core.errors import Damaged, ReadingError, Refused
from lumbar_core.reading import limits
from lumbar_core.reading.zip_index import lists_more_than
from lumbar_core.study import Source

_CHUNK = 1 << 18
# Names that Windows takes for devices in any folder and with any ending; reading one may wait for ever.
_DEVICES = frozenset(
    {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))}
)
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
ZIP_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError)


def display_name(source: Source) -> str:
    """The file's name as messages give it; no folders, which may hold a patient's name."""
    return PurePosixPath(source.member).name if source.member else source.path.name


@contextmanager
def open_source(source: Source) -> Iterator[BinaryIO]:
    """Open the bytes of one file or member. Raises Damaged or Refused in words."""
    with closing(Opener()) as opener, opener.open(source) as stream:
        yield stream


class Opener:
    """Opens one source after another and keeps the last archive open, whose index would be read for each member."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._archive: zipfile.ZipFile | None = None

    @contextmanager
    def open(self, source: Source) -> Iterator[BinaryIO]:
        """Open the bytes for reading. Raises Damaged or Refused in words."""
        name = display_name(source)
        try:
            check_file(source.path, name, in_archive=source.member is not None)
            if source.member is None:
                with source.path.open("rb") as stream:
                    yield stream
            else:
                archive = self._open_archive(source.path)
                yield io.BytesIO(read_member(archive, _find_member(archive, source.member, name)))
        except OSError as error:
            raise unreadable_file(name, error) from error

    def _open_archive(self, path: Path) -> zipfile.ZipFile:
        if self._archive is None or self._path != path:
            self.close()
            self._archive, self._path = _open_zip(path), path
        return self._archive

    def close(self) -> None:
        """Let go of the archive."""
        archive, self._archive = self._archive, None
        if archive is not None:
            archive.close()


def check_file(path: Path, name: str, in_archive: bool) -> None:
    """Refuse what is no ordinary file (a pipe would block for ever), or too large. Raises OSError as the system does.

    An archive may be larger than a file: its members are limited one by one.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise Refused(f"{name} is not an ordinary file.", "Choose a file, a folder or an archive.")
    if status.st_size > limits.MAX_FILE_BYTES and not in_archive:
        raise too_large(name, status.st_size, limits.MAX_FILE_BYTES)


def _find_member(archive: zipfile.ZipFile, member: str, name: str) -> zipfile.ZipInfo:
    try:
        return archive.getinfo(member)
    except KeyError as error:
        raise Damaged(f"{name} is no longer in its archive.", "Open the archive again.") from error


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a ZIP to list its members. Raises Damaged where it is none."""
    with _open_zip(path) as archive:
        yield archive


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        with path.open("rb") as stream:
            if lists_more_than(limits.MAX_ARCHIVE_MEMBERS, stream):
                raise Refused(
                    f"The archive {path.name} holds more than {limits.MAX_ARCHIVE_MEMBERS} files.",
                    "Unpack it, then open the examination's folder.",
                )
        return zipfile.ZipFile(path)
    except ZIP_FAULTS as error:
        raise Damaged(f"The archive {path.name} is damaged.", "Copy or export it again.") from error


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """One member's bytes, never more than the limits however its header lies. Raises Damaged or Refused."""
    name = PurePosixPath(info.filename).name
    check_member(info)
    try:
        with archive.open(info) as stream:
            return bytes(_read_counted(stream, max(info.compress_size, 1), name))
    except ReadingError:
        raise
    except ZIP_FAULTS as error:
        raise Damaged(f"{name} in the archive is damaged.", "Copy or export the archive again.") from error


def check_member(info: zipfile.ZipInfo) -> None:
    """Refuse what must not be inflated: encrypted, outside the archive, oddly packed, too large."""
    name = PurePosixPath(info.filename).name
    if info.flag_bits & 0x1:
        raise Refused("The archive is encrypted.", "Unpack it with its password first, then open the folder.")
    if leaves_root(info.filename):
        raise Refused(f"The archive holds a path that leads out of it ({name}).", "Ask its sender for a clean copy.")
    if names_device(info.filename):
        raise Refused(f"{name} in the archive is named like a device.", "Ask its sender for a clean copy.")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Refused(f"{name} in the archive is a link, not a file.", "Ask its sender for a clean copy.")
    if info.compress_type not in _METHODS:
        raise Refused(f"{name} is packed in a way that is not supported.", "Unpack the archive, then open the folder.")
    if info.file_size > limits.MAX_INFLATED_BYTES:
        raise too_large(name, info.file_size, limits.MAX_INFLATED_BYTES)
    check_ratio(name, info.file_size, max(info.compress_size, 1))


def leaves_root(member: str) -> bool:
    """Whether a name in an archive or a DICOMDIR would lead out of its folder on any system."""
    posix, windows = PurePosixPath(member), PureWindowsPath(member)
    return posix.is_absolute() or bool(windows.drive or windows.root) or ".." in windows.parts or "\0" in member


def names_device(member: str) -> bool:
    """Whether any part of a name is one that Windows takes for a device (CON, "nul.dcm")."""
    return any(part.partition(".")[0].strip().upper() in _DEVICES for part in PureWindowsPath(member).parts)


def _read_counted(stream: IO[bytes], stored: int, name: str) -> bytearray:
    data = bytearray()
    while chunk := stream.read(_CHUNK):
        data += chunk
        if len(data) > limits.MAX_INFLATED_BYTES:
            raise too_large(name, len(data), limits.MAX_INFLATED_BYTES)
        check_ratio(name, len(data), stored)
    return data


def check_ratio(name: str, inflated: int, stored: int) -> None:
    """Refuse what grows as only a bomb does."""
    if inflated > limits.RATIO_FROM_BYTES and inflated > limits.MAX_RATIO * stored:
        raise Refused(
            f"{name} is packed {inflated // stored} times smaller than it claims to be, as only a harmful file is.",
            "Ask its sender for a clean copy.",
        )


def inflate(stream: BinaryIO, name: str) -> bytes:
    """The rest of `stream`, raw deflate (PS3.5 A.5), inflated under a running count. Raises Damaged or Refused."""
    inflater, data, taken = zlib.decompressobj(-zlib.MAX_WBITS), bytearray(), 0
    try:
        while (chunk := stream.read(_CHUNK // 16)) and not inflater.eof:
            taken += len(chunk)
            while chunk:
                data += inflater.decompress(chunk, _CHUNK * 4)
                chunk = inflater.unconsumed_tail
                if len(data) > limits.MAX_INFLATED_BYTES:
                    raise too_large(name, len(data), limits.MAX_INFLATED_BYTES)
                check_ratio(name, len(data), taken)
    except zlib.error as error:
        raise Damaged(f"{name} is damaged: its packed part cannot be unpacked.", "Export it again.") from error
    return bytes(data)


def too_large(name: str, size: int, limit: int) -> Refused:
    """The error for what is above a limit in bytes."""
    return Refused(
        f"{name} is larger than the program reads ({size // limits.MIB} of at most {limit // limits.MIB} MB).",
        "Export the lumbar series alone.",
    )


def unreadable_file(name: str, error: OSError) -> ReadingError:
    """The error for a file or folder that the system does not hand out."""
    if isinstance(error, FileNotFoundError):
        return ReadingError(f"{name} is not there.", "Check the path, or plug the drive in again.")
    if isinstance(error, PermissionError):
        return ReadingError(f"{name} may not be opened.", "Ask for the right to read it, or copy it elsewhere.")
    return ReadingError(f"{name} cannot be read ({error.strerror or type(error).__name__}).", "Copy it to this PC.")
