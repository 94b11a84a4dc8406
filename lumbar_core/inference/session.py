"""A loaded network. The only importer of onnxruntime; telemetry is switched off before that (lumbar_core/__init__)."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from lumbar_core.errors import Cancelled, ModelError
from lumbar_core.inference.contract import Contract

# The oldest fault: a default list falls back to the CPU in silence. We ask for both and report what we got.
_CUDA, _CPU = "CUDAExecutionProvider", "CPUExecutionProvider"


def default_threads() -> int:
    """Threads for one network: the cores this process may use, four at most (more gains nothing on small crops)."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(4, cores))


class OnnxModel:
    """A network with its contract, ready to run; safe to call from one thread at a time.

    Raises ModelError if the network cannot be loaded or its shapes are not those of the contract.
    """

    def __init__(self, contract: Contract, model: bytes, device: str = "auto", threads: int | None = None) -> None:
        self.contract = contract
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads or default_threads()
        options.inter_op_num_threads = 1
        # Idle workers that spin steal the cores from decoding and from the other networks.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(model, options, providers=_providers(device))
        except Exception as error:
            raise ModelError(
                f"Model pack {contract.name} could not be loaded ({type(error).__name__}).", "Install it again."
            ) from error
        self._check_shapes()
        self._running: ort.RunOptions | None = None
        self._lock = threading.Lock()
        self._stopped = False

    @property
    def provider(self) -> str:
        """ "CUDA" or "CPU": what the network really runs on."""
        return "CUDA" if self._session.get_providers()[0] == _CUDA else "CPU"

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """Outputs by name. Raises Cancelled after `stop`."""
        with self._lock:
            if self._stopped:
                raise Cancelled
            self._running = ort.RunOptions()
        names = [output.name for output in self.contract.outputs]
        try:
            values = self._session.run(names, dict(inputs), self._running)
        except Exception as error:
            if self._stopped:
                raise Cancelled from error
            raise ModelError(
                f"Model pack {self.contract.name} failed while running ({type(error).__name__}).",
                "Save your work and start the program again.",
            ) from error
        finally:
            self._running = None
        return {name: np.asarray(value, np.float32) for name, value in zip(names, values, strict=True)}

    def stop(self) -> None:
        """End a running inference from another thread; `run` raises Cancelled until `resume`."""
        with self._lock:
            self._stopped = True
            running = self._running
        if running is not None:
            running.terminate = True

    def resume(self) -> None:
        """Allow running again after `stop`."""
        self._stopped = False

    def _check_shapes(self) -> None:
        found = {value.name: value.shape for value in self._session.get_inputs()}
        for wanted in self.contract.inputs:
            shape = found.get(wanted.name)
            if shape is None or len(shape) != len(wanted.shape):
                raise ModelError(f"Model pack {self.contract.name} has no input “{wanted.name}” of that shape.")
            for have, want in zip(shape, wanted.shape, strict=True):
                if want is not None and have != want:
                    raise ModelError(
                        f"Model pack {self.contract.name}: input “{wanted.name}” is {shape}, not {wanted.shape}.",
                        "Install it again.",
                    )
        missing = {output.name for output in self.contract.outputs} - {v.name for v in self._session.get_outputs()}
        if missing:
            raise ModelError(f"Model pack {self.contract.name} lacks the output {sorted(missing)}.")


def _providers(device: str) -> list[str]:
    wanted = device in ("auto", "cuda") and _CUDA in ort.get_available_providers()
    return [_CUDA, _CPU] if wanted else [_CPU]
