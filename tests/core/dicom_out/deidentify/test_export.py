"""A whole examination without identity: read and graded as before, all of it or nothing, beside what was there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest

from lumbar_core.dicom_out.deidentify import Exported, Option, deidentify, read_key
from lumbar_core.dicom_out.deidentify.admit import UNKNOWN_BURNED_IN
from lumbar_core.errors import Cancelled, ReadingError, Refused, SavingError
from lumbar_core.inference.packs import load_packs
from lumbar_core.pipeline import analyse, recognise_study
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.report.result import Finding
from lumbar_core.study import Study
from tests.core.reading.dicom_files import AXIAL, SAGITTAL, pattern, write, write_series
from tests.core.recognise.texts import with_text

SAMPLE = Path(__file__).resolve().parents[4] / "lumbar_core" / "sample"
KEY = b"0123456789abcdef" * 2


@pytest.fixture(scope="module")
def sample() -> Study:
    return read_study([SAMPLE])


@pytest.fixture(scope="module")
def exported(sample: Study, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return deidentify(sample, tmp_path_factory.mktemp("out"), KEY)


def assert_same_images(before: Study, after: Study) -> None:
    """The same series in the same order, each image at its place with its pixels."""
    for old, new in zip(before.series, after.series, strict=True):
        assert [image.digest for image in new.instances] == [image.digest for image in old.instances]
        assert new.slice_spacing_mm == old.slice_spacing_mm
        for first, second in zip(old.instances, new.instances, strict=True):
            assert (first.plane is None) == (second.plane is None)
            if first.plane is not None and second.plane is not None:
                assert first.plane.origin_mm.tolist() == second.plane.origin_mm.tolist()
                assert first.plane.normal.tolist() == second.plane.normal.tolist()
                assert first.plane.spacing_mm == second.plane.spacing_mm
    frames = [
        {image.frame_of_reference_uid for series in one.series for image in series.instances} for one in (before, after)
    ]
    assert len(frames[0]) == len(frames[1]), "what shared a frame of reference still does"


def test_the_copy_is_read_as_the_examination_that_it_is_of(sample: Study, exported: Exported) -> None:
    after = read_study([exported.folder])
    assert exported.files == sum(len(series.instances) for series in sample.series)
    assert_same_images(sample, after)
    assert [series.kind for series in after.series] == [series.kind for series in sample.series]
    assert after.identity.patient_id != sample.identity.patient_id
    assert after.identity.study_uid != sample.identity.study_uid


def graded(study: Study) -> tuple[Finding, ...]:
    packs, pixels = load_packs("cpu"), DirectReader()
    return analyse(recognise_study(study, packs, pixels), packs, pixels=pixels).findings


def test_the_copy_gets_the_same_grades(sample: Study, exported: Exported) -> None:
    before, after = graded(sample), graded(read_study([exported.folder]))
    told = [
        [(each.key, each.grade, each.probabilities, each.check, each.reason_code) for each in one]
        for one in (before, after)
    ]
    assert told[0] == told[1]
    assert any(each.assessed for each in after)


def test_dciodvfy_finds_no_error(exported: Exported) -> None:
    tool = shutil.which("dciodvfy")
    if tool is None:
        pytest.skip("dciodvfy (Debian: dicom3tools) is not installed")
    for path in sorted(exported.folder.rglob("0001.dcm")):
        said = subprocess.run([tool, str(path)], capture_output=True, text=True, check=False).stderr
        assert not [line for line in said.splitlines() if line.startswith("Error")]


def test_names_of_files_are_numbers(exported: Exported) -> None:
    names = sorted(path.relative_to(exported.folder).as_posix() for path in exported.folder.rglob("*.dcm"))
    assert names[0] == "series-01/0001.dcm"
    assert {path.name for path in exported.folder.iterdir()} == {"series-01", "series-02", "series-03"}


def test_the_same_key_gives_the_same_names_and_none_gives_new_ones(tmp_path: Path) -> None:
    write_series(tmp_path / "in", SAGITTAL, [(x, -100, 100) for x in (0, 4)])
    study = read_study([tmp_path / "in"])
    out = tmp_path / "out"
    out.mkdir()
    made = [deidentify(study, out, key) for key in (KEY, KEY, None, None)]
    uids = [pydicom.dcmread(each.folder / "series-01" / "0001.dcm").SOPInstanceUID for each in made]
    assert uids[0] == uids[1]
    assert len(set(uids)) == 3
    assert made[1].folder.name == f"{made[0].folder.name}-2", "nothing is overwritten"


def test_series_without_numbers_keep_their_order(tmp_path: Path) -> None:
    for number in range(1, 7):
        write_series(tmp_path / "in", AXIAL, [(0, number, z) for z in (0, 4)], uid=f"1.2.3.{number}")
    study = read_study([tmp_path / "in"])
    (tmp_path / "out").mkdir()
    assert_same_images(study, read_study([deidentify(study, tmp_path / "out", KEY).folder]))


def test_what_may_show_a_name_is_left_out_and_told(tmp_path: Path) -> None:
    write_series(tmp_path / "in", SAGITTAL, [(x, -100, 100) for x in (0, 4)])
    write(
        tmp_path / "in", "screen.dcm", SOPInstanceUID="1.2.3.7", SeriesInstanceUID="1.2.3.8", BurnedInAnnotation="YES"
    )
    (tmp_path / "out").mkdir()
    made = deidentify(read_study([tmp_path / "in"]), tmp_path / "out")
    assert made.files == 2
    assert [each.path.name for each in made.left_out] == ["screen.dcm"]
    assert made.notes == (UNKNOWN_BURNED_IN,)


@pytest.mark.parametrize(("said", "copied"), [(None, 1), ("NO", 2)])
def test_a_picture_in_which_letters_show_is_left_out_unless_its_file_says_that_there_are_none(
    tmp_path: Path, said: str | None, copied: int
) -> None:
    dark = np.tile(np.arange(200, dtype=np.uint16) % 7, (200, 1))
    named = with_text(dark.astype(np.float32), "DOE JANE 1961", (5, 5)).astype(np.uint16)
    for number, pixels in enumerate((dark, named)):
        place = [4.0 * number, -100, 100]
        write(
            tmp_path / "in",
            f"{number}.dcm",
            pixels=pixels,
            SOPInstanceUID=f"1.2.3.{number}",
            ImagePositionPatient=place,
            BurnedInAnnotation=said,
        )
    (tmp_path / "out").mkdir()
    made = deidentify(read_study([tmp_path / "in"]), tmp_path / "out")
    assert made.files == copied
    assert [(each.path.name, each.finding) for each in made.left_out] == (
        [("1.dcm", "1.dcm seems to have text burned into its picture, which may show a name.")] if said is None else []
    )


def test_a_picture_that_cannot_be_looked_at_is_left_out(tmp_path: Path) -> None:
    write_series(tmp_path / "in", SAGITTAL, [(x, -100, 100) for x in (0, 4)])
    study = read_study([tmp_path / "in"])
    first = study.series[0].instances[0].source.path
    write(tmp_path / "in", first.name, pixels=pattern(32, 32))
    (tmp_path / "out").mkdir()
    made = deidentify(study, tmp_path / "out")
    assert (made.files, [each.path.name for each in made.left_out]) == (1, [first.name])


def test_where_nothing_may_be_exported_nothing_is_written(tmp_path: Path) -> None:
    write(tmp_path / "in", BurnedInAnnotation="YES")
    (tmp_path / "out").mkdir()
    with pytest.raises(Refused, match="None of 1 files"):
        deidentify(read_study([tmp_path / "in"]), tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_cancelled_in_the_middle_nothing_is_left(sample: Study, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with pytest.raises(Cancelled):
        deidentify(
            sample, tmp_path, progress=lambda done, of: told.append((done, of)), cancelled=lambda: len(told) == 3
        )
    assert told[-1] == (3, 55)
    assert not list(tmp_path.iterdir())


def test_a_copy_never_lies_among_the_originals(tmp_path: Path) -> None:
    write(tmp_path / "in")
    study = read_study([tmp_path / "in"])
    (tmp_path / "in" / "copy").mkdir()
    for folder in (tmp_path / "in", tmp_path / "in" / "copy"):
        with pytest.raises(SavingError, match="own files"):
            deidentify(study, folder)
    with pytest.raises(SavingError, match="not there"):
        deidentify(study, tmp_path / "none")


def test_a_disk_that_cannot_be_written_is_told_and_nothing_is_left(
    sample: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise SavingError(f"“{path.name}” could not be saved: the disk is full.", "Free some space.")

    monkeypatch.setattr("lumbar_core.dicom_out.deidentify.export.save", full)
    with pytest.raises(SavingError, match="the disk is full"):
        deidentify(sample, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_picture_has_no_header_to_clean(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("L", (300, 300)).save(tmp_path / "picture.png")
    with pytest.raises(Refused, match="no header"):
        deidentify(read_study([tmp_path / "picture.png"]), tmp_path)


def test_a_key_is_read_whole_and_must_be_long_enough(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(KEY)
    assert read_key(tmp_path / "key") == KEY
    (tmp_path / "short").write_bytes(b"secret")
    for name in ("short", "none"):
        with pytest.raises(ReadingError):
            read_key(tmp_path / name)


def test_the_real_study_is_read_and_joined_as_before(real_data: Path, tmp_path: Path) -> None:
    study = read_study([real_data / "dicom" / "rsna_100206310"])
    made = deidentify(study, tmp_path, KEY, frozenset({Option.DESCRIPTORS}))
    after = read_study([made.folder])
    assert_same_images(study, after)
    assert [series.kind for series in after.series] == [series.kind for series in study.series]
    copies = [path.read_bytes() for path in made.folder.rglob("*.dcm")]
    assert made.files == 96
    assert not [copy for copy in copies if b"100206310" in copy or b"2092806862" in copy]
