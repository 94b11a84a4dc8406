"""What `batch` holds late is told over what it held early, its start and its end left out."""

from __future__ import annotations

import pytest

from benchmarks.batch import PICTURES, Look, memory_rows


def looks(grown_mb: int) -> list[Look]:
    """One a picture: loading at first, then so much more over the whole run, and the table at the end."""
    growing = [Look(done, 400_000_000 + grown_mb * 1_000_000 * done // PICTURES) for done in range(PICTURES)]
    return [Look(0, 90_000_000), *growing, Look(PICTURES, 900_000_000)]


@pytest.mark.parametrize(("grown_mb", "verdict"), [(0, "kept"), (10, "kept"), (200, "EXCEEDED")])
def test_memory_that_grows_with_the_pictures_is_told(grown_mb: int, verdict: str) -> None:
    late, ratio = memory_rows("batch", looks(grown_mb))
    assert late.value == pytest.approx(400 + 0.9 * grown_mb, rel=1e-3)
    assert ratio.value == pytest.approx((400 + 0.9 * grown_mb) / (400 + 0.3 * grown_mb), rel=1e-3)
    assert ratio.verdict == verdict


def test_a_batch_that_was_not_looked_at_is_not_judged() -> None:
    (row,) = memory_rows("batch", [Look(0, 1), Look(PICTURES, 1)])
    assert row.value is None
