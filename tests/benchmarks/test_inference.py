"""The networks' rows: our time over each other runtime's and over the arithmetic limit; a slice's crops are graded."""

from __future__ import annotations

import pytest

from benchmarks import inference
from benchmarks.inference import BUDGETS, CHANNELS_LAST, CONTIGUOUS, ONNX_RUNTIME, OPENVINO, Timed, compared


def test_our_time_is_told_over_the_others_and_judged_where_there_is_a_budget() -> None:
    seconds = {ONNX_RUNTIME: 0.02, CONTIGUOUS: 0.04, CHANNELS_LAST: 0.02, OPENVINO: 0.01}
    own, *ratios = compared(Timed("canal", seconds, flop=1_000_000_000), 100e9, BUDGETS, 2.0)
    assert own.value == pytest.approx(20.0)  # ms
    assert {row.what: (row.value, row.verdict) for row in ratios} == {
        f"canal: ONNX Runtime ÷ {CONTIGUOUS}": (pytest.approx(0.5), "kept"),
        f"canal: ONNX Runtime ÷ {CHANNELS_LAST}": (pytest.approx(1.0), "EXCEEDED"),
        "canal: ONNX Runtime ÷ OpenVINO": (pytest.approx(2.0), "for comparison"),
        "canal: ONNX Runtime ÷ arithmetic limit": (pytest.approx(2.0), "kept"),
    }


@pytest.mark.parametrize("name", inference.SAGITTAL)
def test_a_slices_five_crops_are_cut_and_graded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    graded = []

    def once(work: object) -> float:
        graded.append(work())  # type: ignore[operator]
        return 0.01

    monkeypatch.setattr(inference, "best_seconds", once)
    assert inference.slice_seconds(inference.shipped(name)) == 0.01
    assert [len(views) for views in graded] == [5]
