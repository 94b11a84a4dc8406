"""`batch`: every input has exactly one line, whatever it is and whatever happens."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from lumbar_core import faults
from lumbar_core.batch import run as run_module
from lumbar_core.batch import run_batch
from lumbar_core.batch.journal import Journal
from lumbar_core.batch.pipes import read_message, write_message
from lumbar_core.batch.pool import Pool
from lumbar_core.batch.progress import Pace, ProgressLine, bar, duration
from lumbar_core.batch.task import Task, picture_tasks, study_tasks
from lumbar_core.errors import Damaged, LumbarError, ReadingError, Refused, SavingError, WrongFormat
from lumbar_core.reading import read_studies
from lumbar_core.self_test import PICTURES
from lumbar_core.study import InputKind
from tests.factories import a_mixed_result

WORKER = [sys.executable, str(Path(__file__).with_name("fake_batch_worker.py"))]


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def run(root, out, kind="pictures", workers=2, command=WORKER):
    """Run a batch with the made-up worker; returns the lines by path."""
    run_batch(root, out, workers, kind, "cpu", say=lambda _: None, command=command)
    return lines(out)


def lines(out):
    documents = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    paths = [document["input"]["path"] for document in documents]
    assert len(paths) == len(set(paths)), "an input has two lines"
    return dict(zip(paths, documents, strict=True))


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture(autouse=True)
def packs_of_the_worker(monkeypatch):
    """The program has the packs that the made-up worker names in its results."""
    packs = {(pack.version, pack.digest) for pack in a_mixed_result().packs}
    monkeypatch.setattr(run_module, "packs_here", lambda _: packs)


@pytest.fixture(autouse=True)
def own_log(tmp_path, monkeypatch):
    """Faults of made-up workers are not written to the user's log."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_every_file_has_one_line_and_every_finding_one_row(root, out):
    touch(root, "a.png", "sub/b.png", "sub/deep/c.png")
    found = run(root, out)
    assert set(found) == {"a.png", "sub/b.png", "sub/deep/c.png"}
    assert all(document["schema"] == "lumbar-result/1" for document in found.values())
    rows = list(csv.DictReader(io.StringIO((out / "results.csv").read_text())))
    assert len(rows) == 75
    assert {row["path"] for row in rows} == set(found)


def test_bad_files_get_their_line_with_the_reason_and_stop_nobody(root, out):
    touch(root, "damaged.png", "crash.png", "fault.png", "talk.png", *(f"good{i}.png" for i in range(6)))
    found = run(root, out)
    assert len(found) == 10
    for name in ("damaged.png", "crash.png", "fault.png"):
        assert found[name]["findings"] == []
        (reason,) = found[name]["input"]["unreadable"]
        assert reason["path"] == name
        assert reason["finding"]
        assert reason["remedy"]
        assert found[name]["summary"]["headline"] == "Nothing could be assessed"
    assert all(found[name]["findings"] for name in found if name.startswith(("good", "talk")))


def test_a_fault_leaves_no_patient_name_behind(root, out, tmp_path):
    touch(root, "fault-DOE.png")
    (reason,) = run(root, out)["fault-DOE.png"]["input"]["unreadable"]
    assert "DOE" not in reason["finding"]
    (log,) = (tmp_path / "state").rglob(faults.log_file().name)
    assert "ValueError" in log.read_text()
    assert "DOE" not in log.read_text()


def test_a_file_that_hangs_is_ended_and_has_its_line(root, out, monkeypatch):
    touch(root, "hang.png", "good.png")
    monkeypatch.setattr(run_module, "Pool", lambda command, workers: Pool(command, workers, limit_s=4.0))
    found = run(root, out)
    assert found["hang.png"]["findings"] == []
    assert found["good.png"]["findings"]


def test_a_stopped_batch_goes_on_where_it_was(root, out):
    touch(root, "a.png", "b.png", "c.png")
    run(root, out)
    whole = (out / "results.jsonl").read_bytes()
    first, second, _ = whole.splitlines(keepends=True)
    (out / "results.jsonl").write_bytes(first + second + b'{"schema": "lumbar-res')
    assert len(run(root, out)) == 3
    assert (out / "results.jsonl").read_bytes().startswith(first + second)


def test_what_is_done_is_not_done_again(root, out):
    touch(root, "a.png")
    run(root, out)
    before = (out / "results.jsonl").read_bytes()
    assert run(root, out, command=[sys.executable, "-c", "raise SystemExit(9)"])
    assert (out / "results.jsonl").read_bytes() == before


@pytest.mark.parametrize("changes", [{"digest": "another"}, {"version": "99.0.0"}])
def test_results_of_other_packs_are_not_mixed_in(root, out, monkeypatch, changes):
    """Nor of the same networks in another version, which may calibrate them otherwise."""
    touch(root, "a.png")
    run(root, out)
    before = (out / "results.jsonl").read_bytes()
    touch(root, "b.png")
    first, *others = a_mixed_result().packs
    packs = {(pack.version, pack.digest) for pack in (replace(first, **changes), *others)}
    monkeypatch.setattr(run_module, "packs_here", lambda _: packs)
    with pytest.raises(Refused, match="other model packs"):
        run(root, out)
    assert (out / "results.jsonl").read_bytes() == before


def test_new_files_are_added_to_an_earlier_run(root, out):
    touch(root, "a.png")
    run(root, out)
    touch(root, "b.png")
    assert set(run(root, out)) == {"a.png", "b.png"}


def test_a_file_exchanged_since_is_graded_anew_and_the_others_are_not(root, out):
    touch(root, "a.png", "b.png")
    before = run(root, out)
    (root / "a.png").write_bytes(b"y")
    after = run(root, out)
    assert after["b.png"] == before["b.png"]
    assert after["a.png"]["input"]["batch"]["digest"] != before["a.png"]["input"]["batch"]["digest"]
    assert (out / "results.csv").read_text().count("\n") == 1 + 2 * 25


def test_what_could_not_be_read_is_read_again_once_it_was_exchanged(root, out):
    (root / "cut.png").write_bytes((PICTURES / "picture_png.png").read_bytes()[:40])
    shutil.copy(PICTURES / "picture_png.png", root / "whole.png")
    assert not run(root, out, "studies")["cut.png"]["findings"]
    Image.new("L", (64, 64), 10).save(root / "cut.png")
    assert run(root, out, "studies")["cut.png"]["findings"]


def test_another_folder_is_not_taken_for_the_one_that_was_graded(root, out, tmp_path):
    touch(root, "a.png")
    run(root, out)
    before = (out / "results.jsonl").read_bytes()
    other = tmp_path / "other"
    touch(other, "a.png", "b.png")
    (other / "a.png").write_bytes(b"another patient")
    with pytest.raises(Refused, match="another folder"):
        run(other, out)
    assert (out / "results.jsonl").read_bytes() == before


def test_a_folder_that_was_moved_goes_on(root, out, tmp_path):
    touch(root, "a.png")
    before = run(root, out)
    moved = root.rename(tmp_path / "moved")
    touch(moved, "b.png")
    after = run(moved, out)
    assert set(after) == {"a.png", "b.png"}
    assert after["a.png"] == before["a.png"]


def test_pictures_and_studies_are_not_mixed(root, out):
    Image.new("L", (64, 64), 10).save(root / "a.png")
    run(root, out, "pictures")
    with pytest.raises(Refused, match="--as pictures"):
        run(root, out, "studies")


def test_an_examination_that_is_named_otherwise_beside_another_has_one_line(root, out):
    for folder, uid in (("a", b"2.25.15100"), ("b", b"2.25.15200")):
        (root / folder).mkdir()
        for index in range(2):
            data = bytearray((PICTURES / "explicit_little_endian.dcm").read_bytes().replace(b"2.25.15000", uid))
            data[-1] = index
            (root / folder / f"{index}.dcm").write_bytes(data)
    (root / "b").rename(root.parent / "b")
    assert set(run(root, out, "studies")) == {"a"}
    (root.parent / "b").rename(root / "b")
    assert set(run(root, out, "studies")) == {"a", "b"}


def test_no_path_of_the_folder_is_written(root, out):
    touch(root, "a.png")
    run(root, out)
    assert str(root.parent) not in (out / "results.jsonl").read_text()


def test_results_inside_the_input_are_not_inputs(root):
    touch(root, "a.png")
    out = root / "out"
    assert set(run(root, out)) == set(run(root, out)) == {"a.png"}


@pytest.mark.skipif(sys.platform != "linux", reason="only here may a file name be any bytes")
def test_a_file_name_that_is_not_text_is_an_input_like_any_other(root, out):
    for name in (b"caf\xe9.png", b"damaged\xe9.png", b"crash\xe9.png"):
        (root / os.fsdecode(name)).write_bytes(b"x")
    found = run(root, out)
    assert set(found) == {os.fsdecode(name) for name in (b"caf\xe9.png", b"damaged\xe9.png", b"crash\xe9.png")}
    assert set(run(root, out)) == set(found)


def test_litter_of_systems_is_no_input(root, out):
    touch(root, "a.png", ".DS_Store", "Thumbs.db", ".hidden/b.png")
    assert set(run(root, out)) == {"a.png"}


def test_a_worker_that_cannot_start_is_a_fault_and_not_a_thousand_bad_files(root, out):
    touch(root, "a.png", "b.png")
    with pytest.raises(LumbarError, match="could not start"):
        run(root, out, command=[*WORKER, "stillborn"])
    assert (out / "results.jsonl").read_bytes() == b""


def test_a_program_that_is_not_there_ends_the_batch(root, out):
    touch(root, "a.png")
    with pytest.raises(FileNotFoundError):
        run(root, out, command=["/no/such/program"])


def test_an_input_that_is_not_there_is_said(root, out):
    with pytest.raises(ReadingError, match="is not there"):
        run(root / "no", out)


def test_an_input_of_a_name_that_the_system_refuses_is_said(root, out):
    with pytest.raises(ReadingError):
        run(root / ("long" * 100), out)


@pytest.mark.parametrize("kind", ["pictures", "studies"])
def test_an_input_that_holds_nothing_is_said(root, out, kind):
    with pytest.raises(WrongFormat):
        run(root, out, kind)


def test_a_folder_that_holds_other_results_is_not_touched(root, out):
    touch(root, "a.png")
    out.mkdir()
    (out / "results.jsonl").write_text("not ours\n")
    with pytest.raises(Damaged, match="Line 1"):
        run(root, out)
    assert (out / "results.jsonl").read_text() == "not ours\n"


def test_an_output_folder_that_cannot_be_written_is_said(root, out):
    touch(root, "a.png")
    out.mkdir()
    (out / "results.jsonl").mkdir()
    with pytest.raises(SavingError):
        run(root, out)


def _zip_of_another_study(path):
    data = (PICTURES / "explicit_little_endian.dcm").read_bytes().replace(b"2.25.15000", b"2.25.15900")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/1.dcm", data)
        archive.writestr("x/2.dcm", data[:-1] + b"\x07")


def test_studies_are_one_line_each_and_loose_pictures_are_studies_of_their_own(root, out):
    for name, grey in (("one.png", 10), ("two.png", 20)):
        Image.new("L", (64, 64), grey).save(root / name)
    (root / "patient").mkdir()
    shutil.copy(PICTURES / "rle.dcm", root / "patient" / "rle.dcm")
    (root / "cut.png").write_bytes((PICTURES / "picture_png.png").read_bytes()[:40])
    _zip_of_another_study(root / "archive.zip")
    (root / "alone").mkdir()
    for name in ("a.dcm", "b.dcm"):
        (root / "alone" / name).write_text("This is not an image.")
    found = run(root, out, "studies")
    assert set(found) == {"one.png", "two.png", "archive.zip", "patient/rle.dcm", "alone", "cut.png"}
    assert found["alone"]["findings"] == found["cut.png"]["findings"] == []
    assert [file["path"] for file in found["alone"]["input"]["unreadable"]] == ["alone/a.dcm", "alone/b.dcm"]
    assert found["cut.png"]["input"]["unreadable"][0]["path"] == "cut.png"
    assert found["one.png"]["findings"]


def test_a_folder_in_which_nothing_can_be_read_still_has_its_lines(root, out):
    (root / "cut.png").write_bytes((PICTURES / "picture_png.png").read_bytes()[:40])
    (root / "text.dcm").write_text("This is not an image.")
    found = run(root, out, "studies")
    assert set(found) == {"cut.png", "text.dcm"}
    assert all(document["input"]["unreadable"] for document in found.values())


def test_an_unreadable_slice_is_told_with_the_examination_in_whose_folder_it_lies(tmp_path):
    for index in range(2):
        data = bytearray((PICTURES / "explicit_little_endian.dcm").read_bytes())
        data[-1] = index
        (tmp_path / f"{index}.dcm").write_bytes(data)
    (tmp_path / "2.dcm").write_bytes(data[:400])
    (task,) = study_tasks(tmp_path, read_studies([tmp_path]))
    assert [file.path for file in task.unreadable] == ["2.dcm"]


def test_each_study_is_named_by_the_folder_it_has_to_itself(tmp_path):
    for folder, colour in (("a", 1), ("b", 2)):
        (tmp_path / folder).mkdir()
        for index in range(2):
            data = bytearray((PICTURES / "explicit_little_endian.dcm").read_bytes())
            data = data.replace(b"2.25.15000", f"2.25.15{colour}00".encode())
            data[-1] = index
            (tmp_path / folder / f"{index}.dcm").write_bytes(data)
    tasks = study_tasks(tmp_path, read_studies([tmp_path]))
    assert sorted(task.path for task in tasks) == ["a", "b"]
    assert all(len(task.files) == 2 for task in tasks)


def test_studies_that_share_a_folder_are_named_by_their_first_file(tmp_path):
    for colour in (1, 2):
        for index in range(2):
            data = bytearray((PICTURES / "explicit_little_endian.dcm").read_bytes())
            data = data.replace(b"2.25.15000", f"2.25.15{colour}00".encode())
            data[-1] = index
            (tmp_path / f"{colour}-{index}.dcm").write_bytes(data)
    tasks = study_tasks(tmp_path, read_studies([tmp_path]))
    assert sorted(task.path for task in tasks) == ["1-0.dcm", "2-0.dcm"]


def test_a_lone_study_is_the_input_itself(tmp_path):
    for index in range(2):
        data = bytearray((PICTURES / "explicit_little_endian.dcm").read_bytes())
        data[-1] = index
        (tmp_path / f"{index}.dcm").write_bytes(data)
    (task,) = study_tasks(tmp_path, read_studies([tmp_path]))
    assert task.path == "."


def test_a_file_as_input_is_its_own_only_picture(tmp_path):
    touch(tmp_path, "a.png", "b.png")
    (task,) = picture_tasks(tmp_path / "a.png", leave_out=tmp_path / "out")
    assert task.path == "a.png"


def test_a_task_survives_the_pipe():
    task = Task("a", "/in", InputKind.STUDY, ("/in/a",), "/in/a", (), "studies", "digest", "folder")
    pipe = io.BytesIO()
    write_message(pipe, task.to_bytes())
    pipe.seek(0)
    assert Task.from_bytes(read_message(pipe)) == task


@pytest.mark.parametrize("kept", [0, 3, 4, 9])
def test_half_a_message_is_none(kept):
    pipe = io.BytesIO()
    write_message(pipe, b"0123456789")
    assert read_message(io.BytesIO(pipe.getvalue()[:kept])) is None


@pytest.mark.parametrize("half", [b"", b"half", b"x" * 200_000])
def test_a_journal_keeps_whole_lines_and_drops_half_ones(tmp_path, half):
    path = tmp_path / "results.jsonl"
    whole = b'{"input": {"path": "a"}, "findings": []}\n'
    path.write_bytes(whole + half)
    journal = Journal(path)
    assert set(journal.done) == {"a"}
    journal.add(whole.replace(b'"a"', b'"b"'))
    journal.close()
    assert path.read_bytes() == whole + whole.replace(b'"a"', b'"b"')


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_a_journal_that_another_batch_writes_is_left_to_it(tmp_path):
    path = tmp_path / "results.jsonl"
    first = Journal(path)
    with pytest.raises(Refused, match="Another batch"):
        Journal(path)
    first.add(b'{"input":{"path":"a.png"},"findings":[]}\n')
    first.close()
    second = Journal(path)
    assert set(second.done) == {"a.png"}
    second.close()


def test_lines_that_are_dropped_are_gone_and_the_file_is_still_ours(tmp_path):
    path = tmp_path / "results.jsonl"
    a, b, c = (f'{{"input":{{"path":"{name}"}},"findings":[]}}\n'.encode() for name in "abc")
    path.write_bytes(a + b)
    journal = Journal(path)
    journal.drop({"a"})
    with pytest.raises(Refused, match="Another batch"):
        Journal(path)
    journal.add(c)
    journal.close()
    assert path.read_bytes() == b + c


def test_lines_that_cannot_be_dropped_stay(tmp_path, monkeypatch):
    path = tmp_path / "results.jsonl"
    path.write_bytes(b'{"input":{"path":"a"},"findings":[]}\n')
    journal = Journal(path)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(SavingError, match="disk is full"):
        journal.drop({"a"})
    journal.close()
    assert path.read_bytes() == b'{"input":{"path":"a"},"findings":[]}\n'
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="there an open file is not replaced")
def test_a_journal_that_was_replaced_while_it_was_opened_is_not_written(tmp_path, monkeypatch):
    path = tmp_path / "results.jsonl"
    path.touch()
    stat = Path.stat

    def stat_of_another(self, **words):
        other = tmp_path / "other"
        other.touch()
        return stat(other if self == path else self, **words)

    monkeypatch.setattr(Path, "stat", stat_of_another)
    with pytest.raises(Refused, match="Another batch"):
        Journal(path)


def test_the_pace_counts_only_what_this_run_did():
    clock = Clock()
    pace = Pace(clock)
    clock.now = 100.0  # the workers' start
    assert pace.words(101, 200) == ""
    clock.now = 110.0
    assert pace.words(151, 200) == "5.0/s, 10 s left"


@pytest.mark.parametrize(("seconds", "said"), [(3, "3 s"), (62, "1 min 2 s"), (3725, "1 h 2 min")])
def test_durations_are_given_in_the_units_that_matter(seconds, said):
    assert duration(seconds) == said


def test_the_bar_fills():
    assert bar(0, 4) == "[" + "." * 24 + "]"
    assert bar(2, 4) == "[" + "#" * 12 + "." * 12 + "]"
    assert bar(4, 4) == "[" + "#" * 24 + "]"
    assert bar(0, 0) == "[" + "." * 24 + "]"


def test_without_a_terminal_progress_is_a_line_now_and_then():
    stream, clock = io.StringIO(), Clock()
    line = ProgressLine(stream, clock)
    for done in range(1, 101):
        clock.now += 0.1
        line.show("grade", done, 100)
    assert 2 <= stream.getvalue().count("\n") <= 4
    assert "\r" not in stream.getvalue()


def test_on_a_terminal_progress_stays_on_one_line_and_goes_away():
    stream, clock = io.StringIO(), Clock()
    stream.isatty = lambda: True
    line = ProgressLine(stream, clock)
    line.show("grade", 1, 2, "a long detail")
    clock.now = 1.0
    line.show("grade", 2, 2)
    line.close()
    assert "\n" not in stream.getvalue()
    assert stream.getvalue().endswith("\r")
