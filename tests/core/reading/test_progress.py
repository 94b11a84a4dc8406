"""Reading tells how far it is, and stops when asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from lumbar_core.errors import Cancelled, WrongFormat
from lumbar_core.reading import read_studies, read_study
from tests.core.reading.dicom_files import SAGITTAL, write_series


@pytest.fixture
def five(tmp_path: Path) -> Path:
    write_series(tmp_path, SAGITTAL, [(x, -100, 100) for x in (0, 4, 8, 12, 16)])
    return tmp_path


def test_progress_counts_the_files(five: Path) -> None:
    told: list[tuple[int, int]] = []
    read_study([five], progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_cancelling_stops_between_files(five: Path) -> None:
    told: list[int] = []
    with pytest.raises(Cancelled):
        read_studies([five], progress=lambda done, of: told.append(done), cancelled=lambda: len(told) >= 2)
    assert told == [1, 2]


def test_choosing_nothing_is_a_wrong_format() -> None:
    with pytest.raises(WrongFormat, match="Nothing was chosen"):
        read_study([])
