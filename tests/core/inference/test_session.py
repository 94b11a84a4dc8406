"""A loaded network runs, can be stopped while it runs, and runs again."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from lumbar_core.anatomy import SEVERITY_LABELS
from lumbar_core.errors import Cancelled, ModelError
from lumbar_core.inference import session
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


def test_an_output_that_is_no_map_is_not_taken_for_one() -> None:
    outputs = [{"name": "logits", "role": role, "classes": SEVERITY_LABELS} for role in ("logits", "cam")]
    with pytest.raises(ModelError, match="no map a grade"):
        mean_model(outputs=outputs)


def test_the_cpu_is_used_where_it_is_asked_for() -> None:
    assert mean_model().provider == "CPU"


class Card:
    """A graphics processor as the runtime shows it: the CPU's network under another name, with a fault.

    fault: "absent" (its libraries are not there: the runtime takes the CPU and says nothing), "broken" (its driver
    raises), "wrong" (it answers something else), "leaves" (it fails once the probe is over), "" for none.
    """

    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.ran = 0
        self.asked = 0
        self._real = ort.InferenceSession

    def session(self, model: bytes, options: ort.SessionOptions, providers: list[Any]) -> Any:
        real = self._real(model, options, providers=["CPUExecutionProvider"])
        self.asked += providers[0] != "CPUExecutionProvider"
        if providers[0] == "CPUExecutionProvider" or self.fault == "absent":
            return real
        if self.fault == "broken":
            raise RuntimeError("CUDA failure 100: no CUDA-capable device is detected")

        def run(*asked: Any) -> list[Any]:
            self.ran += 1
            if self.fault == "leaves" and self.ran > 1:
                raise RuntimeError("CUDA failure 719: unspecified launch failure")
            return [value + (self.fault == "wrong") for value in real.run(*asked)]

        shapes = {"get_inputs": real.get_inputs, "get_outputs": real.get_outputs}
        return SimpleNamespace(run=run, get_providers=lambda: ["CUDAExecutionProvider"], **shapes)


@pytest.fixture
def card(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Card:
    card = Card(request.param)
    monkeypatch.setattr(session._Cuda, "missing", "")
    monkeypatch.setattr(ort, "InferenceSession", card.session)
    monkeypatch.setattr(ort, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    return card


def auto_model(device: str = "auto") -> OnnxModel:
    return OnnxModel(a_contract(), (DATA / "tiny_mean.onnx").read_bytes(), device, 1)


CROP = np.full((1, 1, 4, 4), 0.5, np.float32)


@pytest.mark.parametrize("card", [""], indirect=True)
def test_cuda_is_used_where_it_gives_the_processor_s_answer(card: Card) -> None:
    model = auto_model()
    assert (model.provider, model.notice) == ("CUDA", "")
    np.testing.assert_allclose(model.run({"crop": CROP})["logits"], [[-0.5, 0.0, 1.0]])
    assert card.ran == 2, "the probe and the crop"


@pytest.mark.parametrize("card", [""], indirect=True)
def test_cuda_is_not_asked_where_the_processor_is_wanted(card: Card) -> None:
    assert (auto_model("cpu").provider, card.ran) == ("CPU", 0)


@pytest.mark.parametrize(
    ("card", "said"),
    [("absent", "did not load"), ("broken", "failed when it was tried"), ("wrong", "did not give the processor's")],
    indirect=["card"],
)
@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_a_cuda_that_is_missing_broken_or_wrong_gives_way_to_the_processor_and_says_so(
    card: Card, said: str, device: str
) -> None:
    model = auto_model(device)
    assert model.provider == "CPU"
    assert said in model.notice
    assert model.notice.endswith("the processor (CPU) computes instead.")
    np.testing.assert_allclose(model.run({"crop": CROP})["logits"], [[-0.5, 0.0, 1.0]])


@pytest.mark.parametrize("card", ["absent"], indirect=True)
def test_a_cuda_that_did_not_load_is_not_asked_again(card: Card) -> None:
    assert auto_model().notice == auto_model().notice != ""
    assert card.asked == 1


@pytest.mark.parametrize("card", ["leaves"], indirect=True)
def test_a_cuda_that_fails_while_running_gives_way_in_the_middle_of_the_work(card: Card) -> None:
    model = auto_model()
    assert model.provider == "CUDA"
    for _ in range(2):
        np.testing.assert_allclose(model.run({"crop": CROP})["logits"], [[-0.5, 0.0, 1.0]])
    assert model.provider == "CPU"
    assert "failed while running" in model.notice
    assert card.ran == 2, "once it failed it is left alone"


def test_without_cuda_in_the_runtime_there_is_nothing_to_say() -> None:
    model = auto_model()
    assert (model.provider, model.notice) == ("CPU", "")


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
