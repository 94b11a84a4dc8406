"""The canal's network in ONNX Runtime beside PyTorch and OpenVINO, and beside its arithmetic limit.

Runs in .venv-train, whose requirements name both. Weights do not change the time, so fresh ones are used.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.material import REPOSITORY
from benchmarks.row import Row

BATCH, REPEATS, THREADS = 10, 30, 2
GEMM_SIDE = 1536
CONTIGUOUS = "ONNX Runtime ÷ PyTorch eager, contiguous"
CHANNELS_LAST = "ONNX Runtime ÷ PyTorch eager, channels_last"
LIMIT = "ONNX Runtime ÷ arithmetic limit"
OPENVINO = "ONNX Runtime ÷ OpenVINO"


def rows() -> Iterator[Row]:
    """Ratios of times, batch 10, fp32, best of 30."""
    missing = [name for name in ("torch", "openvino") if importlib.util.find_spec(name) is None]
    if missing:
        for what, budget in ((CONTIGUOUS, 0.65), (CHANNELS_LAST, 0.8), (LIMIT, 2.0), (OPENVINO, None)):
            yield Row(what, None, budget, "×", f"{' and '.join(missing)} not installed here; run in .venv-train")
        return
    yield from _ratios()


def _ratios() -> Iterator[Row]:
    import onnxruntime as ort
    import openvino
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from export.to_onnx import to_onnx
    from training.config import load_config
    from training.grade import build

    torch.set_num_threads(THREADS)
    config = load_config(REPOSITORY / "training" / "configs" / "canal.toml")
    side, network = config.side, build(config).to(memory_format=torch.contiguous_format).eval()
    crops = np.random.default_rng(1).standard_normal((BATCH, 1, side, side), np.float32)
    tensor = torch.from_numpy(crops)
    model = to_onnx(network, (1, side, side), "crop", ["logits"])

    options = ort.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    compiled = openvino.Core().compile_model(
        openvino.Core().read_model(model), "CPU", {"INFERENCE_NUM_THREADS": THREADS}
    )
    with torch.inference_mode():
        with FlopCounterMode(display=False) as counter:
            network(tensor)
        ours = best_seconds(lambda: session.run(None, {"crop": crops}))
        yield Row(f"the canal's network, {BATCH} crops, {THREADS} threads", 1000 * ours, None, "ms")
        yield Row(CONTIGUOUS, ours / best_seconds(lambda: network(tensor)), 0.65, "×")
        last, tensor_last = network.to(memory_format=torch.channels_last), tensor.to(memory_format=torch.channels_last)
        yield Row(CHANNELS_LAST, ours / best_seconds(lambda: last(tensor_last)), 0.8, "×")
        left, right = torch.randn(GEMM_SIDE, GEMM_SIDE), torch.randn(GEMM_SIDE, GEMM_SIDE)
        peak = 2 * GEMM_SIDE**3 / best_seconds(lambda: left @ right)
    yield Row(LIMIT, ours * peak / counter.get_total_flops(), 2.0, "×")
    yield Row(OPENVINO, ours / best_seconds(lambda: compiled(crops)), None, "×")


def best_seconds(work: Callable[[], object]) -> float:
    """The shortest of the repeated times; the first run is not counted."""
    work()
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)
