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

# The oldest fault: a default list falls back to the CPU in silence. We ask, look at what we got, and say it.
_CUDA, _CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
# Of a CUDA network's answer to the probe, relative to its largest value: other kernels add in another order, no more.
_SAME_ANSWER = 1e-3
_PROBES = 2
_MAP_AXES = 4  # batch, grades, rows, columns

# Its own words on a missing driver go to the terminal in colour, with paths; ours say what matters.
ort.set_default_logger_severity(4)


class _Cuda:
    """What this process knows of CUDA: once it could not be loaded no further network tries."""

    missing = ""


def default_threads() -> int:
    """Threads for one network: the cores this process may use, four at most (more gains nothing on small crops)."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(4, cores))


class OnnxModel:
    """A network with its contract, ready to run; safe to call from one thread at a time.

    Runs on CUDA where that is wanted, loads, and gives the CPU's answer to a probe; else, and from its first failure
    on, on the CPU. notice: why it is the CPU though the runtime knows CUDA, "" where there is nothing to say.
    Raises ModelError if the network cannot be loaded or its shapes are not those of the contract.
    """

    def __init__(self, contract: Contract, model: bytes, device: str = "auto", threads: int | None = None) -> None:
        self.contract = contract
        self.notice = ""
        try:
            self._on_cpu = self._session = _session(model, [_CPU], threads)
        except Exception as error:
            raise ModelError(
                f"Model pack {contract.name} could not be loaded ({type(error).__name__}).", "Install it again."
            ) from error
        self._check_shapes()
        if device in ("auto", "cuda") and _CUDA in ort.get_available_providers():
            self._try_cuda(model, threads)
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
            values = self._answer(names, dict(inputs))
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

    def _answer(self, names: list[str], inputs: dict[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        try:
            return list(self._session.run(names, inputs, self._running))
        except Exception as error:
            if self._stopped or self._session is self._on_cpu:
                raise
            self._use_cpu(f"CUDA failed while running ({type(error).__name__})")
            return list(self._session.run(names, inputs, self._running))

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

    def _try_cuda(self, model: bytes, threads: int | None) -> None:
        if _Cuda.missing:
            self._use_cpu(_Cuda.missing)
            return
        try:
            cuda = _session(model, [(_CUDA, {"use_tf32": 0}), _CPU], threads)
            if cuda.get_providers()[0] != _CUDA:
                _Cuda.missing = "CUDA did not load (no driver, or libraries of it are missing)"
                self._use_cpu(_Cuda.missing)
                return
            probe = self._probe()
            same = all(map(_is_same, cuda.run(None, probe), self._on_cpu.run(None, probe)))
        except Exception as error:  # noqa: BLE001  a driver may raise anything
            self._use_cpu(f"CUDA failed when it was tried ({type(error).__name__})")
            return
        if same:
            self._session = cuda
        else:
            self._use_cpu("CUDA did not give the processor's answer when it was tried")

    def _use_cpu(self, why: str) -> None:
        self._session, self.notice = self._on_cpu, f"{why}; the processor (CPU) computes instead."

    def _probe(self) -> dict[str, NDArray[np.float32]]:
        """Made-up inputs of the contract's shapes, always the same."""
        random = np.random.default_rng(0)
        shapes = {each.name: [size or _PROBES for size in each.shape] for each in self.contract.inputs}
        return {name: random.uniform(0, 1, shape).astype(np.float32) for name, shape in shapes.items()}

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
        given = {value.name: value.shape for value in self._session.get_outputs()}
        missing = {output.name for output in self.contract.outputs} - set(given)
        if missing:
            raise ModelError(f"Model pack {self.contract.name} lacks the output {sorted(missing)}.")
        cam = self.contract.cam
        if cam is not None and (len(given[cam.name]) != _MAP_AXES or given[cam.name][1] != len(cam.classes)):
            raise ModelError(
                f"Model pack {self.contract.name}: output “{cam.name}” is {given[cam.name]}, no map a grade.",
                "Install it again.",
            )


def _session(
    model: bytes, providers: list[str | tuple[str, dict[str, int]]], threads: int | None
) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads or default_threads()
    options.inter_op_num_threads = 1
    # Idle workers that spin steal the cores from decoding and from the other networks.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return ort.InferenceSession(model, options, providers=providers)


def _is_same(answer: NDArray[np.float32], wanted: NDArray[np.float32]) -> bool:
    return bool(np.abs(answer - wanted).max() <= _SAME_ANSWER * (1.0 + np.abs(wanted).max()))
