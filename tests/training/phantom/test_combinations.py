"""Left is left and L4/L5 is L4/L5, however a scanner stores its slices: the whole way from files to the frame.

The true points are handed in as a perfect localiser would place them, in the pixels of the files as they were read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from lumbar_core.anatomy import LEVELS, USED_ON, Condition, Level, Orientation
from lumbar_core.geometry import Plane, Points3
from lumbar_core.localise.frame import Vote, fit_frame
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.study import Instance, Pixels, Series, Study
from training.phantom.body import Patient
from training.phantom.disease import healthy
from training.phantom.protocols import PROTOCOLS, Protocol
from training.phantom.rsna_layout import write_scan
from training.phantom.scan import Pose, Scan, pose_of, scan
from training.phantom.spine import Variant, build_spine
from training.phantom.truth import Structure, structures_of

SEED = 8


@dataclass(frozen=True, slots=True)
class Storing:
    """How a scanner stores a series: order of its slices, direction of its rows and columns, order of its numbers."""

    backwards: bool
    flip_rows: bool
    flip_columns: bool
    numbers_fall: bool


WAYS = [Storing(*way) for way in product((False, True), repeat=4)]


def coarse(protocol: Protocol) -> Protocol:
    factor = protocol.rows / 128
    return replace(protocol, rows=128, columns=128, spacing_mm=protocol.spacing_mm * factor, cuts=(0.0,), fine=1,
                   ghosts=0.0, noise=0.003)  # fmt: skip


@pytest.fixture(scope="module", params=[-14.0, 14.0], ids=["bowed to the right", "bowed to the left"])
def made(request: pytest.FixtureRequest) -> tuple[list[Scan], tuple[Structure, ...], Pose]:
    patient = Patient.of(build_spine(SEED, healthy(SEED), Variant(scoliosis_mm=request.param)))
    pose = pose_of(SEED)
    aside = 28.0 if request.param < 0 else -28.0  # the whole patient on the other side of the scanner's middle
    pose = replace(pose, shift_mm=np.array([aside, *pose.shift_mm[1:]]))
    return [scan(patient, coarse(protocol), pose) for protocol in PROTOCOLS], structures_of(patient), pose


def stored(one: Scan, way: Storing) -> Scan:
    """The same images as another scanner would store them."""
    rows, columns = one.pixels[0].shape
    pixels, planes = [], []
    for image, plane in zip(one.pixels, one.planes, strict=True):
        corner = plane.to_patient(np.array([(rows - 1) * way.flip_rows, (columns - 1) * way.flip_columns], float))
        down, right = (
            (-plane.down if way.flip_rows else plane.down),
            (-plane.right if way.flip_columns else plane.right),
        )
        planes.append(Plane(corner, down, right, plane.spacing_mm))
        pixels.append(np.ascontiguousarray(image[:: -1 if way.flip_rows else 1, :: -1 if way.flip_columns else 1]))
    order = slice(None, None, -1 if way.backwards else 1)
    return Scan(one.protocol, tuple(pixels[order]), tuple(planes[order]))


def written(scans: list[Scan], way: Storing, folder: Path) -> Study:
    for number, one in enumerate(scans, start=1):
        count = len(one.planes)
        numbers = range(count, 0, -1) if way.numbers_fall else range(1, count + 1)
        write_scan(stored(one, way), list(numbers), folder, SEED, number)
    return read_study([folder])


def nearest(series: Series, place_mm: Points3) -> tuple[Instance, Plane]:
    """The slice that a perfect localiser would find a structure on."""
    planes = [(abs(float(i.plane.distance_mm(place_mm))), i, i.plane) for i in series.instances if i.plane is not None]
    _, instance, plane = min(planes, key=lambda entry: entry[0])
    return instance, plane


def marked(series: Series, structures: tuple[Structure, ...], pose: Pose) -> Iterator[tuple[Structure, Points3, Plane]]:
    """Each structure graded on this series, where its pixel lies in the patient by the file as it was read."""
    for each in structures:
        orientation, weightings = USED_ON[each.condition]
        if series.kind.orientation is orientation and series.kind.weighting in weightings:
            _, plane = nearest(series, pose.to_patient(each.point_mm))
            yield each, plane.to_patient(np.rint(plane.to_pixels(pose.to_patient(each.point_mm)))), plane


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_no_side_and_no_level_is_ever_swapped(
    way: Storing, made: tuple[list[Scan], tuple[Structure, ...], Pose], tmp_path: Path
) -> None:
    scans, structures, pose = made
    study = written(scans, way, tmp_path)
    by_plane = {(series.kind.orientation, series.kind.weighting): series for series in study.series}
    assert len(by_plane) == len(study.series) == len(scans)
    votes = []
    for series in study.series:
        if series.kind.orientation is Orientation.SAGITTAL:
            places: dict[Level, list[Points3]] = {}
            for each, place, _ in marked(series, structures, pose):
                places.setdefault(each.level, []).append(place)
            middles = {level: np.mean(found, axis=0) for level, found in places.items()}
            canal = series is by_plane[USED_ON[Condition.SPINAL_CANAL_STENOSIS][0], scans[0].protocol.weighting]
            votes.append(Vote(series.id, series.instances[0].frame_of_reference_uid, middles, 1.0, canal))
    frame = fit_frame(votes)
    assert frame is not None
    assert frame.disagreed == ()
    assert len(frame.strangers) == 1, "every series has a frame of reference of its own"
    told = 0
    for series in study.series:
        for each, place, plane in marked(series, structures, pose):
            if each.side is not None:
                assert frame.side_of(place, each.level) is each.side
                told += 1
            if series.kind.orientation is Orientation.AXIAL:
                assert frame.level_of(plane) is each.level
    assert told == 4 * len(LEVELS)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_slices_are_read_in_the_patient_s_order_and_show_what_they_showed(
    way: Storing, made: tuple[list[Scan], tuple[Structure, ...], Pose], tmp_path: Path
) -> None:
    scans, _, _ = made
    study = written(scans, way, tmp_path)
    reader = DirectReader()
    for series in study.series:
        one = next(s for s in scans if (s.protocol.orientation, s.protocol.weighting) ==
                   (series.kind.orientation, series.kind.weighting))  # fmt: skip
        for instance, image, plane in zip(series.instances, one.pixels, one.planes, strict=True):
            assert instance.plane is not None
            assert float(plane.distance_mm(instance.plane.origin_mm)) == pytest.approx(0, abs=1e-3)
            read: Pixels = reader.read(instance)
            back = read[:: -1 if way.flip_rows else 1, :: -1 if way.flip_columns else 1]
            assert np.array_equal(back, image)
