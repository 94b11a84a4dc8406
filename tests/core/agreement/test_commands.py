"""`python -m lumbar_core agreement …`: what it writes, and what it says where it cannot."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import lumbar_core.inference.packs
import lumbar_core.pipeline
import lumbar_core.reading
from lumbar_core.agreement.plan import read_plan
from lumbar_core.agreement.readings import read_judgements, to_lines
from lumbar_core.anatomy import STUDY_TARGETS
from lumbar_core.cli import main
from lumbar_core.study import Identity
from tests.core.agreement.rooms import sitting
from tests.core.fake_studies import a_study
from tests.factories import a_mixed_result


@pytest.fixture
def folder(monkeypatch):
    """A folder in which three examinations are found."""
    found = tuple(replace(a_study(), identity=Identity(study_uid=f"1.2.{number}")) for number in range(3))
    monkeypatch.setattr(lumbar_core.reading, "read_studies", lambda paths, *_: found)
    return "examinations"


def test_a_report_is_written_from_files_of_readings(tmp_path, capsys):
    for reader in ("R1", "R2"):
        (tmp_path / f"{reader}.jsonl").write_bytes(to_lines(sitting(reader, {"S1": "NMS" * 8, "S2": "N" * 25})))
    files = [str(tmp_path / f"{reader}.jsonl") for reader in ("R1", "R2")]
    assert main(["agreement", "report", *files, "--out", str(tmp_path / "report")]) == 0
    assert "agreement.pdf" in capsys.readouterr().err
    document = json.loads((tmp_path / "report" / "agreement.json").read_bytes())
    assert document["comparisons"][0]["parts"][0]["structures"] == 49


def test_files_without_readings_are_wrong_input(tmp_path, capsys):
    empty, foreign = tmp_path / "empty.jsonl", tmp_path / "foreign.jsonl"
    empty.write_bytes(b"")
    foreign.write_bytes(b'{"schema": "lumbar-result/1"}\n')
    for file, words in (
        (empty, "no readings yet"),
        (foreign, "holds no readings"),
        (tmp_path / "none", "cannot be read"),
    ):
        assert main(["agreement", "report", str(file), "--out", str(tmp_path / "report")]) == 2
        assert words in capsys.readouterr().err
    assert not (tmp_path / "report").exists()


def test_a_plan_is_written_for_the_examinations_of_a_folder(folder, tmp_path, capsys):
    out = tmp_path / "plan.json"
    choices = ["--readers", "R1", "R2", "--repeat", "0.34", "--washout", "14", "--reveal", "after_study"]
    assert main(["agreement", "plan", folder, *choices, "--out", str(out)]) == 0
    plan = read_plan(out.read_bytes())
    assert (len(plan.studies), plan.washout_days, plan.reveal) == (3, 14, "after_study")
    assert [len(queue) for queue in plan.queues.values()] == [4, 4]
    assert "3 studies, 2 readers, 8 readings" in capsys.readouterr().err


def test_a_readers_name_is_no_code(folder, tmp_path, capsys):
    assert main(["agreement", "plan", folder, "--readers", "Dr Muster", "--out", str(tmp_path / "plan.json")]) == 2
    assert "no name" in capsys.readouterr().err


def test_the_program_reads_the_plans_studies_too(folder, tmp_path, monkeypatch):
    result = a_mixed_result()
    monkeypatch.setattr(lumbar_core.inference.packs, "load_packs", lambda device: None)
    monkeypatch.setattr(lumbar_core.pipeline, "analyse", lambda study, packs, pixels: result)
    plan, out = tmp_path / "plan.json", tmp_path / "program.jsonl"
    assert main(["agreement", "plan", folder, "--readers", "R1", "--out", str(plan)]) == 0
    assert main(["agreement", "program", folder, "--plan", str(plan), "--out", str(out)]) == 0
    told = read_judgements([out])
    assert len(told) == 3 * len(STUDY_TARGETS)
    own = {(f.condition, f.level, f.side): f for f in result.findings}
    for each in told:
        finding = own.get((each.target.condition, each.target.level, each.target.side))
        assert each.grade == (finding.grade if finding is not None else None)
        assert (each.arm.reader, each.study in ("S01", "S02", "S03")) == ("program", True)


def test_studies_that_are_not_there_are_named(folder, tmp_path, capsys, monkeypatch):
    plan = tmp_path / "plan.json"
    assert main(["agreement", "plan", folder, "--readers", "R1", "--out", str(plan)]) == 0
    monkeypatch.setattr(lumbar_core.reading, "read_studies", lambda paths, progress: (a_study(),))
    assert main(["agreement", "program", "elsewhere", "--plan", str(plan), "--out", str(Path("x"))]) == 2
    assert "3 of the plan's studies are not there: S01, S02, S03" in capsys.readouterr().err
