"""Arithmetic in eight bits against single precision: `python -m export.int8 --config FILE --fold K`.

Quantises the grader that left out a fold (static, QDQ, weights per channel, activations calibrated on crops of other
folds), and prints size, speed and figures on that fold for both. It would ship if its log loss moved by less than .002.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from export.inputs import network_input, parity_inputs
from export.to_onnx import plain_onnx
from export.write_pack import load_network
from lumbar_core.inference.contract import CAM
from lumbar_core.inference.packs import CONTRACT, MODEL
from training.cells import data_folder
from training.config import TrainConfig, load_config
from training.evaluate import answers_to, figures, score
from training.recipe_cells import recipe_cells
from training.splits import FOLDS
from training.workshop import Workshop, fold_pack, locating_packs

BATCH, REPEATS = 10, 30
SHOWN = ("cells", "wll", "acc", "auc_severe", "kappa", "ece")


class _Crops(CalibrationDataReader):  # type: ignore[misc]  # the library is untyped
    def __init__(self, name: str, crops: NDArray[np.float32]) -> None:
        self._batches: Iterator[dict[str, NDArray[np.float32]]] = ({name: crop[None]} for crop in crops)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next input, None after the last."""
        return next(self._batches, None)


def quantised(model: bytes, name: str, crops: NDArray[np.float32]) -> bytes:
    """The ONNX network with convolutions and products in eight bits; crops (N, channels, S, S) set their ranges."""
    with TemporaryDirectory() as work:
        plain, prepared, result = (Path(work) / file for file in ("plain.onnx", "prepared.onnx", "int8.onnx"))
        plain.write_bytes(model)
        quant_pre_process(plain, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            result,
            _Crops(name, crops),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Gemm"],  # where the time goes; a batch norm loses too much
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        network = onnx.load(result)
        # The library names operator sets that nothing here uses, and the program takes only the standard one.
        standard = [each for each in network.opset_import if not each.domain]
        del network.opset_import[:]
        network.opset_import.extend(standard)
        onnx.checker.check_model(network)
        return bytes(network.SerializeToString())


def milliseconds(models: dict[str, bytes], name: str, crops: NDArray[np.float32], threads: int) -> dict[str, float]:
    """Best time of a batch for each, taken in turns."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    sessions = {key: ort.InferenceSession(model, options) for key, model in models.items()}
    times: dict[str, list[float]] = {key: [] for key in models}
    for _ in range(REPEATS):
        for key, session in sessions.items():
            started = time.perf_counter()
            session.run(None, {name: crops[:BATCH]})
            times[key].append(time.perf_counter() - started)
    return {key: 1000 * min(taken) for key, taken in times.items()}


def compare(config: TrainConfig, fold: int, shop: Workshop, workers: int) -> dict[str, Any]:
    """Size, speed and figures of both arithmetics on a fold that the networks left out."""
    left_out = frozenset({fold})
    pack, beside = fold_pack(config.name, left_out, shop), locating_packs(config, left_out, shop)
    state = torch.load(shop.checkpoint(config.name, left_out), weights_only=True)
    wanted = network_input(config)
    crops = parity_inputs(config, shop.data, frozenset(FOLDS) - left_out)
    plain = plain_onnx(load_network(config, state), [size or 0 for size in wanted.shape[1:]], wanted.name, ["logits"])
    models = {"single": (pack / MODEL).read_bytes(), "int8": quantised(plain, wanted.name, crops)}
    taken = milliseconds(models, wanted.name, crops, threads=2)
    cells = [cell for cell in recipe_cells(config, shop.data) if cell.fold == fold]
    images = shop.data / config.data / "images"
    with TemporaryDirectory() as work:
        other = _with_model(pack, models["int8"], Path(work) / pack.name)
        answered = {
            key: figures(score(cells, answers_to(cells, images, [*beside, folder], workers)))
            for key, folder in (("single", pack), ("int8", other))
        }
    return {
        key: {"bytes": len(models[key]), "ms": taken[key], **{name: answered[key][name] for name in SHOWN}}
        for key in models
    }


def _with_model(pack: Path, model: bytes, folder: Path) -> Path:
    shutil.copytree(pack, folder)
    (folder / MODEL).write_bytes(model)
    contract = json.loads((folder / CONTRACT).read_text(encoding="utf-8"))
    contract["digest"] = hashlib.sha256(model).hexdigest()
    contract["outputs"] = [output for output in contract["outputs"] if output["role"] != CAM]
    (folder / CONTRACT).write_text(json.dumps(contract), encoding="utf-8")
    return folder


def main() -> int:
    """Print the comparison as JSON."""
    parser = argparse.ArgumentParser(prog="python -m export.int8", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="recipe of a grader")
    parser.add_argument("--fold", type=int, choices=FOLDS, default=1)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    config, shop = load_config(options.config), Workshop(data_folder(), options.runs, options.config.parent)
    if config.beside:
        parser.error(f"{config.name}: its pack holds two networks, and one is compared here")
    found = compare(config, options.fold, shop, options.workers)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
