"""A made-up case for the window's tests: the bundled phantom, a made-up result, services that answer at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from lumbar_core.agreement.plan import Plan, make_plan, render_plan
from lumbar_core.agreement.planning import PlanWishes
from lumbar_core.agreement.report import report_files
from lumbar_core.analysis.flag_again import flag_again
from lumbar_core.anatomy import LEVELS, Condition, Level, Orientation, Severity, Side, Target, Weighting
from lumbar_core.dicom_out.deidentify import Exported
from lumbar_core.errors import Cancelled, Damaged, WrongFormat
from lumbar_core.findings import Grade, ImagePoint, View
from lumbar_core.grade.evidence import ViewEvidence
from lumbar_core.pipeline import Options
from lumbar_core.reading import ACCEPTED
from lumbar_core.reading.dicom.tags import TagLine
from lumbar_core.report.comparison import read_earlier
from lumbar_core.report.form import ReportForm
from lumbar_core.report.printing import Handed
from lumbar_core.report.result import Alternative, Finding, Location, Numbering, StudyResult
from lumbar_core.study import (
    Identity,
    InputKind,
    Instance,
    KindBasis,
    Pixels,
    Series,
    SeriesKind,
    Source,
    Study,
    Unreadable,
)
from lumbar_gui.places import find_instance
from lumbar_gui.services import Place, Services
from tests.core.fake_packs import a_contract
from tests.factories import CANAL, FORAMEN, NORMAL, RECESS, a_finding, a_mixed_result, a_picture_result, not_assessed
from tests.gui.sample import SAMPLE, Spot, canal_chain, decoded, sample_study, spot

LONE_PICTURE = "picture.png"


def a_study(**changes: Any) -> Study:
    """The phantom's sagittal T2, sagittal T1 and axial T2."""
    return replace(sample_study(), **changes)


def lone_spots(weighting: Weighting) -> dict[Level, Spot]:
    """What a lone picture shows: the canal in the middle of T2, the foramina of one side of T1."""
    wanted = (FORAMEN, Side.RIGHT) if weighting is Weighting.T1 else (CANAL, None)
    return {level: spot(wanted[0], level, wanted[1]) for level in LEVELS}


def a_picture_study(weighting: Weighting = Weighting.T2) -> Study:
    """One sagittal slice of the phantom as a picture without a header."""
    (shown,) = {here.instance for here in lone_spots(weighting).values()}  # all five levels are nearest to one slice
    instance = replace(
        shown,
        source=Source(Path(LONE_PICTURE)),
        plane=None,
        series_uid="",
        sop_uid="",
        instance_number=None,
        frame_of_reference_uid="",
        windows=(),
    )
    kind = SeriesKind(Orientation.SAGITTAL, weighting, KindBasis.PIXELS)
    series = Series("s1", "", "", (instance,), kind, None)
    return Study(instance.source.path, InputKind.PICTURE, (series,), (), 1, Identity())


def broken_file() -> Unreadable:
    return Unreadable(
        Path("scan_0031.dcm"),
        "It ends after 12 kB of 295 kB.",
        "The slice is left out; copy it again from the archive if it matters.",
    )


class FakeReader:
    """Gives the phantom's slices from memory."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds
        self._closed = threading.Event()
        self.reads = 0

    def read(self, instance: Instance) -> Pixels:
        if self._closed.wait(self._seconds) or self._closed.is_set():
            raise Cancelled
        self.reads += 1
        return decoded(instance.digest)

    def close(self) -> None:
        self._closed.set()


class BrokenReader(FakeReader):
    """Every slice is damaged."""

    def read(self, instance: Instance) -> Pixels:
        raise Damaged("The slice ends early.", "Copy it again.")


def at_place(finding: Finding) -> Finding:
    """A made-up finding moved to where the phantom has its structure; the canal shows on three slices."""
    if not finding.assessed:
        return finding
    here = spot(finding.condition, finding.level, finding.side)
    evidence = tuple(here.location(step) for step in ((0, -1, 1) if finding.condition is CANAL else (0,)))
    return replace(finding, location=evidence[0], evidence=evidence)


def a_placed_result() -> StudyResult:
    """The mixed study of the sketches, its findings where the phantom has their structures."""
    midline = {level: place for level in LEVELS if (place := spot(CANAL, level).location().patient_mm) is not None}
    result = replace(a_mixed_result(), identity=sample_study().identity, midline=midline)
    return result.with_findings(tuple(at_place(finding) for finding in result.findings))


def seen_on_axial_too(finding: Finding) -> Finding:
    """A canal's finding that was seen on the axial slice of its level, one before the nearest, as well."""
    axial = spot(RECESS, finding.level, Side.LEFT).location(-1)
    return replace(finding, evidence=(*finding.evidence, axial))


def a_placed_picture_result() -> StudyResult:
    """Five canal levels of the lone picture, all Normal/Mild."""
    findings = tuple(
        a_finding(CANAL, level, grade=NORMAL, location=place, evidence=(place,))
        for level, here in lone_spots(Weighting.T2).items()
        for place in [in_picture(here)]
    )
    return a_picture_result(findings)


def a_lone_t1_result() -> StudyResult:
    """A lone sagittal T1 picture: one column, side unknown."""
    findings = tuple(
        a_finding(
            FORAMEN,
            level,
            grade=Severity.MODERATE if level is Level.L4_L5 else NORMAL,
            location=place,
            evidence=(place,),
        )
        for level, here in lone_spots(Weighting.T1).items()
        for place in [in_picture(here)]
    )
    return a_picture_result(findings)


def in_picture(here: Spot) -> Location:
    """The same pixel in the lone picture, which has no place in the patient."""
    return replace(here.location(), series="s1", file=LONE_PICTURE, patient_mm=None)


def a_pack(name: str, task: str, *conditions: Condition) -> Any:
    metric = SimpleNamespace(
        name="accuracy", value=0.917, ci95=(0.911, 0.923), cells=8000, protocol="cross-validation by study"
    )
    contract = SimpleNamespace(
        name=name,
        version="1.0.0",
        task=task,
        conditions=conditions,
        digest="ab" * 32,
        metrics=(metric,),
        accuracy=metric.value,
        in_words=lambda: [task, "for tests only"],
        with_choices=lambda choices: a_contract().with_choices(choices),
        threshold=a_contract().threshold,
        terms="Non-commercial, research and education.",
    )
    return SimpleNamespace(name=name, contract=contract, is_users=False)


def a_grade(finding: Finding) -> Grade:
    """What would have given a finding: one view of a crop that is bright where its level lies."""
    target = Target(finding.condition, finding.level, finding.side, finding.image_side)
    chances = np.array(finding.probabilities)
    crop = np.full((1, 80, 80), 0.1 * (1 + finding.level.value.count("5")), np.float32)
    point = ImagePoint(1.0, 1.0, 0.9, 0.9)
    view = View(target, sample_study().series[0].instances[0], point, np.log(chances), crop)
    grade = finding.grade or Severity.NORMAL_MILD
    return Grade(target, chances, grade, (view,), grade, (), False)


def some_evidence(view: View) -> ViewEvidence:
    rests_on = np.zeros(view.crop.shape[-2:])
    rests_on[30:50, 30:50] = 0.4
    return ViewEvidence(view, view.crop, np.exp(view.logits), rests_on, np.array([[-1.0, 0.5], [0.5, 2.0]]))


def some_packs(*conditions: Condition) -> Any:
    graded = conditions or (CANAL, FORAMEN, RECESS)
    packs = (
        a_pack("recognise", "recognise"),
        a_pack("localise_t2", "localise"),
        *(a_pack(condition.value, "grade", condition) for condition in graded),
    )
    return SimpleNamespace(
        all=packs,
        provider="CPU",
        notices=(),
        threads=2,
        refused=(),
        grader=lambda condition: next((pack for pack in packs if condition in pack.contract.conditions), None),
        second_grader=lambda condition: None,
    )


@dataclass
class FakeCore:
    """The core as the window sees it; each answer can be set, and what was asked is kept.

    analyse_s: how long a run takes, in steps of a hundredth.
    """

    study: Study | tuple[Study, ...] = field(default_factory=a_study)
    result: StudyResult = field(default_factory=a_placed_result)
    read_error: Exception | None = None
    analyse_error: Exception | None = None
    save_error: Exception | None = None
    analyse_s: float = 0.0
    options: list[Any] = field(default_factory=list)
    saved: list[tuple[Path, bytes, bool]] = field(default_factory=list)
    rendered: list[StudyResult] = field(default_factory=list)
    copied: list[Path] = field(default_factory=list)
    printed: list[bytes] = field(default_factory=list)
    print_error: Exception | None = None
    hold_copy: threading.Event | None = None
    forms: list[ReportForm] = field(default_factory=list)
    archived: list[tuple[Path, StudyResult, bool]] = field(default_factory=list)
    placed: list[Place] = field(default_factory=list)
    readers: list[FakeReader] = field(default_factory=list)
    explain: Callable[[View], ViewEvidence] = some_evidence
    hold: threading.Event | None = None
    hold_reading: threading.Event | None = None

    def services(self) -> Services:
        return Services(
            load_packs=lambda device: some_packs(),
            open_reader=self._open_reader,
            read_studies=self._read_studies,
            recognise=lambda study, packs, pixels, cancelled: study,
            analyse=self._analyse,
            grade_again=self._grade_again,
            explain=lambda packs, grade: tuple(self.explain(view) for view in grade.views),
            render=self._render,
            read_earlier=lambda path: read_earlier(path.read_bytes()),
            save=self._save,
            archive=self._archive,
            copy=self._copy,
            print_pdf=self._print,
            tags=self._tags,
            make_plan=self._make_plan,
            report_agreement=report_files,
            flag_again=flag_again,
            options=Options,
            sample=lambda: SAMPLE,
        )

    def _copy(
        self, study: Study, folder: Path, count: Callable[[int, int], None], cancelled: Callable[[], bool]
    ) -> Exported:
        if self.save_error is not None:
            raise self.save_error
        count(1, 2)
        while self.hold_copy is not None and not self.hold_copy.wait(0.01):
            if cancelled():
                raise Cancelled
        self.copied.append(folder)
        return Exported(folder / "study-x1", 55, (broken_file(),), ("Look at the pictures.",))

    def _make_plan(
        self,
        folder: Path,
        out: Path,
        wishes: PlanWishes,
        count: Callable[[int, int], None],
        cancelled: Callable[[], bool],
    ) -> Plan:
        if self.read_error is not None:
            raise self.read_error
        count(1, 2)
        while self.hold_copy is not None and not self.hold_copy.wait(0.01):
            if cancelled():
                raise Cancelled
        plan = make_plan([a_study()], wishes.readers, seed=wishes.seed, repeat=wishes.repeat)
        out.write_bytes(render_plan(plan))
        return plan

    def _print(self, pdf: bytes) -> Handed:
        if self.print_error is not None:
            raise self.print_error
        self.printed.append(pdf)
        return Handed.PRINTER

    def _tags(self, instance: Instance) -> tuple[TagLine, ...]:
        if self.read_error is not None:
            raise self.read_error
        return (
            TagLine("(0008,0060)", "Modality", "CS", "MR"),
            TagLine("(0018,0081)", "EchoTime", "DS", "101.0"),
        )

    def _archive(
        self, folder: Path, result: StudyResult, study: Study, pixels: Any, identity: bool, form: ReportForm
    ) -> Sequence[Path]:
        if self.save_error is not None:
            raise self.save_error
        self.archived.append((folder, result, identity))
        return [folder / "findings.dcm"]

    def _open_reader(self) -> FakeReader:
        self.readers.append(FakeReader())
        return self.readers[-1]

    def _read_studies(
        self,
        paths: Sequence[Path],
        count: Callable[[int, int], None],
        cancelled: Callable[[], bool],
        first_series: Callable[[tuple[Instance, ...]], None],
    ) -> tuple[Study, ...]:
        count(len(paths), len(paths))
        if self.hold_reading is not None:
            count(340, 10_000)
            first_series(self.study.series[0].instances)  # type: ignore[union-attr]
            while not self.hold_reading.wait(0.01):
                if cancelled():
                    raise Cancelled
        if self.read_error is not None:
            raise self.read_error
        return self.study if isinstance(self.study, tuple) else (self.study,)

    def _analyse(
        self,
        study: Study,
        packs: Any,
        report: Callable[[Any], None],
        cancelled: Callable[[], bool],
        pixels: Any,
        options: Any,
        read_ms: float,
        behind: Callable[[Any], None],
    ) -> StudyResult:
        self.options.append(options)
        slices = study.series[0].instances
        picture = slices[len(slices) // 2]
        report(a_progress("decode", 3, 3, picture=picture))
        points = tuple(ImagePoint(row, column, 0.9, 0.9) for row, column in canal_chain().values())
        report(a_progress("recognise", 3, 3))
        report(a_progress("localise", 1, 1, picture=picture, points=points))
        report(a_progress("grade", 31, 50, detail="31 of 50 crops"))
        self._take_time(cancelled)
        if self.analyse_error is not None:
            raise self.analyse_error
        result = replace(counted_anew(self.result, options.numbering), chosen=options.choices)
        for finding in result.findings:
            if finding.assessed:
                behind(a_grade(finding))
        return result

    def _grade_again(
        self,
        packs: Any,
        grade: Grade,
        study: Study,
        place: Place,
        pixels: Any,
        options: Any,
        cancelled: Callable[[], bool],
    ) -> tuple[Finding, Grade]:
        """Moderate wherever it is put."""
        self.options.append(options)
        self.placed.append(place)
        self._take_time(cancelled)
        if self.analyse_error is not None:
            raise self.analyse_error
        target = grade.target
        key = (target.condition, target.side, target.image_side, target.level)
        finding = next(each for each in self.result.findings if each.key == key)
        row, column = place.point
        (on_slice,) = (seen for seen in finding.evidence if image_at(study, seen) is place.image)
        there = replace(on_slice, row=row, column=column)
        moved = replace(
            finding,
            grade=Severity.MODERATE,
            worst_view=Severity.MODERATE,
            probabilities=(0.2, 0.7, 0.1),
            location=there,
            evidence=(there,),
        )
        return moved, a_grade(moved)

    def _take_time(self, cancelled: Callable[[], bool]) -> None:
        until = time.monotonic() + self.analyse_s
        while time.monotonic() < until or (self.hold is not None and not self.hold.is_set()):
            if cancelled():
                raise Cancelled
            time.sleep(0.01)

    def _render(
        self, path: Path, result: StudyResult, study: Study, pixels: Any, identity: bool, form: ReportForm
    ) -> bytes:
        self.saved.append((path, b"", identity))
        self.rendered.append(result)
        self.forms.append(form)
        return f"{path.suffix} {identity} {len(result.findings)}".encode()

    def _save(self, path: Path, data: bytes) -> None:
        if self.save_error is not None:
            raise self.save_error
        path.write_bytes(data)


def image_at(study: Study, location: Location) -> Instance:
    """The image that a place of the result names."""
    found = find_instance(study, location)
    assert found is not None
    series, index = found
    return series.instances[index]


def a_progress(step: str, done: int, of: int, detail: str = "", picture: Any = None, points: Any = ()) -> Any:
    return SimpleNamespace(step=step, done=done, of=of, detail=detail, picture=picture, points=points)


def counted_anew(result: StudyResult, numbering: Alternative | None) -> StudyResult:
    """The same places, their levels one up or one down; what falls off the end is not assessed."""
    if numbering is None:
        return result
    step = -1 if numbering == "up" else 1
    by_key = {finding.key: finding for finding in result.findings}

    def shifted(finding: Finding) -> Finding:
        source = LEVELS.index(finding.level) - step
        if not 0 <= source < len(LEVELS):
            return not_assessed(finding.condition, finding.level, finding.side)
        old = by_key[(finding.condition, finding.side, finding.image_side, LEVELS[source])]
        return replace(old, level=finding.level)

    basis = Numbering("Counted one level otherwise.", numbering, 1.0, ())
    return replace(result, findings=tuple(shifted(f) for f in result.findings), numbering=basis)


WRONG = WrongFormat("notes.txt is a text file.", f"Accepted are {ACCEPTED}.")
