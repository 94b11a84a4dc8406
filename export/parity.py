"""How far the ONNX network's answers lie from torch's, on real preprocessed inputs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from torch import Tensor

BATCH_SIZES = (1, 2, 3, 5, 8)  # a lone slice, the slices of a series, the levels of a slice, the localiser's batch
LARGEST_DP = 1e-4

# Inputs (N, channels, rows, columns) to one output or several.
Answers = Callable[[Tensor], Tensor | tuple[Tensor, ...]]


def session_of(model: bytes) -> ort.InferenceSession:
    """An ONNX network ready to answer on the CPU."""
    options = ort.SessionOptions()
    options.log_severity_level = 3
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def max_difference(network: Answers, model: bytes, inputs: NDArray[np.float32], logits: bool) -> dict[int, float]:
    """Largest |Δp| by batch size over inputs (N, 1, S, S); logits are turned to probabilities first.

    What torch gives is compared; of outputs that only ONNX has nothing is said. An answer that is no number counts as
    infinitely far. Raises ValueError if there are too few inputs for a batch.
    """
    if len(inputs) < max(BATCH_SIZES):
        raise ValueError(f"parity needs at least {max(BATCH_SIZES)} inputs, there are {len(inputs)}")
    session = session_of(model)
    name = session.get_inputs()[0].name
    outputs = [output.name for output in session.get_outputs()]
    differences = {}
    for size in BATCH_SIZES:
        worst = 0.0
        for start in range(0, len(inputs) - size + 1, size):
            part = inputs[start : start + size]
            with torch.inference_mode():
                given = network(torch.from_numpy(part))
            wanted = given if isinstance(given, tuple) else (given,)
            for ours, theirs in zip(wanted, session.run(outputs[: len(wanted)], {name: part}), strict=True):
                apart = float(np.abs(_p(ours.numpy(), logits) - _p(theirs, logits)).max())
                worst = max(worst, apart if np.isfinite(apart) else float("inf"))
        differences[size] = worst
    return differences


def _p(values: NDArray[np.float32], logits: bool) -> NDArray[np.float64]:
    exact = values.astype(np.float64)
    if not logits:
        return exact
    powers = np.exp(exact - exact.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares
