"""`read_study` and `read_studies`: from what the user chose to examinations, never two of them mixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lumbar_core.errors import Damaged, ReadingError, Refused, SeveralStudies, WrongFormat
from lumbar_core.reading.assemble import build_series
from lumbar_core.reading.choice import Cancelling, Choice, FirstSeries, ReadProgress, read_choice, shown_path
from lumbar_core.reading.find import Failure
from lumbar_core.reading.formats import ACCEPTED
from lumbar_core.reading.partition import split_studies
from lumbar_core.reading.records import ImageRecord
from lumbar_core.reading.series import drop_repeated
from lumbar_core.reading.siblings import find_siblings
from lumbar_core.study import Identity, InputKind, Series, Study


def read_study(
    paths: Sequence[Path],
    progress: ReadProgress | None = None,
    cancelled: Cancelling | None = None,
    *,
    look_beside: bool = False,
) -> Study:
    """The one examination that `paths` hold; pictures lying beside its DICOM images are left out and listed.

    progress(done, of) is told after each file, cancelled() is asked between files. look_beside: list the further
    files of a lone slice's series (`Study.siblings`), for which every file of its folder is opened.
    Raises WrongFormat, Damaged or Refused where nothing can be read, SeveralStudies, Cancelled.
    """
    return _the_one(read_choice(paths, progress, cancelled), look_beside, cancelled)


def read_studies(
    paths: Sequence[Path], progress: ReadProgress | None = None, cancelled: Cancelling | None = None
) -> tuple[Study, ...]:
    """Every examination below `paths`, each picture one of its own.

    A file that could not be read is listed with the examination nearest to it among the folders. Raises as
    `read_study`, but never SeveralStudies.
    """
    return each_study(read_choice(paths, progress, cancelled))


def read_chosen(
    paths: Sequence[Path], progress: ReadProgress, cancelled: Cancelling, first_series: FirstSeries
) -> tuple[Study, ...]:
    """The one examination as `read_study` gives it, with what lies beside a lone slice; of several, each.

    first_series is told the images of the first series, in their order, as soon as another begins. Raises as
    `read_study`, but never SeveralStudies.
    """
    choice = read_choice(paths, progress, cancelled, first_series)
    try:
        return (_the_one(choice, look_beside=True, cancelled=cancelled),)
    except SeveralStudies:
        return each_study(choice)


def each_study(choice: Choice) -> tuple[Study, ...]:
    """The examinations of a choice that is read. Raises ReadingError where nothing of it could be."""
    groups = split_studies(choice.records)
    if not groups:
        raise _nothing_read(choice)
    folders = [{shown_path(record.instance.source).parent for record in group} for group in groups]
    owned: list[list[Failure]] = [[] for _ in groups]
    for failure in choice.failures:
        nearest = max(range(len(groups)), key=lambda index: (_closeness(failure.path, folders[index]), -index))
        owned[nearest].append(failure)
    return tuple(_build_study(choice, group, failures) for group, failures in zip(groups, owned, strict=True))


def _the_one(choice: Choice, look_beside: bool, cancelled: Cancelling | None) -> Study:
    groups = split_studies(choice.records)
    if not groups:
        raise _nothing_read(choice)
    studies = [group for group in groups if not group[0].picture] or groups
    if len(studies) > 1:
        raise _several(studies)
    beside = [_left_picture(record) for group in groups if group is not studies[0] for record in group]
    study = _build_study(choice, studies[0], (*choice.failures, *beside))
    if not look_beside or study.kind is not InputKind.SLICE or choice.container:
        return study
    lone = study.series[0].instances[0]
    return replace(study, siblings=find_siblings(lone.source.path, lone.series_uid, cancelled))


def _closeness(path: Path, folders: set[Path]) -> int:
    """How many folders the file shares with the nearest of `folders`."""
    above = (path, *path.parents)
    return max(len(set(above) & {folder, *folder.parents}) for folder in folders)


def _build_study(choice: Choice, group: Sequence[ImageRecord], failures: Sequence[Failure]) -> Study:
    images = drop_repeated(group)
    series = build_series(images)
    return Study(
        root=choice.root,
        kind=_kind(choice, images, series),
        series=series,
        unreadable=tuple(failure.to_unreadable() for failure in failures),
        files_read=len({shown_path(record.instance.source) for record in group}),
        identity=_merge_identity(images),
    )


def _kind(choice: Choice, images: Sequence[ImageRecord], series: Sequence[Series]) -> InputKind:
    if images[0].picture:
        return InputKind.PICTURE
    if len(images) == 1:
        return InputKind.SLICE
    return InputKind.STUDY if choice.container or len(series) > 1 else InputKind.SERIES


def _merge_identity(images: Sequence[ImageRecord]) -> Identity:
    """The first value given for each field; the group agrees on patient and study by construction."""

    def first(field: str) -> str | None:
        return next((value for image in images if (value := getattr(image.identity, field))), None)

    return Identity(*(first(field) for field in Identity.__dataclass_fields__))


def _left_picture(record: ImageRecord) -> Failure:
    path = shown_path(record.instance.source)
    error = Refused(
        f"{path.name} is a picture beside DICOM images; it does not say whose it is, so it is left out.",
        "Open it alone to have it assessed.",
    )
    return Failure(path, error)


def _nothing_read(choice: Choice) -> ReadingError:
    """The error that says best why a choice gave nothing: of one kind if all failures are."""
    if not choice.failures:
        return WrongFormat(
            f"Wrong format: {choice.root.name or choice.root} holds no image that the program can read.",
            f"Accepted are {ACCEPTED}.",
        )
    first = choice.failures[0].error
    if len(choice.failures) == 1:
        return first
    kinds = {type(failure.error) for failure in choice.failures}
    kind = kinds.pop() if len(kinds) == 1 else next((one for one in (Refused, Damaged) if one in kinds), WrongFormat)
    said = next(failure.error for failure in choice.failures if isinstance(failure.error, kind))
    return kind(f"None of {len(choice.failures)} files could be read. {said.finding}", said.remedy)


def _several(groups: Sequence[Sequence[ImageRecord]]) -> SeveralStudies:
    if groups[0][0].picture:
        return SeveralStudies(
            f"{len(groups)} pictures were chosen, and pictures do not say whose they are.",
            "Choose one of them, or use `batch` for all.",
        )
    patients = {(group[0].identity.patient_id, group[0].identity.patient_name) for group in groups}
    of = f" of {len(patients)} patients" if len(patients) > 1 else ""
    return SeveralStudies(
        f"{len(groups)} examinations{of} were chosen; they are never mixed.",
        "Choose one of them, or use `batch` for all.",
    )
