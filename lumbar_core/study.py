"""What was read: images, series, the examination, and what could not be read.

Nothing here holds pixels. They are decoded late, by a `PixelReader`, only for what is used or shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import Orientation, Reason, Weighting
from lumbar_core.geometry import Plane

Pixels = NDArray[np.float32]  # (rows, columns), after rescale; MONOCHROME1 already inverted: high is bright


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that was left out, with the finding and what the user can do."""

    path: Path
    finding: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where one image's bytes lie.

    path:   the file on disk (the archive, for a member of a ZIP).
    member: name inside the ZIP, else None.
    frame:  0-based frame of a multi-frame file, page of a TIFF.
    """

    path: Path
    member: str | None = None
    frame: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """A display window: values from centre − width/2 to centre + width/2 span black to white."""

    centre: float
    width: float
    name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """One image: where its pixels lie, its place in the patient, its identifiers.

    plane:  None for pictures and for files without position.
    digest: SHA-256 (hex) of the stored pixel bytes; with series and SOP UID it tells images apart,
            because real files repeat SOP UIDs.
    """

    source: Source
    rows: int
    columns: int
    plane: Plane | None
    series_uid: str
    sop_uid: str
    instance_number: int | None
    frame_of_reference_uid: str
    digest: str
    windows: tuple[Window, ...] = ()


class KindBasis(StrEnum):
    """By what a series' plane and weighting are known."""

    NONE = "not yet recognised"
    HEADER = "the file's header"
    PIXELS = "the picture itself"
    USER = "the user"


@dataclass(frozen=True, slots=True)
class SeriesKind:
    """Plane and weighting of a series, and by what they are known."""

    orientation: Orientation
    weighting: Weighting
    basis: KindBasis


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why a series must not be graded: the code of the result file, and the words for people.

    instead: of a repeat, the id of the series that is used in its place. overruled: the note on the series ("" for
    none) once the user says what it is all the same; None where the file itself forbids grading.
    """

    code: Reason
    words: str
    instead: str | None = None
    overruled: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Parallel images of one acquisition, ordered along the normal (sagittal: from the patient's right to left
    where geometry is known; axial: from head to foot).

    id:               short name inside this study ("s1"), the only one that leaves without identity.
    slice_spacing_mm: between slice centres, measured; None for a single image or without geometry.
    gap_mm:           the widest distance, where a slice of a sagittal series seems to be missing; None elsewhere.
    excluded:         why this series must not be graded (scout, coronal, CT …), None when it may be.
    notes:            findings about the series that flag what is graded from it (post-contrast, metal …).
    """

    id: str
    series_uid: str
    description: str
    instances: tuple[Instance, ...]
    kind: SeriesKind
    slice_spacing_mm: float | None
    gap_mm: float | None = None
    excluded: Exclusion | None = None
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> str:
        """By what people tell it from others of its kind; its id stands nowhere but in the result file."""
        first, count = self.instances[0], len(self.instances)
        if count == 1:
            return f"1 slice of {first.rows} × {first.columns} pixels"
        return f"{count} slices of {first.rows} × {first.columns} pixels"

    @property
    def is_placed(self) -> bool:
        """Whether its files tell where its slices lie in the patient."""
        return all(instance.plane is not None for instance in self.instances)

    def with_kind(self, kind: SeriesKind) -> Series:
        """The same images under another plane or weighting."""
        return replace(self, kind=kind)


def missing_slice(gap_mm: float | None) -> tuple[str, ...]:
    """The note on a series with such a gap; none without one."""
    return () if gap_mm is None else (f"a slice seems to be missing between two others {gap_mm:.0f} mm apart",)


class InputKind(StrEnum):
    """What the user handed over (`input.kind` of the result file)."""

    STUDY = "study"
    SERIES = "series"
    SLICE = "slice"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class Identity:
    """Identifiers as the files hold them; None where a file has none. Leaves only with `--identity`."""

    patient_name: str | None = None
    patient_id: str | None = None
    birth_date: str | None = None
    study_date: str | None = None
    accession_number: str | None = None
    study_uid: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """One examination.

    root:       what the user asked for; paths in results are relative to it (to its folder, for a file).
    siblings:   further files of the same series lying beside a lone slice, not read ("load all").
    notes:      findings about the whole input that flag every finding.
    """

    root: Path
    kind: InputKind
    series: tuple[Series, ...]
    unreadable: tuple[Unreadable, ...]
    files_read: int
    identity: Identity
    siblings: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_lone_axial(self) -> bool:
        """Whether one axial slice is all that there is, so that nothing tells its level."""
        one = self.kind in (InputKind.PICTURE, InputKind.SLICE) and len(self.series) == 1
        return one and self.series[0].kind.orientation is Orientation.AXIAL

    def with_series(self, series: tuple[Series, ...]) -> Study:
        """The same study with its series replaced (recognised, or changed by the user)."""
        return replace(self, series=series)


class PixelReader(Protocol):
    """Decodes images; the decode process and the in-process reader of `batch` both are one."""

    def read(self, instance: Instance) -> Pixels:
        """The image's pixels. Raises ReadingError (Damaged, Refused) naming the file."""

    def close(self) -> None:
        """Stop decoding at once and release what is held; a later `read` raises Cancelled."""
