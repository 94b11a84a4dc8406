"""Unsaved marks on the disk: of one study, one counting, the same networks; nothing of a patient."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lumbar_core.anatomy import Severity
from lumbar_core.report.result import ReaderMark, StudyResult
from lumbar_gui.journal import Journal
from lumbar_gui.reader_marks import marks_of
from tests.factories import a_mixed_result

MARK = ReaderMark("changed", Severity.SEVERE, Severity.NORMAL_MILD)


def fresh() -> StudyResult:
    return a_mixed_result()


def marked() -> StudyResult:
    result = fresh()
    return result.with_findings((replace(result.findings[0], reader=MARK), *result.findings[1:]))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    journal = Journal(tmp_path)
    journal.keep(marked())
    return journal


def test_marks_come_back_to_the_structures_that_they_were_given_to(journal: Journal) -> None:
    back = journal.restored(fresh())
    assert back is not None
    assert marks_of(back) == marks_of(marked()) == {fresh().findings[0].key: (MARK, None)}


def test_a_finding_comes_back_to_where_the_reader_put_it(tmp_path: Path) -> None:
    result = fresh()
    own = next(finding for finding in result.findings if finding.location is not None)
    assert own.location is not None
    there = replace(own.location, row=own.location.row + 5, patient_mm=(1.0, 2.0, 3.0))
    moved = replace(
        own, grade=Severity.MODERATE, worst_view=Severity.MODERATE, probabilities=(0.2, 0.7, 0.1), check=True,
        check_reasons=("for a reason",), borderline=True, location=there, evidence=(there,), own=own,
    )  # fmt: skip
    changed = result.with_findings(tuple(moved if each is own else each for each in result.findings))
    journal = Journal(tmp_path)
    journal.keep(changed)
    assert journal.restored(fresh()) == changed
    (file,) = (tmp_path / "unsaved").iterdir()
    assert own.location.file not in file.read_text(encoding="utf-8")


def test_what_a_moved_canal_showed_on_an_axial_slice_comes_back_with_it(tmp_path: Path) -> None:
    result = fresh()
    first = next(finding for finding in result.findings if finding.location is not None)
    assert first.location is not None
    axial = replace(first.location, series="ax", file="ax.dcm")
    own = replace(first, evidence=(*first.evidence, axial))
    there = replace(first.location, row=first.location.row + 5)
    moved = replace(
        own, grade=Severity.NORMAL_MILD, worst_view=Severity.MODERATE, location=there, evidence=(there, axial), own=own
    )
    rest = result.findings[result.findings.index(first) + 1 :]
    assert result.findings[0] is first
    before, changed = (result.with_findings((each, *rest)) for each in (own, moved))
    journal = Journal(tmp_path)
    journal.keep(changed)
    assert journal.restored(before) == changed


def test_another_study_counting_or_network_gets_none(journal: Journal) -> None:
    result = fresh()
    assert journal.restored(replace(result, study_key="another")) is None
    assert journal.restored(replace(result, numbering=replace(result.numbering, alternative="up"))) is None
    assert journal.restored(replace(result, packs=result.packs[1:])) is None
    newer = (replace(result.packs[0], version="99.0.0"), *result.packs[1:])  # the same network, calibrated otherwise
    assert journal.restored(replace(result, packs=newer)) is None


def up(result: StudyResult) -> StudyResult:
    return replace(result, numbering=replace(result.numbering, alternative="up"))


def test_each_counting_has_its_own_marks(journal: Journal) -> None:
    assert journal.other_counting(fresh()) is None
    journal.keep(up(marked()))
    assert journal.other_counting(fresh()) == "up"
    journal.forget(marked())
    assert journal.restored(fresh()) is None
    assert journal.restored(up(fresh())) == up(marked())
    journal.forget(up(marked()))
    assert journal.other_counting(fresh()) is None


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"packs": 1}', '{"marks": [{"place": 3}]}', '{"marks": [{"status": "agreed"}]}']
)
def test_a_broken_file_costs_nothing(text: str, journal: Journal, tmp_path: Path) -> None:
    (file,) = (tmp_path / "unsaved").iterdir()
    file.write_text(text, encoding="utf-8")
    assert journal.restored(fresh()) is None


def test_a_folder_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "unsaved").write_text("a file in the way", encoding="utf-8")
    journal = Journal(tmp_path)
    journal.keep(marked())
    assert journal.restored(fresh()) is None


def test_nothing_of_the_patient_stands_in_the_file(tmp_path: Path) -> None:
    result = marked()
    named = replace(result, identity=replace(result.identity, patient_name="CANARY^NAME", patient_id="CANARY-7"))
    Journal(tmp_path).keep(named)
    (file,) = (tmp_path / "unsaved").iterdir()
    assert "CANARY" not in file.read_text(encoding="utf-8") + file.name
