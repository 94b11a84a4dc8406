"""Training of the recogniser: plane and weighting of one picture, or "no lumbar MRI", or "turned"."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lumbar_core.picture import whole_picture
from lumbar_core.study import Pixels
from training.augment import AffineRange, coil_falloff, draw_affines, vary_brightness, warp
from training.cells import read_cells
from training.config import TrainConfig
from training.densenet import DenseNet
from training.foreign import foreign_pictures
from training.loop import fit, forward
from training.phantom_pictures import AXIAL_KINDS, NECK_KINDS, axial_slices, neck_slices
from training.pictures import KINDS, KindPicture, load_kind_picture, pictures_to_learn_from
from training.splits import FOLDS

PERCENTILES = (1.0, 99.5)
BOUNDS = AffineRange(rotation_deg=12.0, scale=0.3, aspect=0.2, shift=0.1)
FOREIGN = 600
PHANTOM = "phantom"  # their group: learnt from, never scored
PHANTOMS, PHANTOM_WEIGHT = 60, 4.0
DRAWN_PER_EPOCH = 2400
# How often each kind is drawn; "turned" is made from sagittal pictures on the way.
SHARES = {"sagittal_t1": 0.24, "sagittal_t2": 0.26, "axial_t1": 0.12, "axial_t2": 0.16, "other": 0.22}
TURNED = 0.2  # of the sagittal ones


@dataclass(frozen=True, slots=True, eq=False)
class KindData:
    """pictures (N, side, side) float16; kinds (N,) index in `KINDS`; weights (N,) within the kind; folds (N,)."""

    pictures: NDArray[np.float16]
    kinds: NDArray[np.int64]
    weights: NDArray[np.float64]
    folds: NDArray[np.int64]
    groups: list[str]


def load_kind_data(data: Path, config: TrainConfig, cache: Path) -> KindData:
    """Read (or take from cache) the pictures of known kind that are not held out, and generated ones.

    Generated are foreign pictures, and axial slices and necks of phantoms.
    """
    folds = {cell.study_id: cell.fold for name in ("rsna_canal", "rsna_foraminal") for cell in read_cells(data / name)}
    chosen = pictures_to_learn_from(data, folds)
    stamp = zlib.crc32(
        "".join([f"{PHANTOMS} {len(AXIAL_KINDS + NECK_KINDS)}", *(str(p.path) for p in chosen)]).encode()
    )
    path = cache / f"recognise_{config.side}_{stamp:08x}.npz"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        loaded = [load_kind_picture(picture) for picture in chosen] + foreign_pictures(FOREIGN, config.seed)
        loaded += [*axial_slices(PHANTOMS), *neck_slices(PHANTOMS)]
        np.savez(path, pictures=inputs_of(loaded, config))
    foreign_folds = [FOLDS[index % len(FOLDS)] for index in range(FOREIGN)]
    phantom_kinds = [KINDS.index(kind) for kind in AXIAL_KINDS * PHANTOMS + NECK_KINDS * PHANTOMS]
    phantom_folds = [
        FOLDS[phantom % len(FOLDS)] for kinds in (AXIAL_KINDS, NECK_KINDS) for phantom in range(PHANTOMS) for _ in kinds
    ]
    return KindData(
        pictures=np.load(path)["pictures"],
        kinds=np.array([KINDS.index(p.kind) for p in chosen] + [KINDS.index("other")] * FOREIGN + phantom_kinds),
        weights=np.array([_weight(p) for p in chosen] + [1.0] * FOREIGN + [PHANTOM_WEIGHT] * len(phantom_kinds)),
        folds=np.array([p.fold for p in chosen] + foreign_folds + phantom_folds),
        groups=[p.group for p in chosen] + ["generated"] * FOREIGN + [PHANTOM] * len(phantom_kinds),
    )


def inputs_of(pictures: Sequence[Pixels], config: TrainConfig) -> NDArray[np.float16]:
    """Pictures as the network sees them, (N, side, side)."""
    inputs = [whole_picture(pixels, config.side, PERCENTILES)[0] for pixels in pictures]
    return np.stack(inputs).astype(np.float16)


def _weight(picture: KindPicture) -> float:
    """Whole axial slices, midline T1 and lateral T2 are few beside RSNA's tiles, lateral T1 and midline T2."""
    if picture.path.parent.name.startswith("mendeley"):
        return 20.0 if picture.kind.startswith("sagittal") else 60.0 if picture.kind != "other" else 15.0
    if picture.group.startswith("spider"):
        return 8.0 if picture.kind == "sagittal_t1" else 2.0
    return 1.0


def make_batches(data: KindData, folds: set[int], config: TrainConfig, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch of (pictures (B, 1, S, S), kinds (B,)), drawn so that every kind has its share."""
    rng = np.random.default_rng((config.seed, epoch))
    torch_rng = torch.Generator().manual_seed(config.seed * 7919 + epoch)
    usable = np.isin(data.folds, sorted(folds))
    chance = np.zeros(len(data.kinds))
    for kind, share in SHARES.items():
        of_kind = usable & (data.kinds == KINDS.index(kind))
        chance[of_kind] = share * data.weights[of_kind] / data.weights[of_kind].sum()
    for _ in range(DRAWN_PER_EPOCH // config.batch):
        chosen = rng.choice(len(chance), config.batch, p=chance / chance.sum())
        pictures = torch.from_numpy(data.pictures[chosen].astype(np.float32))[:, None]
        kinds = torch.from_numpy(data.kinds[chosen])
        pictures = warp(pictures, draw_affines(len(chosen), BOUNDS, torch_rng))
        turned = (kinds < KINDS.index("axial_t1")) & (torch.rand(len(kinds), generator=torch_rng) < TURNED)
        for index in torch.nonzero(turned)[:, 0].tolist():
            pictures[index] = turn(pictures[index], int(rng.integers(1, 8)))
        kinds = torch.where(turned, KINDS.index("turned"), kinds)
        yield vary_brightness(coil_falloff(pictures, torch_rng), 1.0, torch_rng), kinds


def turn(picture: Tensor, way: int) -> Tensor:
    """One of the seven other ways to lay a picture (1, S, S): quarter turns (way mod 4), mirrored from 4 on."""
    turned = torch.rot90(picture, way % 4, (1, 2))
    return turned.flip(2) if way >= 4 else turned


def step(model: nn.Module, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
    """Cross-entropy over the kinds."""
    pictures, kinds = batch
    (logits,) = forward(model, pictures)
    loss = nn.functional.cross_entropy(logits, kinds, label_smoothing=0.02)
    return loss, {"accuracy": (logits.argmax(1) == kinds).float().mean()}


def build(config: TrainConfig) -> DenseNet:
    """A fresh recogniser: a narrow DenseNet."""
    torch.manual_seed(config.seed)
    model = DenseNet(len(KINDS), growth=12, blocks=(4, 6, 8, 6), first=24, dropout=config.dropout)
    return model.to(memory_format=torch.channels_last)


def train(config: TrainConfig, data: KindData, left_out: set[int], out: Path, *, resume: bool) -> DenseNet:
    """Train on every fold but those left out."""
    folds = set(FOLDS) - left_out
    model = build(config)
    seen = {group for group, fold in zip(data.groups, data.folds, strict=True) if fold in folds}

    def batches(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        return make_batches(data, folds, config, epoch)

    steps = math.ceil(DRAWN_PER_EPOCH / config.batch)
    fit(model, batches, steps, step, config, out, resume=resume, trained_on=seen)
    return model


def load_recogniser(checkpoint: Path, config: TrainConfig) -> DenseNet:
    """A trained recogniser from its checkpoint."""
    model = build(config)
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"], strict=True)
    return model.eval()


@torch.inference_mode()
def predict(model: nn.Module, pictures: NDArray[np.float16], batch: int = 64) -> NDArray[np.int64]:
    """The most probable kind (N,) of pictures (N, S, S)."""
    parts = []
    for start in range(0, len(pictures), batch):
        inputs = torch.from_numpy(pictures[start : start + batch].astype(np.float32))[:, None]
        parts.append(model(inputs).argmax(1).numpy())
    return np.concatenate(parts)


def turned(pictures: NDArray[np.float16], way: int) -> NDArray[np.float16]:
    """Pictures (N, S, S) laid another way, as `turn` lays one."""
    laid = torch.from_numpy(pictures.astype(np.float32))
    return np.stack([turn(picture[None], way)[0].numpy() for picture in laid]).astype(np.float16)
