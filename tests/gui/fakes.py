"""A made-up case for the window's tests: drawn pictures, a made-up result, services that answer at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from lumbar_core.anatomy import LEVELS, Condition, Level, Orientation, Severity, Side, Weighting
from lumbar_core.errors import Cancelled, Damaged, WrongFormat
from lumbar_core.findings import ImagePoint
from lumbar_core.geometry import Plane
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
    Window,
)
from lumbar_gui.services import Services
from tests.factories import CANAL, FORAMEN, NORMAL, RECESS, a_finding, a_mixed_result, a_picture_result, not_assessed

SAGITTAL_SIZE, AXIAL_SIZE = 320, 256
SAGITTAL_SLICES, AXIAL_SLICES = 15, 25
SPACING_MM = 0.9
# (row, column) of the canal at the five levels of every drawn sagittal slice.
CHAIN: dict[Level, tuple[float, float]] = dict(
    zip(LEVELS, ((92.0, 172.0), (130.0, 165.0), (168.0, 161.0), (207.0, 163.0), (243.0, 174.0)), strict=True)
)
# The axial slice that lies nearest to each of them.
AXIAL_AT: dict[Level, int] = dict(zip(LEVELS, (2, 8, 13, 19, 24), strict=True))


def sagittal_plane(index: int, spacing: float = SPACING_MM) -> Plane:
    """Slices from the patient's right to left, 4 mm apart, the eighth in the midline."""
    return Plane.from_dicom((4.0 * (index - 7), -140.0, 140.0), (0, 1, 0, 0, 0, -1), (spacing, spacing))


def axial_plane(index: int) -> Plane:
    return Plane.from_dicom((-100.0, -100.0, 70.0 - 6.0 * index), (1, 0, 0, 0, 1, 0), (0.8, 0.8))


def an_instance(name: str, size: int, plane: Plane | None, windows: tuple[Window, ...] = ()) -> Instance:
    return Instance(Source(Path("/made/up") / name), size, size, plane, "1.2", name, 1, "1.9", name, windows)


def a_series(
    id_: str, folder: str, orientation: Orientation, weighting: Weighting, count: int, **changes: Any
) -> Series:
    sagittal = orientation is Orientation.SAGITTAL
    planes = [sagittal_plane(i) if sagittal else axial_plane(i) for i in range(count)]
    instances = tuple(
        an_instance(f"{folder}/{i + 1:02d}.dcm", SAGITTAL_SIZE if sagittal else AXIAL_SIZE, plane)
        for i, plane in enumerate(planes)
    )
    kind = SeriesKind(orientation, weighting, KindBasis.HEADER)
    return replace(Series(id_, f"1.2.{id_}", "", instances, kind, 4.0 if sagittal else 6.0), **changes)


def a_study(**changes: Any) -> Study:
    """Sagittal T1, sagittal T2 and axial T2 with true geometry."""
    series = (
        a_series("s1", "t1", Orientation.SAGITTAL, Weighting.T1, SAGITTAL_SLICES),
        a_series("s2", "t2", Orientation.SAGITTAL, Weighting.T2, SAGITTAL_SLICES),
        a_series("s3", "ax", Orientation.AXIAL, Weighting.T2, AXIAL_SLICES),
    )
    identity = Identity(patient_name="Made^Up", patient_id="P-1", study_date="20260101")
    return replace(Study(Path("/made/up"), InputKind.STUDY, series, (), 55, identity), **changes)


def a_picture_study(weighting: Weighting = Weighting.T2) -> Study:
    """One sagittal picture without a header."""
    instance = an_instance("picture.png", SAGITTAL_SIZE, None)
    kind = SeriesKind(Orientation.SAGITTAL, weighting, KindBasis.PIXELS)
    series = Series("s1", "", "", (instance,), kind, None)
    return Study(Path("/made/up/picture.png"), InputKind.PICTURE, (series,), (), 1, Identity())


def broken_file() -> Unreadable:
    return Unreadable(
        Path("scan_0031.dcm"),
        "It ends after 12 kB of 295 kB.",
        "The slice is left out; copy it again from the archive if it matters.",
    )


def draw_sagittal(bright_canal: bool, shift: float = 0.0) -> Pixels:
    """A spine on a dark ground: vertebrae before, canal along CHAIN, fat behind. Arbitrary units up to 1100."""
    size = SAGITTAL_SIZE
    image = Image.new("F", (size, size), 20.0)
    draw = ImageDraw.Draw(image)
    draw.polygon([(60, 0), (275, 0), (255, 110), (262, 320), (80, 320), (50, 160)], fill=95.0)
    draw.line([(272, 0), (252, 110), (258, 320)], fill=1100.0, width=26)
    points = list(CHAIN.values())
    above = [(points[0][0] - 39.0 * k, points[0][1] + 5.0 * k) for k in (2, 1)]
    chain = [*above, *points, (276.0, 192.0), (305.0, 214.0)]
    curve = [(column + shift, row) for row, column in chain]
    draw.line(curve, fill=900.0 if bright_canal else 160.0, width=15, joint="curve")
    for (row, column), (next_row, next_column) in pairwise(chain):
        middle, depth = (column + next_column) / 2 - 28 + shift, 17
        draw.rounded_rectangle(
            (middle - depth, row + 6, middle + depth, next_row - 6), 4, 330.0 if bright_canal else 480.0
        )
        draw.rounded_rectangle((column - 44 + shift, row - 4, column - 11 + shift, row + 4), 3, 200.0)
    noise = np.random.default_rng(4).normal(0, 14, (size, size))
    return np.clip(np.asarray(image, np.float32) + noise, 0, None).astype(np.float32)


def draw_axial() -> Pixels:
    """A disc, a canal and muscles."""
    image = Image.new("F", (AXIAL_SIZE, AXIAL_SIZE), 15.0)
    draw = ImageDraw.Draw(image)
    draw.ellipse((10, 40, 246, 250), fill=120.0)
    draw.ellipse((78, 60, 178, 132), fill=210.0)
    draw.ellipse((108, 128, 148, 156), fill=850.0)
    for left in (52, 144):
        draw.ellipse((left, 150, left + 60, 225), fill=70.0)
    noise = np.random.default_rng(5).normal(0, 12, (AXIAL_SIZE, AXIAL_SIZE))
    return np.clip(np.asarray(image, np.float32) + noise, 0, None).astype(np.float32)


class FakeReader:
    """Draws instead of decoding."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds
        self._closed = threading.Event()
        self.reads = 0

    def read(self, instance: Instance) -> Pixels:
        if self._closed.wait(self._seconds) or self._closed.is_set():
            raise Cancelled
        self.reads += 1
        if instance.rows == AXIAL_SIZE:
            return draw_axial()
        return draw_sagittal("t1" not in str(instance.source.path))

    def close(self) -> None:
        self._closed.set()


class BrokenReader(FakeReader):
    """Every slice is damaged."""

    def read(self, instance: Instance) -> Pixels:
        raise Damaged("The slice ends early.", "Copy it again.")


def at_place(finding: Finding) -> Finding:
    """A made-up finding moved to where its structure is drawn."""
    row, column = CHAIN[finding.level]
    if finding.condition is CANAL:
        return _placed(finding, "s2", "t2", row, column, (7, 6, 8))
    if finding.condition is FORAMEN:
        index = 3 if finding.side is Side.RIGHT else 11
        return _placed(finding, "s1", "t1", row - 4, column - 6, (index,))
    index = AXIAL_AT[finding.level]
    return _placed(finding, "s3", "ax", 142.0, 112.0 if finding.side is Side.RIGHT else 144.0, (index,))


def _placed(finding: Finding, series: str, folder: str, row: float, column: float, slices: Sequence[int]) -> Finding:
    if not finding.assessed:
        return finding
    evidence = []
    for i in slices:
        plane = axial_plane(i) if folder == "ax" else sagittal_plane(i)
        x, y, z = (float(v) for v in plane.to_patient(np.array([row, column])))
        evidence.append(Location(series, f"{folder}/{i + 1:02d}.dcm", 0, column, row, (x, y, z)))
    return replace(finding, location=evidence[0], evidence=tuple(evidence))


def a_placed_result(result: StudyResult | None = None) -> StudyResult:
    """The mixed study of the sketches, its findings where they are drawn."""
    result = result or a_mixed_result()
    return result.with_findings(tuple(at_place(finding) for finding in result.findings))


def a_placed_picture_result() -> StudyResult:
    """Five canal levels of the lone picture, all Normal/Mild."""
    findings = tuple(
        a_finding(CANAL, level, grade=NORMAL, location=place, evidence=(place,))
        for level, (row, column) in CHAIN.items()
        for place in [Location("s1", "picture.png", 0, column, row, None)]
    )
    return a_picture_result(findings)


def a_lone_t1_result() -> StudyResult:
    """A lone sagittal T1 picture: one column, side unknown."""
    findings = tuple(
        a_finding(
            FORAMEN,
            level,
            grade=Severity.MODERATE if level is Level.L4_L5 else NORMAL,
            location=Location("s1", "picture.png", 0, column - 6, row - 4, None),
        )
        for level, (row, column) in CHAIN.items()
    )
    return a_picture_result(findings)


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
        in_words=lambda: [task, "for tests only"],
        terms="Non-commercial, research and education.",
    )
    return SimpleNamespace(name=name, contract=contract, is_users=False)


def some_packs(*conditions: Condition) -> Any:
    graded = conditions or (CANAL, FORAMEN, RECESS)
    packs = (
        a_pack("recognise", "recognise"),
        a_pack("localise_t2", "localise"),
        *(a_pack(condition.value, "grade", condition) for condition in graded),
    )
    return SimpleNamespace(all=packs, provider="CPU", threads=2, refused=())


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
    readers: list[FakeReader] = field(default_factory=list)
    hold: threading.Event | None = None

    def services(self) -> Services:
        return Services(
            load_packs=some_packs,
            open_reader=self._open_reader,
            read_studies=self._read_studies,
            recognise=lambda study, packs, pixels, cancelled: study,
            analyse=self._analyse,
            render=self._render,
            save=self._save,
            options=lambda numbering, post, point: SimpleNamespace(
                numbering=numbering, post_operative=post, operating_point=point
            ),
            sample=lambda: Path("/made/up"),
        )

    def _open_reader(self) -> FakeReader:
        self.readers.append(FakeReader())
        return self.readers[-1]

    def _read_studies(
        self, paths: Sequence[Path], count: Callable[[int, int], None], cancelled: Callable[[], bool]
    ) -> tuple[Study, ...]:
        count(len(paths), len(paths))
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
    ) -> StudyResult:
        self.options.append(options)
        middle = study.series[min(1, len(study.series) - 1)].instances
        picture = middle[len(middle) // 2]
        report(a_progress("decode", 3, 3, picture=picture))
        points = tuple(ImagePoint(row, column, 0.9, 0.9) for row, column in CHAIN.values())
        report(a_progress("recognise", 3, 3))
        report(a_progress("localise", 1, 1, picture=picture, points=points))
        report(a_progress("grade", 31, 50, detail="31 of 50 crops"))
        self._take_time(cancelled)
        if self.analyse_error is not None:
            raise self.analyse_error
        return counted_anew(self.result, options.numbering)

    def _take_time(self, cancelled: Callable[[], bool]) -> None:
        until = time.monotonic() + self.analyse_s
        while time.monotonic() < until or (self.hold is not None and not self.hold.is_set()):
            if cancelled():
                raise Cancelled
            time.sleep(0.01)

    def _render(self, path: Path, result: StudyResult, study: Study, pixels: Any, identity: bool) -> bytes:
        self.saved.append((path, b"", identity))
        return f"{path.suffix} {identity} {len(result.findings)}".encode()

    def _save(self, path: Path, data: bytes) -> None:
        if self.save_error is not None:
            raise self.save_error
        path.write_bytes(data)


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

    basis = Numbering("Counted one level otherwise.", None, 1.0, ())
    return replace(result, findings=tuple(shifted(f) for f in result.findings), numbering=basis)


WRONG = WrongFormat("notes.txt is a text file.", "")
