"""One door for every kind of file that can be saved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lumbar_core.errors import SavingError
from lumbar_core.report.render import render
from lumbar_core.study import Identity, InputKind, Study
from tests.factories import a_mixed_result

STUDY = Study(Path("x"), InputKind.STUDY, (), (), 0, Identity())


class NoReader:
    """Must not be asked: the study holds no picture."""


@pytest.mark.parametrize("suffix", [".json", ".JSON"])
def test_the_ending_names_the_kind(suffix):
    assert json.loads(render(suffix, a_mixed_result(), STUDY, NoReader()))["schema"] == "lumbar-result/1"
    assert render(".csv", a_mixed_result(), STUDY, NoReader()).startswith(b"path,condition")
    assert render(".pdf", a_mixed_result(), STUDY, NoReader()).startswith(b"%PDF")


def test_identity_is_handed_on():
    assert b"Made^Up" in render(".json", a_mixed_result(), STUDY, NoReader(), identity=True)
    assert b"Made^Up" not in render(".json", a_mixed_result(), STUDY, NoReader())


@pytest.mark.parametrize("suffix", [".docx", ""])
def test_another_ending_is_refused_with_a_remedy(suffix):
    with pytest.raises(SavingError) as caught:
        render(suffix, a_mixed_result(), STUDY, NoReader())
    assert ".pdf, .json or .csv" in caught.value.remedy
