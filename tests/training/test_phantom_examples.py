"""Of each structure and grade the phantom that the program is surest of; none is shown for what none was graded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lumbar_core.anatomy import Condition, Severity
from training import phantom_examples as module
from training.phantom_examples import Candidate, phantom_examples


def answered(monkeypatch: pytest.MonkeyPatch, candidates: list[Candidate]) -> None:
    @contextmanager
    def pool(*_: Any) -> Iterator[Any]:
        yield SimpleNamespace(map=lambda work, seeds: [candidates for _ in list(seeds)[:1]])

    monkeypatch.setattr(module, "program_pool", pool)


def a_candidate(condition: Condition, grade: Severity, chance: float) -> Candidate:
    return Candidate(condition, grade, chance, np.full((80, 80), chance, np.float32))


ALL = [
    a_candidate(condition, grade, chance) for condition in Condition for grade in Severity for chance in (0.5, 0.8, 0.6)
]


def test_the_surest_of_each_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answered(monkeypatch, ALL)
    chosen = phantom_examples(3, tmp_path, 1)
    assert len(chosen) == len(Condition) * len(Severity) == len(list(tmp_path.glob("*.png")))
    assert set(chosen.values()) == {0.8}
    with Image.open(tmp_path / "spinal_canal_stenosis_severe.png") as image:
        assert image.size == (80, 80)
        assert np.asarray(image).max() == round(255 * 0.8)


def test_a_grade_that_none_has_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answered(monkeypatch, [each for each in ALL if each.grade is not Severity.SEVERE])
    with pytest.raises(ValueError, match="graded Severe in 3 studies"):
        phantom_examples(3, tmp_path, 1)
