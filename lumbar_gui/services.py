"""What the window asks of the core, as functions handed in: the real ones by bootstrap, made-up ones by tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lumbar_core.choices import Choices
from lumbar_core.geometry import Points3
from lumbar_core.report.comparison import Earlier
from lumbar_core.report.form import ReportForm
from lumbar_core.report.printing import Handed
from lumbar_core.report.result import Alternative, Finding, StudyResult
from lumbar_core.study import Instance, PixelReader, Study

if TYPE_CHECKING:  # imported late by bootstrap, because they bring the inference runtime with them
    from lumbar_core.agreement.plan import Plan
    from lumbar_core.agreement.planning import PlanWishes
    from lumbar_core.dicom_out.deidentify import Exported
    from lumbar_core.findings import Grade
    from lumbar_core.grade.evidence import ViewEvidence
    from lumbar_core.inference.packs import PackSet
    from lumbar_core.pipeline import Options, Progress
    from lumbar_core.reading.dicom.tags import TagLine

CountFiles = Callable[[int, int], None]
ShowSeries = Callable[[tuple[Instance, ...]], None]
AskCancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reader put a finding: (row, column) of an image, and its level's canal in the patient, mm."""

    image: Instance
    point: tuple[float, float]
    canal_mm: Points3 | None


@dataclass(frozen=True, slots=True)
class Services:
    """The core's doors.

    load_packs:   "auto" or "cpu" → the packs. Raises ModelError.
    read_studies: files → studies, never mixed; the last argument is told the first series once another begins. Raises
                  ReadingError.
    render:       path, result, its study, identity wanted, how it is to look → bytes of the kind that the path's ending
                  names; the reader gives the key images. Raises SavingError for an unknown ending.
    analyse:      the last arguments are the time that reading took, in ms, for the record, and who gets each graded
                  structure with what the networks saw of it.
    grade_again:  a graded structure where the reader put it. Raises LocalisationError, ReadingError, Cancelled.
    flag_again:   a result of these packs by the thresholds of other choices; its grades stay. At once.
    explain:      what in each view of a graded structure counted. Raises Cancelled.
    read_earlier: a result file of the same patient. Raises ReadingError.
    save:         all or nothing. Raises SavingError.
    tags:         an image's header as lines to look through. Raises ReadingError; none for a picture.
    archive:      DICOM objects into a folder, the reader giving the key images; identity printed or not. Raises
                  SavingError.
    copy:         an examination without identity into a new folder below one. Raises SavingError, ReadingError,
                  Cancelled.
    print_pdf:    hands a finished PDF to the system's printer, or to what shows it. Raises PrintingError.
    make_plan: of the studies below a folder, into a file, as wished. Raises ReadingError, SavingError, Cancelled.
    report_agreement: files of readings, and the folder that the report of them goes into. Raises ReadingError,
                  SavingError.
    options:      numbering shift, post-operative, what is chosen in place of what the packs say.
    """

    load_packs: Callable[[str], PackSet]
    open_reader: Callable[[], PixelReader]
    read_studies: Callable[[Sequence[Path], CountFiles, AskCancelled, ShowSeries], tuple[Study, ...]]
    recognise: Callable[[Study, PackSet, PixelReader, AskCancelled], Study]
    analyse: Callable[
        [
            Study,
            PackSet,
            Callable[[Progress], None],
            AskCancelled,
            PixelReader,
            Options,
            float,
            Callable[[Grade], None],
        ],
        StudyResult,
    ]
    grade_again: Callable[[PackSet, Grade, Study, Place, PixelReader, Options, AskCancelled], tuple[Finding, Grade]]
    flag_again: Callable[[StudyResult, PackSet, Choices], StudyResult]
    explain: Callable[[PackSet, Grade], tuple[ViewEvidence, ...]]
    render: Callable[[Path, StudyResult, Study, PixelReader, bool, ReportForm], bytes]
    read_earlier: Callable[[Path], Earlier]
    save: Callable[[Path, bytes], None]
    tags: Callable[[Instance], tuple[TagLine, ...]]
    archive: Callable[[Path, StudyResult, Study, PixelReader, bool, ReportForm], Sequence[Path]]
    copy: Callable[[Study, Path, CountFiles, AskCancelled], Exported]
    print_pdf: Callable[[bytes], Handed]
    make_plan: Callable[[Path, Path, PlanWishes, CountFiles, AskCancelled], Plan]
    report_agreement: Callable[[Sequence[Path], Path], Sequence[Path]]
    options: Callable[[Alternative | None, bool, Choices], Options]
    sample: Callable[[], Path]
