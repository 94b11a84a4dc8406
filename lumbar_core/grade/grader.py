"""Crops to graded findings: one network per condition, views fused, doubts said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import Severity, Target
from lumbar_core.findings import Grade, ImagePoint, View
from lumbar_core.grade.axial_crops import missing_neighbours
from lumbar_core.grade.calibrate import calibrate, fuse, grade, set_right
from lumbar_core.grade.crops import CropPlace, cut_crops
from lumbar_core.grade.flags import APART, is_borderline, severe_reasons
from lumbar_core.inference.contract import SHARE, Contract
from lumbar_core.inference.packs import Pack
from lumbar_core.picture import Box
from lumbar_core.study import Instance, Pixels


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """One target as one slice shows it."""

    target: Target
    point: ImagePoint
    place: CropPlace


def grade_slice(
    instance: Instance,
    pixels: Pixels,
    sights: Sequence[Sight],
    spine: Sequence[CropPlace],
    pack: Pack,
    content: Box | None = None,
) -> list[View]:
    """Grade all sights of one slice in one batch. Raises Cancelled if stopped.

    spine: all located levels of the slice. content: the slice's part of a framed picture.
    """
    if not sights:
        return []
    crops = cut_crops(pixels, [sight.place for sight in sights], spine, pack.contract.inputs[0], content)
    return grade_crops(instance, {sight.target: sight.point for sight in sights}, crops, pack)


def grade_crops(
    instance: Instance, points: Mapping[Target, ImagePoint], crops: NDArray[np.float32], pack: Pack
) -> list[View]:
    """One view per target of an image, from crops (n, channels, rows, columns) in the order of the targets.

    What is said of an axial slice without its neighbours, or one of them, is set right (docs/decisions/0046).
    """
    contract = pack.contract
    given = pack.model.run({contract.inputs[0].name: crops})
    logits = given[contract.outputs[0].name]
    maps = given[contract.cam.name] if contract.cam is not None else [None] * len(crops)
    return [
        _view(target, instance, point, row, crop, cam, contract)
        for (target, point), row, crop, cam in zip(points.items(), logits, crops, maps, strict=True)
    ]


def _view(
    target: Target,
    instance: Instance,
    point: ImagePoint,
    logits: NDArray[np.float32],
    crop: NDArray[np.float32],
    cam: NDArray[np.float32] | None,
    contract: Contract,
) -> View:
    missing = missing_neighbours(crop)

    def right(values: NDArray[np.float32]) -> NDArray[np.float64]:
        return set_right(values.astype(np.float64), missing, contract.calibration)

    maps = None if cam is None else right(cam).astype(np.float32)
    return View(target, instance, point, right(logits), crop, maps, contract.inputs[0].is_axial)


def fuse_views(
    views: Sequence[View],
    contract: Contract,
    doubts: Mapping[Target, tuple[str, ...]],
    second: Contract | None = None,
) -> list[Grade]:
    """One finding per target from its views, best first; doubts are further reasons to check it.

    second: of the network that graded axial views of what sagittal ones tell first (`PackSet.second_grader`). A finding
    with such a view is (1 - share) of the sagittal views' fused logits and `share` of the axial ones', and calibration,
    thresholds and operating point are then the second's (docs/decisions/0040-an-axial-view-of-the-canal.md).
    """
    by_target: dict[Target, list[View]] = {}
    for view in views:
        by_target.setdefault(view.target, []).append(view)
    return [_fused(target, group, contract, second, doubts.get(target, ())) for target, group in by_target.items()]


def _fused(
    target: Target,
    views: list[View],
    first: Contract,
    second: Contract | None,
    doubts: tuple[str, ...],
) -> Grade:
    # In steps of a tenth, so that among equally good slices the order given stands.
    ranked = sorted(views, key=lambda view: -round(view.point.visibility, 1))
    own = [view for view in ranked if second is None or not view.axial]
    added = [view for view in ranked if second is not None and view.axial]
    ordered = [*own, *added]
    fused, contract = _fused_logits(own), first
    if second is not None and added:
        share, contract = second.threshold(SHARE), second
        fused = (1 - share) * fused + share * _fused_logits(added)
    probabilities = calibrate(fused, len(ordered), contract.calibration)
    severity = grade(probabilities, contract.operating_point)
    single = [*(_alone(view, first) for view in own), *(_alone(view, contract) for view in added)]
    apart = (APART,) if max(single) - min(single) == Severity.SEVERE else ()
    return Grade(
        target=target,
        probabilities=probabilities,
        severity=severity,
        views=tuple(ordered),
        worst_view=max(single),
        check_reasons=(*severe_reasons(probabilities, severity, contract), *apart, *doubts),
        borderline=is_borderline(probabilities, contract),
    )


def _fused_logits(views: Sequence[View]) -> NDArray[np.float64]:
    return fuse(np.stack([view.logits for view in views]))


def _alone(view: View, contract: Contract) -> Severity:
    """What one slice says by itself."""
    return grade(calibrate(_fused_logits([view]), 1, contract.calibration), contract.operating_point)
