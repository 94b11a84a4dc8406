"""The command line: what it prints where, what it writes, and its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from lumbar_core import cli, pipeline
from lumbar_core.errors import ModelError, SavingError
from lumbar_core.inference import packs as packs_module
from lumbar_core.inference.packs import Pack, PackSet
from lumbar_core.report.form import ReportForm
from lumbar_core.report.result import INTENDED_USE
from lumbar_core.report.to_json import render_json
from lumbar_core.self_test import PICTURES
from tests.core.fake_packs import a_pack
from tests.core.report.pdf_pages import pages
from tests.factories import a_mixed_result, a_result, study_findings

ROOT = Path(cli.__file__).resolve().parents[1]


class FakePacks(SimpleNamespace):
    """Packs by name only."""

    def warm_up(self):
        self.warmed = True


def fake_packs(*names, refused=()):
    contract = SimpleNamespace(version="1.0.0", task="grade", digest="ab" * 32)
    return FakePacks(
        all=tuple(SimpleNamespace(name=name, contract=contract, is_users=False) for name in names), refused=refused
    )


@pytest.fixture
def engine(monkeypatch, tmp_path):
    """The pipeline replaced by a recorded answer; returns what it was called with and what it gives."""
    seen = SimpleNamespace(result=a_mixed_result(), device=None, study=None, error=None)

    def analyse(study, packs, report, *, pixels, read_ms):
        seen.study = study
        report(pipeline.Progress(pipeline.Step.LOCALISE, 3, 18))
        if seen.error is not None:
            raise seen.error
        return seen.result

    def load_packs(device="auto", threads=None):
        seen.device = device
        return seen.packs

    seen.packs = fake_packs("canal")
    monkeypatch.setattr(pipeline, "analyse", analyse)
    monkeypatch.setattr(packs_module, "load_packs", load_packs)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return seen


@pytest.fixture
def picture():
    return str(PICTURES / "rle.dcm")


def test_grade_prints_the_grid_and_exits_0(engine, picture, capsys):
    assert cli.main(["grade", picture]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("Severe canal stenosis at L4/L5, and 3 more severe findings\n")
    assert INTENDED_USE in " ".join(printed.out.split())
    assert "localise" in printed.err
    assert "localise" not in printed.out


def test_grade_exits_3_when_nothing_could_be_assessed(engine, picture, capsys):
    engine.result = a_result(study_findings(without={f.condition for f in study_findings()}))
    assert cli.main(["grade", picture]) == 3
    assert capsys.readouterr().out.startswith("Nothing could be assessed\n")


def test_grade_writes_the_files_that_are_asked_for(engine, picture, tmp_path):
    paths = {kind: tmp_path / f"result.{kind}" for kind in ("json", "csv", "pdf")}
    asked = [word for kind, path in paths.items() for word in (f"--{kind}", str(path))]
    assert cli.main(["grade", picture, *asked]) == 0
    assert json.loads(paths["json"].read_bytes())["study"] == {"key": "0123456789abcdef"}
    assert paths["csv"].read_text().startswith("path,condition")
    assert paths["pdf"].read_bytes().startswith(b"%PDF")
    assert {path.name for path in tmp_path.iterdir()} == {"result.json", "result.csv", "result.pdf"}


def test_identity_is_written_only_when_asked_for(engine, picture, tmp_path):
    cli.main(["grade", picture, "--identity", "--json", str(tmp_path / "r.json")])
    assert json.loads((tmp_path / "r.json").read_bytes())["study"]["patient_name"] == "Made^Up"


def test_a_wrong_format_exits_2_and_says_what_is_accepted(engine, tmp_path, capsys):
    (tmp_path / "letter.docx").write_bytes(b"PK\x03\x04 not really")
    (tmp_path / "notes.txt").write_text("Dear colleague")
    for name in ("letter.docx", "notes.txt"):
        assert cli.main(["grade", str(tmp_path / name)]) == 2
    printed = capsys.readouterr()
    assert "Wrong format" in printed.err
    assert "DICOM" in printed.err
    assert printed.out == ""
    assert engine.study is None


def test_a_path_that_is_not_there_exits_2(engine, tmp_path, capsys):
    assert cli.main(["grade", str(tmp_path / "none.dcm")]) == 2
    assert "none.dcm is not there" in capsys.readouterr().err


def test_more_than_one_study_exits_2_and_names_batch(engine, tmp_path, capsys):
    for name, grey in (("a.png", 1), ("b.png", 2)):
        Image.new("L", (64, 64), grey).save(tmp_path / name)
    assert cli.main(["grade", str(tmp_path)]) == 2
    assert "batch" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [[], ["grade"], ["nonsense"], ["grade", "x", "--device", "tpu"], ["batch", "x"], ["batch", "x", "--out"]]
)
def test_wrong_usage_exits_2(words, capsys):
    assert cli.main(words) == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_workers_are_at_least_one(number, tmp_path, capsys):
    assert cli.main(["batch", str(tmp_path), "--out", str(tmp_path / "o"), "--workers", number]) == 2


def test_help_exits_0_with_the_intended_use(capsys):
    assert cli.main(["--help"]) == 0
    assert INTENDED_USE in " ".join(capsys.readouterr().out.split())


def test_a_fault_is_one_sentence_with_its_place_in_the_log_and_no_values(engine, picture, tmp_path, capsys):
    engine.error = RuntimeError(" ".join(["Made^Up", "was", "here"]))
    assert cli.main(["grade", picture]) == 1
    sentence = capsys.readouterr().err.splitlines()[-1]
    assert "RuntimeError" in sentence
    assert "Made^Up" not in sentence
    (log,) = (tmp_path / "state").rglob("faults.log")
    assert str(log) in sentence
    assert " analyse\n" in log.read_text()
    assert "Made^Up" not in log.read_text()


def test_a_fault_without_a_log_is_said_too(engine, picture, tmp_path, capsys):
    (tmp_path / "state").write_text("a file where the folder should be")
    engine.error = RuntimeError("x")
    assert cli.main(["grade", picture]) == 1
    assert "log could not be written" in capsys.readouterr().err


def test_a_broken_pack_exits_1_with_its_own_sentence(engine, picture, capsys):
    engine.error = ModelError("Model pack canal was altered.", "Install it again.")
    assert cli.main(["grade", picture]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "Model pack canal was altered. Install it again."


def test_a_stopped_job_says_so(engine, picture, capsys):
    engine.error = KeyboardInterrupt()
    assert cli.main(["grade", picture]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "Stopped."


@pytest.mark.parametrize("kind", ["--json", "--csv", "--pdf"])
@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("no/r.x", "the folder is not there"),
        ("file/r.x", "the folder is not there"),
        ("folder", "a folder of that name is there"),
        ("n" * 300, "the file name is too long"),
    ],
)
def test_a_file_with_nowhere_to_go_is_said_before_the_work(engine, picture, tmp_path, capsys, kind, place, words):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    assert cli.main(["grade", picture, kind, str(tmp_path / place)]) == 2
    assert words in capsys.readouterr().err
    assert engine.study is None


@pytest.mark.parametrize(
    ("option", "place", "words"),
    [("--json", "r.json", "writing there is not allowed"), ("--dicom", ".", "No file can be made in")],
)
def test_a_folder_that_may_not_be_written_is_said_before_the_work(
    engine, picture, tmp_path, capsys, monkeypatch, option, place, words
):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    assert cli.main(["grade", picture, option, str(tmp_path / place)]) == 2
    assert words in capsys.readouterr().err
    assert engine.study is None


def test_checking_where_a_file_will_go_leaves_nothing_and_touches_nothing(engine, picture, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "r.json").write_text("before")
    engine.error = ModelError("Model pack canal was altered.", "Install it again.")
    assert cli.main(["grade", picture, "--json", str(folder / "r.json"), "--csv", str(folder / "r.csv")]) == 1
    assert [path.read_text() for path in folder.iterdir()] == ["before"]


def test_a_report_that_cannot_be_saved_exits_1_after_the_grid_was_printed(
    engine, picture, tmp_path, capsys, monkeypatch
):
    def full(path, data):
        raise SavingError("The disk is full.", "Free some space.")

    monkeypatch.setattr("lumbar_core.report.save.save", full)
    assert cli.main(["grade", picture, "--json", str(tmp_path / "r.json")]) == 1
    printed = capsys.readouterr()
    assert printed.out.startswith("Severe canal stenosis")
    assert printed.err.splitlines()[-1] == "The disk is full. Free some space."


def test_asking_for_cuda_where_there_is_none_says_that_the_cpu_was_used(engine, picture, capsys):
    assert cli.main(["grade", picture, "--device", "cuda"]) == 0
    assert engine.device == "cuda"
    assert "CUDA is not available here; CPU was used." in capsys.readouterr().err


def test_cuda_that_was_used_needs_no_word(engine, picture, capsys):
    engine.result = a_result(program=replace(engine.result.program, provider="CUDA"))
    cli.main(["grade", picture, "--device", "cuda"])
    assert "not available" not in capsys.readouterr().err


def test_an_earlier_result_is_compared_with(engine, picture, tmp_path, capsys):
    earlier = tmp_path / "earlier.json"
    earlier.write_bytes(render_json(replace(engine.result, study_key="fedcba9876543210")))
    assert cli.main(["grade", picture, "--earlier", str(earlier)]) == 0
    assert "No reliable change at" in capsys.readouterr().out


def test_an_earlier_file_that_is_no_result_ends_before_the_work(engine, picture, tmp_path, capsys):
    for name in ("gone.json", Path(picture).name):
        assert cli.main(["grade", picture, "--earlier", str(tmp_path / name)]) == 2
        assert capsys.readouterr().out == ""


def test_an_earlier_result_of_another_patient_costs_no_file(engine, picture, tmp_path, capsys):
    other = replace(engine.result, identity=replace(engine.result.identity, patient_id="somebody else"))
    earlier, saved = tmp_path / "earlier.json", tmp_path / "now.json"
    earlier.write_bytes(render_json(other, identity=True))
    assert cli.main(["grade", picture, "--earlier", str(earlier), "--json", str(saved)]) == 2
    assert "another patient" in capsys.readouterr().err
    assert saved.is_file()


def test_dicom_objects_go_into_a_folder_that_is_there(engine, picture, tmp_path, capsys, monkeypatch):
    asked = []
    monkeypatch.setattr("lumbar_core.dicom_out.write_objects", lambda *given: asked.append(given) or [tmp_path])
    assert cli.main(["grade", picture, "--dicom", str(tmp_path / "none")]) == 2
    assert cli.main(["grade", picture, "--dicom", str(tmp_path), "--identity"]) == 0
    ((folder, result, *_, identity, form),) = asked
    assert (folder, result, identity, form) == (tmp_path, engine.result, True, ReportForm())
    assert "marked unreviewed" in capsys.readouterr().err


def test_the_report_s_form_is_taken_from_the_options(engine, picture, tmp_path, capsys):
    header, pdf = tmp_path / "header.txt", tmp_path / "report.pdf"
    header.write_text("Praxis Süd\n", encoding="utf-8")
    words = ["--language", "de", "--paper", "letter", "--header-file", str(header), "--remark", "Nur zur Probe."]
    assert cli.main(["grade", picture, "--pdf", str(pdf), *words]) == 0
    assert "Nicht gesucht: Fraktur" in capsys.readouterr().out
    first, second = pages(pdf.read_bytes())
    assert first.startswith("Praxis Süd UNGEPRÜFTES PROGRAMMERGEBNIS")
    assert "Bemerkung Nur zur Probe." in first
    assert "Alle Befunde" in second
    assert b"/MediaBox [ 0 0 612 792 ]" in pdf.read_bytes()


@pytest.mark.parametrize(
    ("text", "remark", "said"),
    [(b"\xff\xfe", "", "is no text in UTF-8"), (None, "", "cannot be read"), (b"", "서울병원", "no letters for")],
)
def test_a_header_or_remark_that_cannot_be_printed_stops_before_the_work(
    engine, picture, tmp_path, capsys, text, remark, said
):
    header, pdf = tmp_path / "header.txt", tmp_path / "report.pdf"
    if text is not None:
        header.write_bytes(text)
    given = ["grade", picture, "--pdf", str(pdf), "--header-file", str(header), "--remark", remark]
    assert cli.main(given) == 2
    assert said in capsys.readouterr().err
    assert not pdf.exists()


def test_without_packs_the_user_is_told_what_to_install(engine, picture, capsys):
    engine.packs = fake_packs(refused=("canal: altered.",))
    cli.main(["grade", picture])
    err = capsys.readouterr().err
    assert "Model pack left out. canal: altered." in err
    assert "packs install" in err


def test_packs_lists_and_verifies(engine, capsys):
    engine.packs = fake_packs("canal", "localise_t2")
    assert cli.main(["packs"]) == cli.main(["packs", "list"]) == 0
    assert capsys.readouterr().out.count("canal  1.0.0  grade  abababababab\n") == 2
    assert cli.main(["packs", "verify"]) == 0
    assert engine.packs.warmed
    assert capsys.readouterr().out.count("verified") == 2


def test_a_refused_pack_fails_the_listing(engine, capsys):
    engine.packs = fake_packs("canal", refused=("other: altered.",))
    assert cli.main(["packs", "verify"]) == 1
    assert "refused: other: altered." in capsys.readouterr().out


def test_packs_are_installed_and_removed_by_name(engine, monkeypatch, tmp_path, capsys):
    calls = []
    contract = SimpleNamespace(name="canal", version="2.0.0", in_words=lambda: ["grade: canal", "for tests only"])
    monkeypatch.setattr(packs_module, "verify_pack", lambda _: contract)
    monkeypatch.setattr(packs_module, "install_pack", lambda folder: calls.append(folder) or contract)
    monkeypatch.setattr(packs_module, "remove_pack", calls.append)
    assert cli.main(["packs", "install", str(tmp_path)]) == 0
    assert cli.main(["packs", "remove", "canal"]) == 0
    assert calls == [tmp_path, "canal"]
    told = f"{tmp_path} holds a pack:\n  grade: canal\n  for tests only\n"
    assert capsys.readouterr().out == f"{told}Installed canal 2.0.0.\nRemoved canal.\n"


def test_what_is_no_pack_is_not_installed_and_exits_2(engine, tmp_path, capsys):
    assert cli.main(["packs", "install", str(tmp_path)]) == 2
    assert "lacks contract.json" in capsys.readouterr().err


def test_a_pack_that_is_not_the_users_is_not_removed_and_exits_2(engine, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(packs_module, "installed_folder", lambda: tmp_path)
    assert cli.main(["packs", "remove", "canal"]) == 2
    assert "No installed model pack is called canal" in capsys.readouterr().err


@pytest.mark.parametrize("action", ["install", "remove"])
def test_packs_that_cannot_be_written_are_a_fault(engine, monkeypatch, tmp_path, action):
    def full(*_):
        raise SavingError("The disk is full.", "Free some space.")

    monkeypatch.setattr(packs_module, "verify_pack", lambda _: SimpleNamespace(in_words=list))
    monkeypatch.setattr(packs_module, f"{action}_pack", full)
    assert cli.main(["packs", action, str(tmp_path)]) == 1


def test_a_pack_that_the_user_installed_is_listed_with_its_metrics_and_terms(engine, monkeypatch, capsys):
    engine.packs = PackSet((a_pack(),))
    monkeypatch.setattr(Pack, "is_users", True)
    assert cli.main(["packs", "list"]) == 0
    said = capsys.readouterr().out
    for words in ("installed by you", "accuracy: 0.900 (0.880 – 0.920), 100 cells", "for tests only"):
        assert words in said


@pytest.mark.parametrize("word", ["self-test", "--self-test"])
@pytest.mark.parametrize(("passed", "code"), [(True, 0), (False, 1)])
def test_the_self_test_has_two_names_and_exits_0_only_when_all_passed(word, passed, code, monkeypatch):
    monkeypatch.setattr("lumbar_core.self_test.run_self_test", lambda say: passed)
    assert cli.main([word]) == code


def test_batch_hands_its_options_on(engine, monkeypatch, tmp_path):
    calls = []
    monkeypatch.setattr("lumbar_core.batch.run_batch", lambda *words, say: calls.append(words))
    words = ["batch", "in", "--out", "out", "--workers", "3", "--as", "pictures", "--device", "cpu"]
    assert cli.main(words) == 0
    assert calls == [(Path("in"), Path("out"), 3, "pictures", "cpu")]


def test_batch_hands_a_clusters_address_on_and_takes_no_number_of_processes_with_it(engine, monkeypatch):
    calls = []
    monkeypatch.setattr("lumbar_core.batch.run_batch", lambda *words, say, cluster: calls.append(cluster))
    words = ["batch", "in", "--out", "out", "--cluster", "tcp://10.0.0.1:8786"]
    assert cli.main(words) == 0
    assert calls == ["tcp://10.0.0.1:8786"]
    assert cli.main([*words, "--workers", "2"]) == 2


@pytest.mark.parametrize("word", ["--decode-worker", "--batch-worker"])
def test_internal_workers_are_dispatched_before_anything_else(word, monkeypatch):
    calls = []
    monkeypatch.setattr("lumbar_core.reading.decode_worker.main", lambda: calls.append("--decode-worker") or 7)
    monkeypatch.setattr("lumbar_core.batch.worker.serve", lambda words: calls.append("--batch-worker") or 7)
    assert cli.main([word]) == 7
    assert calls == [word]


def python(*words, **environment):
    """A fresh Python that knows nothing of telemetry from its caller."""
    clean = {key: value for key, value in os.environ.items() if key != "ORT_DISABLE_TELEMETRY"}
    command = [sys.executable, *words]
    return subprocess.run(
        command, cwd=ROOT, env={**clean, **environment}, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("module", ["lumbar_core", "lumbar_core.cli", "lumbar_core.inference.session"])
def test_every_entry_turns_the_runtimes_telemetry_off(module):
    assert python("-c", f"import {module}, os; print(os.environ['ORT_DISABLE_TELEMETRY'])") == "1\n"


def test_telemetry_stays_off_whatever_the_caller_set():
    said = python("-c", "import lumbar_core, os; print(os.environ['ORT_DISABLE_TELEMETRY'])", ORT_DISABLE_TELEMETRY="0")
    assert said == "1\n"


def test_the_command_line_starts_without_what_is_heavy():
    heavy = ("numpy", "PIL", "pydicom", "onnxruntime", "reportlab", "tkinter")
    said = python("-c", f"import lumbar_core.cli, sys; print([m for m in {heavy} if m in sys.modules])")
    assert said == "[]\n"


def test_what_another_program_reads_is_utf_8_whatever_the_system_writes():
    words = ["-c", "from lumbar_core import cli; cli.main(['grade', 'Größe ½.png'])"]
    environment = {**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": "cp1252"}
    said = subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, check=True)
    assert "Größe ½.png" in said.stderr.decode("utf-8")


SAMPLE = ROOT / "lumbar_core" / "sample"


def test_a_copy_without_identity_is_written_and_its_place_told(tmp_path, capsys):
    assert cli.main(["deidentify", str(SAMPLE), "--out", str(tmp_path), "--retain", "dates", "descriptors"]) == 0
    said = capsys.readouterr()
    (folder,) = tmp_path.iterdir()
    assert said.out == f"55 files without identity in {folder}\n"
    assert "burned into" in said.err
    assert len(list(folder.rglob("*.dcm"))) == 55


def test_with_a_key_file_later_copies_fit(tmp_path, capsys):
    key, short = tmp_path / "key", tmp_path / "short"
    key.write_bytes(bytes(range(32)))
    short.write_bytes(b"too short")
    out = tmp_path / "out"
    out.mkdir()
    for _ in range(2):
        assert cli.main(["deidentify", str(SAMPLE), "--out", str(out), "--key-file", str(key)]) == 0
    first, second = sorted(out.iterdir())
    assert second.name == f"{first.name}-2"
    assert cli.main(["deidentify", str(SAMPLE), "--out", str(out), "--key-file", str(short)]) == 2
    assert "32 random bytes" in capsys.readouterr().err


def test_a_copy_needs_a_folder_that_is_there_and_is_not_the_examination_s(tmp_path, capsys):
    assert cli.main(["deidentify", str(SAMPLE), "--out", str(tmp_path / "none")]) == 2
    assert cli.main(["deidentify", str(SAMPLE), "--out", str(SAMPLE)]) == 1
    assert "own files" in capsys.readouterr().err
    assert cli.main(["deidentify", str(SAMPLE)]) == 2, "--out is needed"
