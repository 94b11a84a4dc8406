"""A neck is not a lumbar spine: whatever form it comes in, nothing of it is graded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lumbar_core.anatomy import Orientation, Weighting
from lumbar_core.inference.packs import PackSet, load_packs
from lumbar_core.pipeline import analyse
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.report.result import StudyResult
from training.phantom.cervical import SLICES, cervical_slice, write_cervical

SEEDS = (0, 1, 2)


@pytest.fixture(scope="module")
def packs() -> PackSet:
    return load_packs("cpu", 1)


def graded(path: Path, packs: PackSet) -> StudyResult:
    return analyse(read_study([path]), packs, pixels=DirectReader())


def test_the_same_seed_gives_the_same_neck_and_others_differ() -> None:
    first, again, other = (cervical_slice(seed, Weighting.T2) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_series_of_a_neck_is_read_as_sagittal_without_a_word_on_the_body_part(tmp_path: Path) -> None:
    write_cervical(0, tmp_path)
    (series,) = read_study([tmp_path]).series
    assert len(series.instances) == SLICES
    assert series.kind.orientation is Orientation.SAGITTAL


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("weighting", [Weighting.T1, Weighting.T2])
def test_no_level_of_a_neck_s_series_is_graded(seed: int, weighting: Weighting, packs: PackSet, tmp_path: Path) -> None:
    write_cervical(seed, tmp_path, weighting)
    assert [finding.level for finding in graded(tmp_path, packs).findings if finding.assessed] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_no_level_of_a_neck_s_picture_is_graded(seed: int, packs: PackSet, tmp_path: Path) -> None:
    pixels = cervical_slice(seed, Weighting.T2).astype(float)
    grey = (255 * np.clip(pixels / np.percentile(pixels, 99.5), 0, 1)).astype(np.uint8)
    Image.fromarray(grey).save(tmp_path / "neck.png")
    assert [finding.level for finding in graded(tmp_path / "neck.png", packs).findings if finding.assessed] == []
