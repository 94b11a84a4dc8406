"""StudyResult: what one analysis says, as plain values; the result file is its JSON (DESIGN.md §5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from lumbar_core.anatomy import STUDY_TARGETS, Condition, Level, Reason, Severity, Side, Target
from lumbar_core.choices import Choices
from lumbar_core.report.language import marked
from lumbar_core.study import Identity, InputKind

SCHEMA = "lumbar-result/1"

# The intended use, shown wherever the program speaks (DESIGN.md §1).
INTENDED_USE = marked("Research and quality work; not a medical device; findings need a doctor's reading.")

NOT_LOOKED_FOR: tuple[str, ...] = (
    marked("fracture"),
    marked("tumour"),
    marked("infection"),
    marked("conus and cord"),
    marked("cysts"),
    marked("herniation type"),
    marked("slip"),
    marked("post-operative change"),
)

Alternative = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Location:
    """Where a finding lies: pixels of the original file, right and down, first pixel's centre = 0.

    file: relative to the input; a member of an archive as "archive.zip/member".
    """

    series: str
    file: str
    frame: int
    column: float
    row: float
    patient_mm: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class ReaderMark:
    """What the reader said of a finding.

    status: "agreed", "changed" or "cannot_judge"; grade: the reader's; was: the program's.
    """

    status: str
    grade: Severity | None
    was: Severity | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One structure of the result: graded, or not assessed with its reason.

    viewed: whether the slice that it stands on was shown to the reader.
    own:    where the reader put its point elsewhere and it was graded there: the finding as the program had it.
    """

    condition: Condition
    side: Side | None
    image_side: Side | None
    level: Level
    assessed: bool
    reason_code: Reason | None
    reason: str
    grade: Severity | None
    probabilities: tuple[float, float, float] | None
    worst_view: Severity | None
    check: bool
    check_reasons: tuple[str, ...]
    borderline: bool
    location: Location | None
    evidence: tuple[Location, ...]
    reader: ReaderMark | None = None
    viewed: bool = False
    own: Finding | None = None

    @classmethod
    def without_grade(cls, target: Target, code: Reason | None, reason: str) -> Finding:
        """A structure that was not assessed, and why; in words alone where no reason of the result file fits."""
        return cls(
            condition=target.condition,
            side=target.side,
            image_side=target.image_side,
            level=target.level,
            assessed=False,
            reason_code=code,
            reason=reason,
            grade=None,
            probabilities=None,
            worst_view=None,
            check=False,
            check_reasons=(),
            borderline=False,
            location=None,
            evidence=(),
        )

    @property
    def key(self) -> tuple[Condition, Side | None, Side | None, Level]:
        """What tells this finding from the others of one result."""
        return self.condition, self.side, self.image_side, self.level

    @property
    def touched(self) -> bool:
        """Whether the reader marked it or put its point elsewhere."""
        return self.reader is not None or self.own is not None

    @property
    def confirmed(self) -> bool:
        """Whether the reader marked what was on the screen; of what has no place there is nothing to show."""
        return self.reader is not None and (self.viewed or self.location is None)

    @property
    def is_to_check(self) -> bool:
        """Whether it is flagged and the reader has not marked it yet."""
        return self.check and self.reader is None

    @property
    def not_judged(self) -> bool:
        """Whether the program graded it and the reader cannot judge it."""
        return self.assessed and self.reader is not None and self.reader.status == "cannot_judge"

    @property
    def shown_grade(self) -> Severity | None:
        """The grade to show: the reader's where there is a mark (None: cannot judge), else the program's."""
        return self.grade if self.reader is None else self.reader.grade


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measured length or area; none are made by the first packs."""

    name: str
    level: Level
    value: float
    unit: str
    reference: str
    location: Location | None


@dataclass(frozen=True, slots=True)
class Numbering:
    """How the levels were counted.

    alternative: the shift by a level that the user chose; None for the program's own count.
    margin:      score of this count above the count shifted by a level, in nats; None where nothing was located.
    agreed_by:   series ids whose own count agrees.
    doubtful:    whether another count fits nearly as well; no nerve root is then named.
    """

    basis: str
    alternative: Alternative | None
    margin: float | None
    agreed_by: tuple[str, ...]
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class PackUsed:
    """A model pack that took part.

    operating_point: by which a grader's probabilities became grades; else None.
    conditions:      what a grader grades.
    accuracy:        share of findings that a grader grades as a radiologist did, as its contract gives it; else None.
    """

    name: str
    version: str
    digest: str
    operating_point: str | None
    conditions: tuple[Condition, ...] = ()
    accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class SeriesUsed:
    """One series of the input; description and UID leave only with identity. excluded: why it was not graded."""

    id: str
    plane: str
    weighting: str
    slices: int
    used_for: tuple[Condition, ...]
    description: str
    series_uid: str
    excluded: str | None = None


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """A file that was left out; path relative to the input."""

    path: str
    finding: str
    remedy: str


@dataclass(frozen=True, slots=True)
class BatchInput:
    """By what `batch` knows an input again when it goes on.

    listed_as: "pictures" or "studies". folder: keyed hash of what was asked for. digest: of the input's files.
    """

    listed_as: str
    folder: str
    digest: str


@dataclass(frozen=True, slots=True)
class InputInfo:
    """What was handed over and what became of it."""

    path: str
    kind: InputKind
    files_read: int
    unreadable: tuple[UnreadableFile, ...]
    series: tuple[SeriesUsed, ...]
    batch: BatchInput | None = None


@dataclass(frozen=True, slots=True)
class ProgramInfo:
    """Which program ran, on what, and when (UTC, ISO 8601)."""

    name: str
    version: str
    provider: str
    started_at: str


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds by step."""

    read: float
    decode: float
    recognise: float
    localise: float
    grade: float
    total: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What has changed since an earlier result of the same patient.

    made_at: when the earlier one was made. sentences: one a change, the gravest structure first. unchanged: structures
    without a reliable change. not_comparable: why, by condition or for all. patient_named: whether both results name
    their patient, so that it is known to be one.
    """

    made_at: str
    sentences: tuple[str, ...]
    unchanged: int
    not_comparable: tuple[str, ...]
    patient_named: bool


@dataclass(frozen=True, slots=True)
class StudyResult:
    """Everything one analysis says.

    study_key: keyed hash that stands for the study where identity is left out.
    notes:     findings about the input that flag every finding (post-operative, two series disagree …).
    compared:  with an earlier result, where the user handed one over.
    chosen:    what the user chose in place of what the packs say.
    midline:   by level the place in the patient, mm, from which left and right were told; empty where they were not.
               For the window: it is not written into the result file.
    """

    program: ProgramInfo
    packs: tuple[PackUsed, ...]
    identity: Identity
    study_key: str
    input: InputInfo
    numbering: Numbering
    findings: tuple[Finding, ...]
    measurements: tuple[Measurement, ...]
    notes: tuple[str, ...]
    timing_ms: Timing
    compared: Comparison | None = None
    chosen: Choices = field(default_factory=Choices)
    midline: Mapping[Level, tuple[float, float, float]] = field(default_factory=dict, hash=False)

    @property
    def assessed(self) -> tuple[Finding, ...]:
        """The findings that have a grade, of the program or of the reader."""
        return tuple(finding for finding in self.findings if finding.shown_grade is not None)

    @property
    def to_check(self) -> tuple[Finding, ...]:
        """The findings flagged `check` of which the reader has not said anything yet."""
        return tuple(finding for finding in self.findings if finding.is_to_check)

    @property
    def worst_grade(self) -> Severity | None:
        """The gravest grade shown."""
        return max((f.shown_grade for f in self.findings if f.shown_grade is not None), default=None)

    @property
    def complete_conditions(self) -> tuple[Condition, ...]:
        """The conditions assessed at all five levels, on both sides where they have sides."""
        return tuple(condition for condition in Condition if self._is_complete(condition))

    def _is_complete(self, condition: Condition) -> bool:
        found = {(f.level, f.side): f.shown_grade is not None for f in self.findings if f.condition is condition}
        wanted = {(target.level, target.side) for target in STUDY_TARGETS if target.condition is condition}
        return wanted.issubset(found) and all(found.values())

    def with_findings(self, findings: tuple[Finding, ...]) -> StudyResult:
        """The same result with findings replaced (a reader's marks)."""
        return replace(self, findings=findings)

    def without_reader(self) -> StudyResult:
        """What the program alone said."""
        return self.with_findings(tuple(replace(finding, reader=None) for finding in self.findings))
