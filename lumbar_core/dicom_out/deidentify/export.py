"""An examination without identity, in a folder of its own: all of it, or nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from lumbar_core.dicom_out.deidentify.admit import UNKNOWN_BURNED_IN, admit_picture
from lumbar_core.dicom_out.deidentify.file import deidentify_file
from lumbar_core.dicom_out.deidentify.profile import Option
from lumbar_core.dicom_out.deidentify.pseudonyms import Pseudonyms, new_key
from lumbar_core.errors import Cancelled, ReadingError, Refused, SavingError
from lumbar_core.reading.choice import shown_path
from lumbar_core.reading.decoding import DecodeProcess
from lumbar_core.reading.source import Opener, display_name
from lumbar_core.report.leftovers import PREFIX
from lumbar_core.report.save import save, saving_error, unused
from lumbar_core.study import InputKind, Instance, PixelReader, Source, Study, Unreadable

# Numbers of series that have none: they come last in every list, as they did.
_BEHIND_OTHERS = 9000
Progress = Callable[[int, int], None]
AskCancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    folder:   the new folder, named by a keyed hash.
    files:    how many images' files are in it.
    left_out: files of the examination that are not, each with the reason.
    notes:    what the user has to know before the copy is passed on.
    """

    folder: Path
    files: int
    left_out: tuple[Unreadable, ...]
    notes: tuple[str, ...]


def deidentify(
    study: Study,
    folder: Path,
    key: bytes | None = None,
    options: frozenset[Option] = frozenset(),
    progress: Progress | None = None,
    cancelled: AskCancelled | None = None,
) -> Exported:
    """Write a copy of the study's MR images into a new folder below `folder`.

    key: None for a new one that nobody keeps; with the same key, identifiers of different exports fit together.
    progress(done, of) is told after each file, cancelled() is asked between files; nothing is left then.
    Raises SavingError where nothing can be written, Refused where no file may be exported, Cancelled.
    """
    _check(study, folder)
    identity = study.identity
    names = Pseudonyms(key or new_key(), identity.patient_id or identity.patient_name or "")
    target = unused(folder / f"study-{names.word(identity.study_uid or '').lower()}")
    files = _files(study)
    left_out: list[Unreadable] = []
    written = say_clean = 0
    with _all_or_nothing(target) as place, closing(Opener()) as opener, closing(DecodeProcess()) as reader:
        for done, file in enumerate(files, start=1):
            if cancelled is not None and cancelled():
                raise Cancelled
            try:
                with opener.open(file.source) as stream:
                    made = deidentify_file(stream, display_name(file.source), names, options, file.series_number)
                if not made.says_clean:
                    _look_at(file, reader)
            except ReadingError as error:
                left_out.append(Unreadable(shown_path(file.source), error.finding, error.remedy))
            else:
                (place / file.name).parent.mkdir(exist_ok=True)
                save(place / file.name, made.data)
                written, say_clean = written + 1, say_clean + made.says_clean
            if progress is not None:
                progress(done, len(files))
        if not written:
            raise Refused(f"None of {len(left_out)} files may be exported. {left_out[0].finding}", left_out[0].remedy)
    notes = () if say_clean == written else (UNKNOWN_BURNED_IN,)
    return Exported(target, written, (*study.unreadable, *left_out), notes)


def _check(study: Study, folder: Path) -> None:
    if study.kind is InputKind.PICTURE:
        raise Refused("A picture has no header that could be de-identified.", "Choose a DICOM examination.")
    if not folder.is_dir():
        raise SavingError(f"The folder “{folder}” is not there.", "Make it first, or choose another.")
    if study.root.is_dir() and folder.resolve().is_relative_to(study.root.resolve()):
        raise SavingError(
            "The copy would lie among the examination's own files, where nobody could tell which is which.",
            "Choose a folder outside it.",
        )


@dataclass(frozen=True, slots=True)
class _File:
    """One file and its new name: numbers in the order of series and slices, nothing of the old one.

    images: what it holds of the study.
    """

    source: Source
    images: tuple[Instance, ...]
    name: Path
    series_number: int


def _files(study: Study) -> list[_File]:
    """Each file once, however many images it holds."""
    images: dict[tuple[Path, str | None], list[Instance]] = {}
    for instance in (each for series in study.series for each in series.instances):
        images.setdefault((instance.source.path, instance.source.member), []).append(instance)
    found: list[_File] = []
    seen: set[tuple[Path, str | None]] = set()
    for index, series in enumerate(study.series, start=1):
        sources = dict.fromkeys((instance.source.path, instance.source.member) for instance in series.instances)
        for number, (path, member) in enumerate((one for one in sources if one not in seen), start=1):
            name = Path(f"series-{index:02d}") / f"{number:04d}.dcm"
            found.append(_File(Source(path, member), tuple(images[path, member]), name, _BEHIND_OTHERS + index))
        seen |= set(sources)
    return found


def _look_at(file: _File, reader: PixelReader) -> None:
    """Raises Refused where letters show in one of its images, ReadingError where one cannot be looked at."""
    for image in file.images:
        admit_picture(reader.read(image), display_name(file.source))


@contextmanager
def _all_or_nothing(target: Path) -> Iterator[Path]:
    """A folder that gets its name when the block ends without error, and is gone when it does not."""
    try:
        place = Path(tempfile.mkdtemp(prefix=PREFIX, dir=target.parent))
    except OSError as error:
        raise saving_error(target, error) from error
    try:
        yield place
        place.chmod(0o755)
        place.rename(target)
    except OSError as error:
        raise saving_error(target, error) from error
    finally:
        shutil.rmtree(place, ignore_errors=True)
