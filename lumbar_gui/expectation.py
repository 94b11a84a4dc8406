"""What will be assessed, and for what each series will be used, told before anything is graded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lumbar_core.anatomy import USED_ON, Condition, Orientation, Reason, Weighting
from lumbar_core.study import Exclusion, InputKind, KindBasis, Series, SeriesKind, Study

if TYPE_CHECKING:
    from lumbar_core.inference.packs import PackSet

PURPOSE: dict[Condition, str] = {
    Condition.SPINAL_CANAL_STENOSIS: "canal stenosis",
    Condition.NEURAL_FORAMINAL_NARROWING: "foraminal narrowing, left and right",
    Condition.SUBARTICULAR_STENOSIS: "lateral recess stenosis, left and right",
}
WHOLE: dict[Condition, str] = {  # the recess with the name that a report may give it
    Condition.SPINAL_CANAL_STENOSIS: "Canal, five levels",
    Condition.NEURAL_FORAMINAL_NARROWING: "Foramina, left and right",
    Condition.SUBARTICULAR_STENOSIS: "Lateral (subarticular) recesses, left and right",
}
SHORT: dict[Condition, str] = {
    Condition.SPINAL_CANAL_STENOSIS: "Canal",
    Condition.NEURAL_FORAMINAL_NARROWING: "Foramina",
    Condition.SUBARTICULAR_STENOSIS: "Lateral recesses",
}
NO_SIDES = "without a sagittal T2 left and right cannot be told"
NO_LEVEL = "without a sagittal T2 the level of an axial slice cannot be told"
NO_PLACE = "the files do not tell where their slices lie"
_WHOLE_STUDY = "Open the folder of the whole study, with its sagittal T2, for"
LEFT_OUT = Exclusion(Reason.NO_SERIES, "left out by you", overruled="")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

# What a user can say a series is: words, plane, weighting.
ROLES: tuple[tuple[str, Orientation, Weighting], ...] = (
    ("Sagittal T1", Orientation.SAGITTAL, Weighting.T1),
    ("Sagittal T2", Orientation.SAGITTAL, Weighting.T2),
    ("Sagittal STIR", Orientation.SAGITTAL, Weighting.STIR),
    ("Axial T1", Orientation.AXIAL, Weighting.T1),
    ("Axial T2", Orientation.AXIAL, Weighting.T2),
)
NOT_USED = "Do not use"


@dataclass(frozen=True, slots=True)
class Expected:
    """Whether one kind of structure will be assessed, and the sentence that says so."""

    condition: Condition
    will: bool
    sentence: str


def packed_conditions(packs: PackSet) -> frozenset[Condition]:
    """The conditions for which a grading pack is installed."""
    return frozenset(condition for condition in Condition if packs.grader(condition) is not None)


def packed_for_axial(packs: PackSet) -> frozenset[Condition]:
    """The conditions graded on sagittal slices that axial ones add to."""
    return frozenset(each for each in packed_conditions(packs) if packs.second_grader(each) is not None)


def used_for(
    series: Series, packed: Iterable[Condition], on_axial_too: Iterable[Condition] = ()
) -> tuple[Condition, ...]:
    """The conditions that a series can serve with the packs at hand; on_axial_too: those of `packed_for_axial`."""
    if series.excluded:
        return ()
    serves = {condition for condition in packed if _suits(series, condition)}
    if (series.kind.orientation, series.kind.weighting) == (Orientation.AXIAL, Weighting.T2):
        serves |= set(on_axial_too)
    return tuple(condition for condition in Condition if condition in serves)


def expectations(
    study: Study, packed: frozenset[Condition], on_axial_too: frozenset[Condition] = frozenset()
) -> tuple[Expected, ...]:
    """One sentence per condition."""
    if study.is_lone_axial and _has_series(study, Condition.SUBARTICULAR_STENOSIS):
        return tuple(_expected_alone(study, condition, packed, on_axial_too) for condition in Condition)
    return tuple(_expected(study, condition, packed) for condition in Condition)


def _expected_alone(
    study: Study, condition: Condition, packed: frozenset[Condition], on_axial_too: frozenset[Condition]
) -> Expected:
    """Of one axial T2 slice."""
    if condition in on_axial_too or (condition is Condition.SUBARTICULAR_STENOSIS and condition in packed):
        shown = f"where this picture shows {_pronoun(condition)} surely"
        return Expected(condition, True, f"{SHORT[condition]}, {shown}; level unknown")
    if condition is Condition.SPINAL_CANAL_STENOSIS and condition in packed:
        return Expected(
            condition, False, f"{SHORT[condition]}: not assessed, no pack for it on axial slices is installed"
        )
    return _expected(study, condition, packed)


def _expected(study: Study, condition: Condition, packed: frozenset[Condition]) -> Expected:
    name = SHORT[condition]
    if condition not in packed:
        return Expected(condition, False, f"{name}: not assessed, no pack for it is installed")
    if not _has_series(study, condition):
        orientation, weightings = USED_ON[condition]
        wanted = f"{orientation.value} {' or '.join(weightings)}"
        return Expected(condition, False, f"{name}: not assessed, there is no {wanted}")
    if condition is Condition.SUBARTICULAR_STENOSIS and not _has_series(study, Condition.SPINAL_CANAL_STENOSIS):
        return Expected(condition, False, f"{name}: not assessed, {NO_LEVEL}")
    if study.kind in (InputKind.PICTURE, InputKind.SLICE):
        return Expected(condition, True, f"{name}, where this picture shows {_pronoun(condition)}")
    if condition is Condition.NEURAL_FORAMINAL_NARROWING and not _has_series(study, Condition.SPINAL_CANAL_STENOSIS):
        return Expected(condition, False, f"{name}: not assessed, {NO_SIDES}")
    if not _is_placed(study, condition):
        return Expected(condition, False, f"{name}: not assessed, {NO_PLACE}")
    return Expected(condition, True, WHOLE[condition])


def _pronoun(condition: Condition) -> str:
    return "it" if condition is Condition.SPINAL_CANAL_STENOSIS else "them"


def beside_words(study: Study) -> tuple[str, str | None]:
    """What the slices beside a lone one would add, and the words of the button that loads them; None for no button.

    Of a T1 or an axial series without its study nothing is graded: only a sagittal T2 tells sides and levels.
    """
    words = f"{len(study.siblings)} more slices of it lie in the same folder."
    if _has_series(study, Condition.SPINAL_CANAL_STENOSIS):
        more = "With all of them each level of the canal is graded on the slices through its middle."
        return f"{words} {more} {_WHOLE_STUDY} foramina and recesses.", "Load all (recommended)"
    if _has_series(study, Condition.NEURAL_FORAMINAL_NARROWING):
        return f"{words} Alone they do not tell left from right. {_WHOLE_STUDY} that.", None
    if _has_series(study, Condition.SUBARTICULAR_STENOSIS):
        return f"{words} Alone they do not tell their level. {_WHOLE_STUDY} that.", None
    return words, "Load all"


def _has_series(study: Study, condition: Condition) -> bool:
    return bool(_series_for(study, condition))


def _series_for(study: Study, condition: Condition) -> list[Series]:
    return [series for series in study.series if not series.excluded and _suits(series, condition)]


def _is_placed(study: Study, condition: Condition) -> bool:
    """Whether a structure's sides and levels can be told from where it and the canal lie; that itself has no side."""
    needed = {Condition.SPINAL_CANAL_STENOSIS, condition} if condition is not Condition.SPINAL_CANAL_STENOSIS else ()
    return all(any(series.is_placed for series in _series_for(study, each)) for each in needed)


def _suits(series: Series, condition: Condition) -> bool:
    orientation, weightings = USED_ON[condition]
    return series.kind.orientation is orientation and series.kind.weighting in weightings


def series_title(series: Series) -> str:
    """Plane and weighting in the user's words."""
    kind = series.kind
    if kind.orientation is Orientation.UNKNOWN:
        return "Not recognised"
    weighting = "" if kind.weighting is Weighting.UNKNOWN else f" {kind.weighting.value}"
    return f"{kind.orientation.value.capitalize()}{weighting}"


def series_slices(series: Series) -> str:
    """Number and spacing of the slices, and by what plane and weighting are known."""
    count = len(series.instances)
    one = "1 picture" if series.instances[0].plane is None else "1 slice"
    words = one if count == 1 else f"{count} slices"
    if series.slice_spacing_mm is not None:
        whole = ", in order" if series.gap_mm is None else f" but for a gap of {series.gap_mm:.0f} mm"
        words += f", {series.slice_spacing_mm:.1f} mm apart{whole}"
    known = {KindBasis.PIXELS: " · known from the picture itself", KindBasis.USER: " · set by you"}
    return words + known.get(series.kind.basis, "")


def series_use(
    study: Study, series: Series, packed: Iterable[Condition], on_axial_too: Iterable[Condition] = ()
) -> tuple[bool, str]:
    """Whether a series of the study will be used, and for what or why not."""
    if series.excluded:
        return False, f"not used: {series.excluded.words.rstrip('. ')}"
    used = used_for(series, packed, on_axial_too)
    if used:
        return _use(study, series, used)
    if series.kind.orientation is Orientation.UNKNOWN:
        return False, "not used: plane and weighting are not known; say what it is under Change…"
    if not any(_suits(series, condition) for condition in Condition):
        return False, "not used: nothing is graded on this kind of series"
    return False, "not used: no pack for it is installed"


def _use(study: Study, series: Series, used: tuple[Condition, ...]) -> tuple[bool, str]:
    """Of a series that there are packs for."""
    words = f"will be used for {' and '.join(PURPOSE[condition] for condition in used)}"
    if study.is_lone_axial:
        return True, f"{words}, level unknown"
    if _has_series(study, Condition.SPINAL_CANAL_STENOSIS):
        placed = any(_is_placed(study, condition) for condition in used if _suits(series, condition))
        return (True, words) if placed else (False, f"not used: {NO_PLACE}")
    if series.kind.orientation is Orientation.AXIAL:
        return False, f"not used: {NO_LEVEL}"
    if used == (Condition.NEURAL_FORAMINAL_NARROWING,):
        if study.kind not in (InputKind.PICTURE, InputKind.SLICE):
            return False, f"not used: {NO_SIDES}"
        return True, "will be used for foraminal narrowing, side unknown"
    return True, words


def with_role(series: Series, role: str) -> Series:
    """The series as the user says it is: one of ROLES' words, or NOT_USED."""
    overruled = series.excluded.overruled if series.excluded else None
    if role == NOT_USED:
        # What it looked like still holds if the user takes it after all.
        return replace(series, excluded=replace(LEFT_OUT, overruled=overruled or ""))
    orientation, weighting = next((o, w) for words, o, w in ROLES if words == role)
    notes = dict.fromkeys((*series.notes, *([overruled] if overruled else ())))
    kind = SeriesKind(orientation, weighting, KindBasis.USER)
    return replace(series, kind=kind, excluded=None, notes=tuple(notes))


def may_change(series: Series) -> bool:
    """Whether the user may say what a series is: not where the file itself forbids grading (CT, scout)."""
    return series.excluded is None or series.excluded.overruled is not None


def can_be_graded(study: Study) -> bool:
    """Whether at least one series may be graded; an examination of scouts only may not."""
    return any(series.instances and not series.excluded for series in study.series)


def study_title(study: Study) -> str:
    """What was chosen, without identity: "Study of 3 series, 96 images"."""
    images = sum(len(series.instances) for series in study.series)
    match study.kind:
        case InputKind.PICTURE:
            return "One picture" if images == 1 else f"{images} pictures"
        case InputKind.SLICE:
            return "One slice"
        case InputKind.SERIES:
            return f"Series of {images} images"
        case InputKind.STUDY:
            return f"Study of {len(study.series)} series, {images} images"


def readable_date(date: str | None) -> str:
    """A DICOM date as a person writes it: "3 May 2024"; anything else as it stands."""
    if date is None or len(date) != 8 or not date.isdigit() or not 1 <= int(date[4:6]) <= 12:
        return date or ""
    return f"{int(date[6:])} {MONTHS[int(date[4:6]) - 1]} {date[:4]}"
