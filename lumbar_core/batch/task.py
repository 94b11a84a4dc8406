"""What one line of `results.jsonl` will stand for, as it travels to a worker: a JSON object, no pickle."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from os.path import commonpath
from pathlib import Path

from lumbar_core.batch.fingerprint import fingerprint
from lumbar_core.report.result import BatchInput, UnreadableFile
from lumbar_core.study import InputKind, Source, Study, Unreadable

_PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp"})
_LITTER = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


@dataclass(frozen=True, slots=True)
class Task:
    """One picture or examination.

    path:       `input.path` of its line: relative to the batch's input, and unlike every other task's.
    root:       what paths in the result are relative to.
    files:      the files and archives to read; empty where nothing of it could be read.
    member:     a file of this examination as "path/member", to tell it from others in the same archive.
    unreadable: found already while grouping.
    listed_as:  "pictures" or "studies", as it was asked for.
    digest:     of its files; empty where they have not been read yet.
    folder:     keyed hash of the batch's input; empty until the machine that holds the key has set it.
    """

    path: str
    root: str
    kind: InputKind
    files: tuple[str, ...]
    member: str
    unreadable: tuple[UnreadableFile, ...]
    listed_as: str = "pictures"
    digest: str = ""
    folder: str = ""

    @property
    def batch(self) -> BatchInput:
        """What its line says of it."""
        return BatchInput(self.listed_as, self.folder, self.digest)

    def fingerprinted(self) -> Task:
        """The same with its digest, for which its files are read where that has not been done."""
        if self.digest:
            return self
        base = Path(self.root)
        own = [_relative(Path(place), base) for place in (*self.files, self.member)]
        return replace(self, digest=fingerprint([*own, *(file.path for file in self.unreadable)], base))

    def to_bytes(self) -> bytes:
        """For the pipe."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Task:
        """From the pipe."""
        fields = json.loads(data)
        return cls(
            path=fields["path"],
            root=fields["root"],
            kind=InputKind(fields["kind"]),
            files=tuple(fields["files"]),
            member=fields["member"],
            unreadable=tuple(UnreadableFile(**file) for file in fields["unreadable"]),
            listed_as=fields["listed_as"],
            digest=fields["digest"],
            folder=fields["folder"],
        )


def picture_tasks(root: Path, leave_out: Path) -> list[Task]:
    """Every file below `root` (or `root` itself, a file), but nothing below `leave_out`."""
    base = _base(root)
    files = [root] if root.is_file() else sorted(_files_below(root, leave_out.resolve()))
    return [Task(_relative(file, base), str(base), InputKind.PICTURE, (str(file),), str(file), ()) for file in files]


def study_tasks(
    root: Path,
    studies: Sequence[Study],
    unreadable: Sequence[Unreadable] = (),
    *,
    crowded: frozenset[Path] = frozenset(),
) -> list[Task]:
    """One task an examination. What could not be read and belongs to none of them has tasks of its own.

    unreadable: what reading found beside what the studies tell. crowded: folders that hold other examinations too.
    """
    base = _base(root)
    shared = _shared_places(studies) | crowded
    tasks, strays = [], list(unreadable)
    for study in studies:
        sources = [instance.source for series in study.series for instance in series.instances]
        own = [file for file in study.unreadable if sources and _belongs(file, study, sources, shared)]
        strays += [file for file in study.unreadable if file not in own]
        if sources:
            tasks.append(_study_task(study, sources, own, base, shared))
    # What a study's files hold was read just now, maybe on another machine: here and now they are cheap to read again.
    return [task.fingerprinted() for task in (*tasks, *_stray_tasks(strays, base, shared))]


def _belongs(file: Unreadable, study: Study, sources: Sequence[Source], shared: set[Path]) -> bool:
    """Whether an unreadable file lies in the folder or archive that an examination has to itself."""
    folder = _common_folder(sources)
    return study.kind is not InputKind.PICTURE and folder not in shared and file.path.is_relative_to(folder)


def _stray_tasks(strays: Sequence[Unreadable], base: Path, shared: set[Path]) -> list[Task]:
    """Unreadable pictures one by one; other files of one folder together, for they were one examination."""
    together: dict[Path, list[Unreadable]] = {}
    for file in strays:
        folder = file.path.parent
        alone = file.path.suffix.lower() in _PICTURE_SUFFIXES or folder in shared or folder == base
        together.setdefault(file.path if alone else folder, []).append(file)
    return [
        Task(
            path=_relative(place, base),
            root=str(base),
            kind=InputKind.PICTURE if place.suffix.lower() in _PICTURE_SUFFIXES else InputKind.STUDY,
            files=(),
            member=str(place),
            unreadable=tuple(_unreadable(file, base) for file in files),
            listed_as="studies",
        )
        for place, files in together.items()
    ]


def shown(source: Source) -> Path:
    """An image's file; a member of an archive stands below its archive."""
    return source.path / source.member if source.member else source.path


def _base(root: Path) -> Path:
    return root.parent if root.is_file() else root


def _files_below(root: Path, leave_out: Path) -> Iterable[Path]:
    for path in root.rglob("*"):
        parts = path.relative_to(root).parts
        litter = any(part.startswith(".") or part.lower() in _LITTER for part in parts)
        if not litter and path.is_file() and leave_out not in path.resolve().parents:
            yield path


def _study_task(
    study: Study, sources: Sequence[Source], unreadable: Sequence[Unreadable], base: Path, shared: set[Path]
) -> Task:
    places = sorted(map(shown, sources))
    folder = _common_folder(sources)
    place = folder if len(places) > 1 and folder not in shared else places[0]
    return Task(
        path=_relative(place, base),
        root=str(base),
        kind=study.kind,
        files=tuple(sorted({str(source.path) for source in sources})),
        member=str(places[0]),
        unreadable=tuple(_unreadable(file, base) for file in unreadable),
        listed_as="studies",
    )


def _common_folder(sources: Sequence[Source]) -> Path:
    """The deepest folder, or the archive, that holds every image."""
    containers = [source.path if source.member else source.path.parent for source in sources]
    return Path(commonpath(containers))


def _shared_places(studies: Sequence[Study]) -> set[Path]:
    """The folders and archives that hold images of more than one examination."""
    owners: Counter[Path] = Counter()
    for study in studies:
        sources = [instance.source for series in study.series for instance in series.instances]
        owners.update({folder for source in sources for folder in (source.path, *source.path.parents)})
    return {folder for folder, count in owners.items() if count > 1}


def _unreadable(file: Unreadable, base: Path) -> UnreadableFile:
    return UnreadableFile(_relative(file.path, base), file.finding, file.remedy)


def _relative(path: Path, base: Path) -> str:
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else path.name
