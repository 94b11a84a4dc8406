"""Objects for an archive: of the study they tell of, new, marked unreviewed, valid, and never over what was there."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from lumbar_core.anatomy import LEVELS, Condition, Level, Severity, Side
from lumbar_core.dicom_out import write_objects
from lumbar_core.errors import SavingError
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.report.form import ReportForm
from lumbar_core.report.result import ReaderMark, StudyResult
from lumbar_core.study import InputKind, Study
from tests.core.reading.dicom_files import write
from tests.factories import CANAL, FORAMEN, RECESS, a_finding, a_location, a_result, not_assessed

SAMPLE = Path(__file__).resolve().parents[3] / "lumbar_core" / "sample"
KINDS = {"findings", "report", "page", "key-image"}


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study([SAMPLE])


def result_of(study: Study) -> StudyResult:
    """A grade of each kind, on the sample's slices."""
    series = study.series[0]
    file = series.instances[7].source.path.relative_to(study.root).as_posix()
    place = replace(a_location(), series=series.id, file=file, frame=0, row=200.0, column=160.0)
    findings = [
        replace(a_finding(CANAL, Level.L1_L2, location=place), check=True, check_reasons=("two slices differ",)),
        a_finding(CANAL, Level.L3_L4, grade=Severity.MODERATE, location=place),
        replace(
            a_finding(FORAMEN, Level.L4_L5, side=Side.LEFT, grade=Severity.SEVERE, location=place),
            check=True,
            check_reasons=("two slices differ",),
            reader=ReaderMark("changed", Severity.MODERATE, Severity.SEVERE),
        ),
        not_assessed(RECESS, Level.L5_S1, Side.RIGHT),
    ]
    return a_result(findings=tuple(findings))


@pytest.fixture(scope="module")
def written(study: Study, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_objects(tmp_path_factory.mktemp("out"), result_of(study), study, DirectReader())


def of_kind(written: list[Path], kind: str) -> list[Dataset]:
    return [pydicom.dcmread(path) for path in written if path.name.startswith(kind)]


def codes_below(item: Dataset) -> list[str]:
    """The meanings of all coded values in a measurement group."""
    return [
        content.ConceptCodeSequence[0].CodeMeaning for content in item.ContentSequence if content.ValueType == "CODE"
    ]


def groups(written: list[Path]) -> dict[str, Dataset]:
    """The measurement groups of the structured report by what they are about."""
    (report,) = of_kind(written, "findings")
    container = next(
        item for item in report.ContentSequence
        if item.ConceptNameCodeSequence[0].CodeMeaning == "Imaging Measurements"
    )  # fmt: skip
    return {group.ContentSequence[0].TextValue: group for group in container.ContentSequence}


def test_each_kind_is_written_with_new_identifiers_in_the_study_that_it_tells_of(
    study: Study, written: list[Path]
) -> None:
    objects = [pydicom.dcmread(path) for path in written]
    assert {path.name.rpartition("-")[0] for path in written} == KINDS
    assert {each.StudyInstanceUID for each in objects} == {study.identity.study_uid}
    assert {each.PatientID for each in objects} == {study.identity.patient_id}
    sources = {image.sop_uid for series in study.series for image in series.instances}
    own = [each.SOPInstanceUID for each in objects]
    assert len(set(own)) == len(own)
    assert not sources & set(own)
    assert not {series.series_uid for series in study.series} & {each.SeriesInstanceUID for each in objects}


def test_every_object_says_that_it_is_unverified_output_of_a_program(written: list[Path]) -> None:
    for each in (pydicom.dcmread(path) for path in written):
        assert each.SeriesDescription.startswith("AI, research use")
        assert "unverified" in each.SeriesDescription, "a reader's mark is no signature"
    (report,) = of_kind(written, "findings")
    assert (report.VerificationFlag, report.PreliminaryFlag) == ("UNVERIFIED", "PRELIMINARY")


def test_without_a_reader_s_mark_it_says_unreviewed(study: Study, tmp_path: Path) -> None:
    plain = a_result(findings=result_of(study).findings[:2])
    for path in write_objects(tmp_path, plain, study, DirectReader()):
        assert pydicom.dcmread(path).SeriesDescription == "AI, research use, unreviewed"


def test_the_structured_report_holds_every_finding_in_codes(written: list[Path]) -> None:
    found = groups(written)
    assert len(found) == 4
    moderate = codes_below(found["spinal canal at L3/L4"])
    assert "Level of L3/L4 intervertebral disc" in moderate
    assert "Moderate" in moderate
    changed = codes_below(found["left foramen at L4/L5"])
    assert ("Moderate" in changed, "Severe" in changed) == (True, True), "the reader's grade, and what the program said"
    assert "Yes" in codes_below(found["spinal canal at L1/L2"]), "to be checked"
    assert "Yes" not in changed, "the reader has looked at it"
    lost = codes_below(found["right recess at L5/S1"])
    assert "Not assessed" in lost
    numbers = [item for item in found["spinal canal at L1/L2"].ContentSequence if item.ValueType == "NUM"]
    assert sum(float(item.MeasuredValueSequence[0].NumericValue) for item in numbers) == pytest.approx(100, abs=0.2)


def test_left_is_left_in_the_structured_report(written: list[Path]) -> None:
    for name, group in groups(written).items():
        site = next(i for i in group.ContentSequence if i.ConceptNameCodeSequence[0].CodeMeaning == "Finding Site")
        beside = [item.ConceptCodeSequence[0].CodeMeaning for item in site.get("ContentSequence", ())]
        for side in Side:
            assert (side.value.capitalize() in beside) is name.startswith(side.value)


def test_the_pdf_is_in_its_object_as_it_is(written: list[Path]) -> None:
    (document,) = of_kind(written, "report")
    pdf = document.EncapsulatedDocument[: document.EncapsulatedDocumentLength]
    assert pdf.startswith(b"%PDF")
    assert pdf.rstrip().endswith(b"%%EOF")


def test_pages_and_key_images_are_pictures_to_look_at(written: list[Path]) -> None:
    printed, keys = of_kind(written, "page"), of_kind(written, "key-image")
    assert len(printed) == 2
    assert all(page.Rows > page.Columns > 1000 for page in printed)
    assert keys
    for picture in (*printed, *keys):
        assert picture.pixel_array.shape[2] == 3
        assert np.ptp(picture.pixel_array) > 200


def test_a_remark_may_name_the_patient_so_its_pages_say_so(study: Study, tmp_path: Path) -> None:
    written = write_objects(tmp_path, result_of(study), study, DirectReader(), form=ReportForm("de", remark="Frau X."))
    burned = {each.BurnedInAnnotation for each in of_kind(written, "page") + of_kind(written, "report")}
    assert burned == {"YES"}
    assert all(page.ImageComments.startswith("program output, edited") for page in of_kind(written, "page"))


def test_identity_is_printed_only_where_it_is_wished(study: Study, tmp_path: Path) -> None:
    for wished in (False, True):
        folder = tmp_path / str(wished)
        folder.mkdir()
        written = write_objects(folder, result_of(study), study, DirectReader(), identity=wished)
        burned = {each.BurnedInAnnotation for each in of_kind(written, "page") + of_kind(written, "report")}
        assert burned == {"YES" if wished else "NO"}
        assert {each.BurnedInAnnotation for each in of_kind(written, "key-image")} == {"NO"}


def test_nothing_that_is_there_is_replaced(study: Study, tmp_path: Path) -> None:
    first = write_objects(tmp_path, result_of(study), study, DirectReader())
    before = {path: path.read_bytes() for path in first}
    second = write_objects(tmp_path, result_of(study), study, DirectReader())
    assert not set(first) & set(second)
    assert {path: path.read_bytes() for path in first} == before


def written_with(header: dict[str, str], folder: Path) -> list[Dataset]:
    """The objects of a lone slice whose header says this."""
    source, out = folder / "in", folder / "out"
    out.mkdir(parents=True)
    path = write(source, StudyInstanceUID="1.2.3", **header)
    study = read_study([path])
    result = a_result(findings=(not_assessed(CANAL, Level.L4_L5),))
    return [pydicom.dcmread(each) for each in write_objects(out, result, study, DirectReader())]


@pytest.mark.parametrize("name", ["Müller^Hans", "Иванов^Иван", "山田^太郎"])
def test_names_keep_their_letters_in_every_object(name: str, tmp_path: Path) -> None:
    made = written_with({"SpecificCharacterSet": "ISO_IR 192", "PatientName": name}, tmp_path)
    assert {str(each.PatientName) for each in made} == {name}


@pytest.mark.parametrize(
    "wrong",
    [{"PatientSex": "U"}, {"StudyTime": "12:30:10"}, {"StudyDate": "2024.05.03"}, {"PatientBirthDate": "19600000"}],
)
def test_what_a_header_has_wrong_is_left_empty(wrong: dict[str, str], tmp_path: Path) -> None:
    (tag,) = wrong
    assert {str(each.get(tag, "")) for each in written_with(wrong, tmp_path)} == {""}


def test_a_result_without_a_place_is_written_too_and_one_without_findings_is_not(study: Study, tmp_path: Path) -> None:
    assert len(written_with({}, tmp_path / "lone")) >= 3
    for findings in ((), (not_assessed(RECESS, Level.UNKNOWN, Side.LEFT),)):
        with pytest.raises(SavingError, match="no finding"):
            write_objects(tmp_path, a_result(findings=findings), study, DirectReader())


def test_one_mark_is_no_review_of_all(written: list[Path], study: Study, tmp_path: Path) -> None:
    assert {pydicom.dcmread(path).SeriesDescription for path in written} == {
        "AI, research use, reviewed in part, unverified"
    }
    mark = ReaderMark("agreed", Severity.NORMAL_MILD, Severity.NORMAL_MILD)
    for viewed, words in ((False, "reviewed in part"), (True, "seen by a reader")):
        marked = tuple(replace(f, reader=mark, viewed=viewed) for f in result_of(study).findings)
        made = write_objects(tmp_path, a_result(findings=marked), study, DirectReader())
        assert pydicom.dcmread(made[0]).SeriesDescription == f"AI, research use, {words}, unverified"


def test_a_picture_belongs_to_no_study(study: Study, tmp_path: Path) -> None:
    with pytest.raises(SavingError, match="no study"):
        write_objects(tmp_path, result_of(study), replace(study, kind=InputKind.PICTURE), DirectReader())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_dciodvfy_finds_no_error(kind: str, written: list[Path]) -> None:
    if shutil.which("dciodvfy") is None:
        pytest.skip("dicom3tools is not installed")
    for path in (path for path in written if path.name.startswith(kind)):
        checked = subprocess.run(["dciodvfy", "-new", str(path)], capture_output=True, text=True, check=False)
        assert not [line for line in (checked.stdout + checked.stderr).splitlines() if line.startswith("Error")]


def test_dcmtk_reads_the_structured_report(written: list[Path]) -> None:
    if shutil.which("dsrdump") is None:
        pytest.skip("dcmtk is not installed")
    (path,) = (path for path in written if path.name.startswith("findings"))
    dumped = subprocess.run(["dsrdump", str(path)], capture_output=True, text=True, check=True).stdout
    assert "Comprehensive SR Document" in dumped
    assert dumped.count("Measurement Group") == 4


def test_all_levels_and_structures_have_a_code() -> None:
    from lumbar_core.dicom_out import codes

    assert set(codes.LEVELS) == set(LEVELS)
    assert set(codes.STRUCTURES) == set(Condition)
    assert set(codes.GRADES) == set(codes.PROBABILITIES) == set(Severity)
