"""What the user chose, read file by file: images, and failures with their typed errors."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lumbar_core.errors import Cancelled, Damaged, ReadingError, WrongFormat
from lumbar_core.reading.dicom.directory import read_directory
from lumbar_core.reading.find import Failure, find_files
from lumbar_core.reading.formats import ACCEPTED, ACCEPTED_SUFFIXES
from lumbar_core.reading.images import read_file
from lumbar_core.reading.records import ImageRecord
from lumbar_core.reading.source import Opener, display_name
from lumbar_core.study import Instance, Source

ReadProgress = Callable[[int, int], None]
FirstSeries = Callable[[tuple[Instance, ...]], None]
Cancelling = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Choice:
    """Everything below the chosen paths, not yet divided into examinations.

    root:      the one path, or the folder that all have in common.
    container: whether a folder, an archive or an index was among them.
    """

    root: Path
    container: bool
    records: tuple[ImageRecord, ...]
    failures: tuple[Failure, ...]


def read_choice(
    paths: Sequence[Path],
    progress: ReadProgress | None,
    cancelled: Cancelling | None,
    first_series: FirstSeries | None = None,
) -> Choice:
    """Read every header. Raises WrongFormat for an empty choice, and Cancelled.

    first_series is told once, as soon as the files go on to another series, so that there is something to look at.
    """
    if not paths:
        raise WrongFormat("Nothing was chosen.", f"Accepted are {ACCEPTED}.")
    paths, asked = [Path(path) for path in paths], cancelled or _never
    found = find_files(paths, read_directory, asked)
    records: list[ImageRecord] = []
    failures = list(found.failures)
    watch = _Watch(first_series)
    with closing(Opener()) as opener:
        for done, source in enumerate(found.sources, start=1):
            if asked():
                raise Cancelled
            try:
                records += read_file(source, opener)
            except ReadingError as error:
                if source in found.explicit or is_meant(source, error):
                    failures.append(Failure(shown_path(source), error))
            watch.look_at(records)
            if progress is not None:
                progress(done, len(found.sources))
    return Choice(_root_of(paths), found.containers > 0, tuple(records), tuple(failures))


class _Watch:
    """Tells the first series among the records once the next one has begun."""

    def __init__(self, tell: FirstSeries | None) -> None:
        self._tell = tell

    def look_at(self, records: Sequence[ImageRecord]) -> None:
        if self._tell is None or not records or not (first := records[0].instance.series_uid):
            return
        if records[-1].instance.series_uid != first:
            images = [record.instance for record in records if record.instance.series_uid == first]
            self._tell(tuple(sorted(images, key=lambda image: image.instance_number or 0)))
            self._tell = None


def _never() -> bool:
    return False


def _root_of(paths: Sequence[Path]) -> Path:
    if len(paths) == 1:
        return paths[0]
    try:
        return Path(os.path.commonpath([path.absolute() for path in paths]))
    except ValueError:  # different drives
        return paths[0].parent


def is_meant(source: Source, error: ReadingError) -> bool:
    """Whether a file met in a folder or archive is worth a word: not a viewer's program, help page or empty flag."""
    named_so = PurePosixPath(display_name(source)).suffix.lower() in ACCEPTED_SUFFIXES
    if isinstance(error, WrongFormat):
        return named_so
    return named_so or not isinstance(error, Damaged) or not _is_empty(source)


def _is_empty(source: Source) -> bool:
    return source.member is None and source.path.exists() and source.path.stat().st_size == 0


def shown_path(source: Source) -> Path:
    """The path by which messages and results name a file: a member stands below its archive."""
    return source.path / source.member if source.member else source.path
