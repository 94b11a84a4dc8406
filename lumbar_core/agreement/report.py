"""Everything that an agreement report says, and the three files that say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from lumbar_core.agreement.comparison import Comparison, ManyReaders, compare_all, many_readers, plain_arms, reader_bias
from lumbar_core.agreement.estimate import Estimate
from lumbar_core.agreement.readings import PROGRAM, Arm, Judgement, read_judgements
from lumbar_core.agreement.sheet import PARTS, Part, lay_out
from lumbar_core.agreement.teaching import Disputed, disputed
from lumbar_core.errors import ReadingError
from lumbar_core.report.save import save, saving_error

JSON_FILE, HTML_FILE, PDF_FILE = "agreement.json", "agreement.html", "agreement.pdf"


@dataclass(frozen=True, slots=True)
class Sitting:
    """What one reader did in one sitting.

    timed: of how many studies the time is known for every structure. seconds_a_study: their median; None without any.
    """

    arm: Arm
    studies: int
    graded: int
    cannot_judge: int
    timed: int
    seconds_a_study: float | None


@dataclass(frozen=True, slots=True)
class AgreementReport:
    """biases: by reader and part, how many grades higher than the mean of the other readers."""

    studies: int
    sittings: tuple[Sitting, ...]
    comparisons: tuple[Comparison, ...]
    many: ManyReaders | None
    biases: Mapping[str, Mapping[Part, Estimate]]
    disputed: tuple[Disputed, ...]


def build_report(judgements: Sequence[Judgement]) -> AgreementReport:
    """All figures of some readings."""
    sheet = lay_out(judgements)
    plain = plain_arms(sheet)
    return AgreementReport(
        studies=len(sheet.studies),
        sittings=tuple(_sitting(arm, judgements) for arm in sheet.arms),
        comparisons=compare_all(sheet),
        many=many_readers(sheet),
        biases={arm.reader: {part: reader_bias(sheet, arm, part) for part in PARTS} for arm in plain}
        if len(plain) > 1
        else {},
        disputed=disputed(judgements),
    )


def report_files(readings: Sequence[Path], folder: Path) -> tuple[Path, ...]:
    """Read files of readings and write their report; returns its files. Raises ReadingError, SavingError."""
    judgements = read_judgements(readings)
    if not judgements:
        raise ReadingError("The files hold no readings yet.", "Choose files in which somebody has read.")
    return write_report(folder, build_report(judgements))


def write_report(folder: Path, report: AgreementReport) -> tuple[Path, ...]:
    """Figures, page and PDF below a folder, which is made where it is not there; returns their paths.

    Raises SavingError.
    """
    from lumbar_core.agreement.to_html import render_html
    from lumbar_core.agreement.to_json import render_json
    from lumbar_core.agreement.to_pdf import render_pdf

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise saving_error(folder, error) from error
    files = {JSON_FILE: render_json(report), HTML_FILE: render_html(report), PDF_FILE: render_pdf(report)}
    for name, data in files.items():
        save(folder / name, data)
    return tuple(folder / name for name in files)


def _sitting(arm: Arm, judgements: Sequence[Judgement]) -> Sitting:
    own = [each for each in judgements if each.arm == arm]
    seconds: dict[str, list[float | None]] = {}
    for each in own:
        seconds.setdefault(each.study, []).append(each.seconds)
    known = [] if arm.reader == PROGRAM else [times for times in seconds.values() if None not in times]
    timed = [sum(filter(None, times)) for times in known]
    return Sitting(
        arm=arm,
        studies=len(seconds),
        graded=sum(each.grade is not None for each in own),
        cannot_judge=sum(each.grade is None for each in own),
        timed=len(timed),
        seconds_a_study=median(timed) if timed else None,
    )
