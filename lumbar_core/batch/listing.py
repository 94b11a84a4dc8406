"""Which examinations lie below a folder: folder by folder, here or on the machines of a cluster.

An archive may hold more files than are read at once (`reading.limits.MAX_FILES`). Folder by folder gives the same tasks
as all at once: what may belong together across folders is read together after all. Of a folder come back its tasks,
which are paths, and marks: digests, keyed anew for every run, by which studies and patients that two folders share are
known without being named. (Only a link from one of the folders into another is not followed.)
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lumbar_core.batch.task import Task, study_tasks
from lumbar_core.errors import ReadingError

Show = Callable[[int, int], None]
ListFolders = Callable[[Sequence[Path], Path, bytes], Iterator[tuple[Path, "Listing"]]]


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies below one folder.

    studies, patients: marks of those that its images name. unsure: of patients with images that leave out the study or
    the patient's ID, and may belong to an examination elsewhere. nameless: whether images tell neither.
    """

    tasks: tuple[Task, ...]
    studies: frozenset[str]
    patients: frozenset[str]
    unsure: frozenset[str]
    nameless: bool


def find_studies(root: Path, show: Show, list_folders: ListFolders) -> list[Task]:
    """Every examination below `root`. Raises ReadingError where there is nothing at all."""
    top, folders = _folders(root) if root.is_dir() else (root, [])
    if len(folders) < 2:
        return _tasks([root], root, show, frozenset())
    secret = secrets.token_bytes(32)
    listed: dict[Path, Listing] = {}
    for folder, listing in list_folders(folders, root, secret):
        listed[folder] = listing
        show(len(listed), len(folders))
    if any(listing.nameless for listing in listed.values()):
        return _tasks([root], root, show, frozenset())
    groups = _together([listed[folder] for folder in folders])
    crowded = frozenset({top} if len(groups) > 1 else ())
    tasks: list[Task] = []
    for group in groups:
        if len(group) == 1:
            tasks += listed[folders[group[0]]].tasks
        else:
            tasks += _tasks([folders[index] for index in group], root, lambda *_: None, crowded)
    return tasks


def list_here(folders: Sequence[Path], root: Path, secret: bytes) -> Iterator[tuple[Path, Listing]]:
    """What lies below each of the folders, in this process."""
    for folder in folders:
        yield folder, list_folder(folder, root, secret)


def list_folder(folder: Path, root: Path, secret: bytes) -> Listing:
    """What lies below one folder of `root`. secret: the run's, for the marks."""
    from lumbar_core.reading.choice import read_choice
    from lumbar_core.reading.partition import plain
    from lumbar_core.reading.studies import each_study

    choice = read_choice([folder], None, None)
    studies, patients, unsure, nameless = set[str](), set[str](), set[str](), False
    for record in choice.records:
        if record.picture:
            continue
        study, patient = record.identity.study_uid, plain(record.identity.patient_id)
        known = {_mark(secret, "patient", each) for each in (patient, plain(record.identity.patient_name)) if each}
        nameless = nameless or not (study or known)
        patients |= known
        if study:
            studies.add(_mark(secret, "study", study))
        if not (study and patient):
            unsure |= known
    failures = [failure.to_unreadable() for failure in choice.failures]
    tasks = study_tasks(root, each_study(choice)) if choice.records else study_tasks(root, (), failures)
    return Listing(tuple(tasks), frozenset(studies), frozenset(patients), frozenset(unsure), nameless)


def _tasks(paths: Sequence[Path], root: Path, show: Show, crowded: frozenset[Path]) -> list[Task]:
    from lumbar_core.reading import read_studies
    from lumbar_core.reading.choice import read_choice

    try:
        return study_tasks(root, read_studies(paths, show), crowded=crowded)
    except ReadingError:  # nothing at all can be read; each file is told with its own reason
        choice = read_choice(paths, show, None)
        if not choice.failures:
            raise
        return study_tasks(root, (), [failure.to_unreadable() for failure in choice.failures])


def _folders(root: Path) -> tuple[Path, list[Path]]:
    """The folder that branches, and its branches; none where files lie beside them, which may belong to any."""
    from lumbar_core.reading.find import is_litter

    top = root
    while True:
        try:
            with os.scandir(top) as entries:
                inside = sorted((entry for entry in entries if not is_litter(entry.name)), key=lambda entry: entry.name)
        except OSError:  # reading it will say why
            return top, []
        if any(not entry.is_dir() for entry in inside):
            return top, []
        folders = [Path(entry.path) for entry in inside if not entry.is_symlink()]
        if len(folders) != 1:
            return top, folders
        (top,) = folders


def _together(listings: Sequence[Listing]) -> list[list[int]]:
    """The folders by number, those that may share an examination in one group."""
    unsure = frozenset[str]().union(*(listing.unsure for listing in listings))
    group_of = list(range(len(listings)))
    first: dict[str, int] = {}
    for index, listing in enumerate(listings):
        for mark in listing.studies | (listing.patients & unsure):
            one, other = group_of[first.setdefault(mark, index)], group_of[index]
            if one != other:
                group_of = [min(one, other) if group in (one, other) else group for group in group_of]
    groups: dict[int, list[int]] = {}
    for index, group in enumerate(group_of):
        groups.setdefault(group, []).append(index)
    return list(groups.values())


def _mark(secret: bytes, kind: str, value: str) -> str:
    return hmac.digest(secret, f"{kind} {value}".encode(), "sha256").hex()[:32]
