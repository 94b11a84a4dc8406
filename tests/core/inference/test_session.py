"""A loaded network runs, can be stopped while it runs, and runs again."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest

from lumbar_core.anatomy import SEVERITY_LABELS
from lumbar_core.errors import Cancelled, ModelError
from lumbar_core.inference.session import OnnxModel
from tests.core.fake_packs import DATA, a_contract, an_input

ENDLESS = np.full((1, 1, 1, 1), 1e9, np.float32)


def mean_model(**changes: Any) -> OnnxModel:
    return OnnxModel(a_contract(**changes), (DATA / "tiny_mean.onnx").read_bytes(), "cpu", 1)


def count_model() -> OnnxModel:
    contract = a_contract(inputs=[an_input(shape=[1, 1, 1, 1])])
    return OnnxModel(contract, (DATA / "tiny_count.onnx").read_bytes(), "cpu", 1)


def test_a_network_gives_its_outputs_by_name() -> None:
    crops = np.stack([np.full((1, 4, 4), value, np.float32) for value in (0.5, 1.0)])
    outputs = mean_model().run({"crop": crops})
    np.testing.assert_allclose(outputs["logits"], [[-0.5, 0.0, 1.0], [-1.0, 0.0, 2.0]])
    assert outputs["logits"].dtype == np.float32


def test_the_cpu_is_used_where_it_is_asked_for() -> None:
    assert mean_model().provider == "CPU"


def test_a_running_network_is_stopped_within_half_a_second_and_runs_again_after_resume() -> None:
    model = count_model()
    stopped: list[float] = []

    def stop() -> None:
        time.sleep(0.1)
        stopped.append(time.perf_counter())
        model.stop()

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(Cancelled):
        model.run({"crop": ENDLESS})
    assert time.perf_counter() - stopped[0] < 0.5
    thread.join()
    with pytest.raises(Cancelled):  # stopped stays stopped
        model.run({"crop": np.full((1, 1, 1, 1), 3, np.float32)})
    model.resume()
    assert model.run({"crop": np.full((1, 1, 1, 1), 3, np.float32)})["logits"] == 3


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"inputs": [an_input(shape=[None, 1, 8, 8])]}, "crop"),
        ({"inputs": [an_input(shape=[None, 4, 4])]}, "crop"),
        ({"inputs": [an_input(name="picture")]}, "picture"),
        ({"outputs": [{"name": "heatmaps", "role": "heatmaps", "classes": list(SEVERITY_LABELS)}]}, "heatmaps"),
    ],
)
def test_a_network_that_does_not_fit_its_contract_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        mean_model(**changes)


def test_a_file_that_is_no_network_is_refused() -> None:
    with pytest.raises(ModelError, match="canal"):
        OnnxModel(a_contract(), b"not a network", "cpu", 1)


def test_an_input_of_the_wrong_shape_is_a_fault_of_the_pack_not_a_crash() -> None:
    with pytest.raises(ModelError, match="canal"):
        mean_model().run({"crop": np.zeros((1, 1, 5, 5), np.float32)})
