"""The self-test passes where all is well and fails by name where something is not."""

from __future__ import annotations

import copy
import json

import pytest

from lumbar_core import self_test
from lumbar_core.errors import ModelError
from lumbar_core.self_test import Failed, answer_of, compare, known_picture, run_self_test
from lumbar_core.study import Identity, InputKind, Study
from tests.factories import a_mixed_result

KINDS = {
    "archive.zip",
    "deflated.dcm",
    "explicit_big_endian.dcm",
    "explicit_little_endian.dcm",
    "implicit_little_endian.dcm",
    "jpeg_2000.dcm",
    "jpeg_2000_lossy.dcm",
    "htj2k.dcm",
    "htj2k_lossless.dcm",
    "htj2k_lossless_rpcl.dcm",
    "jpeg_baseline.dcm",
    "jpeg_extended.dcm",
    "jpeg_lossless.dcm",
    "jpeg_lossless_predictor_4.dcm",
    "jpeg_ls.dcm",
    "jpeg_ls_near_lossless.dcm",
    "picture_jpeg.jpg",
    "picture_png.png",
    "picture_tiff.tif",
    "picture_webp.webp",
    "rle.dcm",
}


@pytest.fixture
def recorded(monkeypatch, tmp_path):
    """A graded sample and its recorded answer, without networks; returns the answer's file."""
    result = a_mixed_result()
    path = tmp_path / "expected.json"
    path.write_text(json.dumps({"findings": answer_of(result)}))
    study = Study(tmp_path, InputKind.STUDY, (), (), 0, Identity())
    monkeypatch.setattr(self_test, "grade_sample", lambda: (study, result))
    monkeypatch.setattr(self_test, "RECORDED", path)
    monkeypatch.setattr(self_test, "_check_packs", lambda: "")
    monkeypatch.setattr(self_test, "_check_torch_is_absent", lambda: "")  # other tests may have loaded it
    return path


def run():
    lines = []
    return run_self_test(lines.append), lines


def failures(lines):
    return [line for line in lines if line.startswith("FAILED")]


def test_all_passes_where_all_is_well(recorded):
    passed, lines = run()
    assert failures(lines) == []
    assert passed
    assert lines[-1] == "All passed."


def test_a_file_of_every_supported_kind_is_decoded(recorded):
    _, lines = run()
    assert {line.split()[-1] for line in lines if line.startswith("ok     decode")} == KINDS


def test_a_codec_that_decodes_wrongly_is_named(recorded, monkeypatch):
    off = known_picture()
    off[20, 30] += 40
    monkeypatch.setattr(self_test, "known_picture", lambda: off)
    passed, lines = run()
    assert not passed
    assert len(failures(lines)) == len(KINDS) - len(self_test.RAMPS)
    assert "decode rle.dcm: a pixel is off by 40" in failures(lines)[-1]


def test_missing_files_do_not_pass_in_silence(recorded, monkeypatch, tmp_path):
    monkeypatch.setattr(self_test, "PICTURES", tmp_path / "none")
    passed, lines = run()
    assert not passed
    assert "missing" in failures(lines)[0]


def test_another_grade_than_recorded_fails_by_name(recorded):
    answer = json.loads(recorded.read_text())
    answer["findings"][3]["grade"] = "Moderate"
    recorded.write_text(json.dumps(answer))
    passed, lines = run()
    assert not passed
    (failure,) = failures(lines)
    assert "spinal_canal_stenosis L4/L5: grade is Severe, recorded was Moderate" in failure


def test_without_a_recorded_answer_it_fails(recorded):
    recorded.unlink()
    passed, lines = run()
    assert not passed
    assert "no recorded answer" in failures(lines)[0]


def test_what_goes_wrong_in_one_check_does_not_stop_the_others(recorded, monkeypatch):
    def altered():
        raise ModelError("Model pack canal was altered.", "Install it again.")

    monkeypatch.setattr(self_test, "grade_sample", altered)
    passed, lines = run()
    assert not passed
    assert any("Model pack canal was altered." in line for line in lines)
    assert "write a report: the sample was not graded" in failures(lines)[-1]


@pytest.mark.parametrize(
    ("change", "passes"),
    [
        (lambda finding: finding["probabilities"].update(Severe=0.885), True),
        (lambda finding: finding["probabilities"].update(Severe=0.80), False),
        (lambda finding: finding["location"].update(row=195.3), True),
        (lambda finding: finding["location"].update(row=197.0), False),
        (lambda finding: finding.update(level="L5/S1"), False),
        (lambda finding: finding.update(assessed=False), False),
    ],
)
def test_answers_are_compared_within_the_rounding_of_processors(change, passes):
    found = answer_of(a_mixed_result())
    other = copy.deepcopy(found)
    change(other[3])
    if passes:
        compare(found, other)
    else:
        with pytest.raises(Failed):
            compare(found, other)


def test_a_missing_finding_is_a_difference():
    found = answer_of(a_mixed_result())
    with pytest.raises(Failed, match="24 findings instead of 25"):
        compare(found[:-1], found)
