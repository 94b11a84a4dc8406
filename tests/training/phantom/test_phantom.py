"""The generated study: counted right, left on the left, in the right pixels, the same every time."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from lumbar_core.anatomy import LEVELS, Level, Orientation, Severity, Weighting
from lumbar_core.geometry import Plane
from training.phantom import PROTOCOLS, Protocol, build_spine, grade_of, pose_of, scan, write_study

REPOSITORY = Path(__file__).resolve().parents[3]
SAMPLE = REPOSITORY / "lumbar_core" / "sample"


def coarse(protocol: Protocol) -> Protocol:
    """The same picture with fewer and larger pixels and no noise to speak of."""
    factor = protocol.rows // 128
    return replace(
        protocol,
        rows=protocol.rows // factor,
        columns=protocol.columns // factor,
        spacing_mm=protocol.spacing_mm * factor,
        noise=0.004,
    )


T2, T1 = (coarse(protocol) for protocol in PROTOCOLS)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("phantom") / "study"
    truth = write_study(build_spine(4, {Level.L3_L4: 0.65}), folder, (T2, T1))
    return folder, truth


def plane_of(header: pydicom.Dataset) -> Plane:
    return Plane.from_dicom(header.ImagePositionPatient, header.ImageOrientationPatient, header.PixelSpacing)


def headers(folder: Path, protocol: Protocol) -> list[pydicom.FileDataset]:
    return [pydicom.dcmread(path) for path in sorted((folder / protocol.name).iterdir())]


def test_the_five_levels_are_counted_between_the_named_vertebrae() -> None:
    spine = build_spine(1)
    assert [spine.level_disc(level).name for level in LEVELS] == ["L1/L2", "L2/L3", "L3/L4", "L4/L5", "L5/S1"]
    for level in LEVELS:
        upper, lower = (
            next(body for body in spine.bodies if body.name == name) for name in spine.level_disc(level).name.split("/")
        )
        assert upper.centre[1] > spine.level_disc(level).centre[1] > lower.centre[1]


def test_a_level_lies_behind_its_disc_inside_the_canal() -> None:
    spine = build_spine(1)
    for level in LEVELS:
        disc, point = spine.level_disc(level), spine.canal_point(level)
        assert 15 < np.hypot(*(point[1:] - disc.centre)) < 32
        assert point[1] > disc.centre[0]


def test_the_grade_follows_the_size_of_the_sac() -> None:
    assert [grade_of(size) for size in (13.0, 10.0, 9.9, 7.0, 6.9)] == [
        Severity.NORMAL_MILD,
        Severity.NORMAL_MILD,
        Severity.MODERATE,
        Severity.MODERATE,
        Severity.SEVERE,
    ]
    wide, narrow = build_spine(3, {}), build_spine(3, {Level.L4_L5: 0.6})
    assert grade_of(wide.sac_depth(Level.L4_L5)) is Severity.NORMAL_MILD
    assert grade_of(narrow.sac_depth(Level.L4_L5)) is Severity.SEVERE
    assert narrow.sac_depth(Level.L3_L4) == pytest.approx(wide.sac_depth(Level.L3_L4), abs=0.1)


def test_slices_go_from_the_right_of_the_patient_to_the_left(written: tuple[Path, dict[str, Any]]) -> None:
    planes = [plane_of(header) for header in headers(written[0], T2)]
    assert all(plane.orientation is Orientation.SAGITTAL for plane in planes)
    xs = [plane.to_patient(np.array([64.0, 64.0]))[0] for plane in planes]
    assert np.all(np.diff(xs) > 0)
    assert np.allclose(np.linalg.norm(np.diff([p.origin_mm for p in planes], axis=0), axis=1), 4.4, atol=1e-3)


def test_the_great_vein_of_the_right_is_seen_on_right_slices_only() -> None:
    spine = build_spine(4, {})
    pose, one = pose_of(4), scan(spine, replace(T2, noise=0.001), pose_of(4))
    # In front of the upper half of L5 the aorta (left) has ended and the cava (right) has not.
    body = next(body for body in spine.bodies if body.name == "L5")
    y, z = spine.wall.place(body.along_mm - 8, -2 * body.half_depth_mm - 13)
    brightness = {}
    for x_mm in (-13.0, 13.0):
        point = pose.to_patient(np.array([x_mm, y, z]))
        index = int(np.argmin([abs(plane.distance_mm(point)) for plane in one.planes]))
        row, column = np.rint(one.planes[index].to_pixels(point)).astype(int)
        brightness[x_mm] = float(one.pixels[index][row - 1 : row + 2, column - 1 : column + 2].mean())
    assert brightness[-13.0] < 0.6 * brightness[13.0]


def test_every_level_projects_to_the_pixel_that_the_truth_names(written: tuple[Path, dict[str, Any]]) -> None:
    folder, truth = written
    places = {level["level"]: np.array(level["patient_mm"]) for level in truth["levels"]}
    for series in truth["series"]:
        for point in series["points"]:
            plane = plane_of(pydicom.dcmread(folder / point["file"]))
            row, column = plane.to_pixels(places[point["level"]])
            assert (row, column) == pytest.approx((point["row"], point["column"]), abs=0.02)
            assert abs(plane.distance_mm(places[point["level"]])) <= 2.3


def test_the_canal_is_bright_on_t2_and_dark_on_t1_where_the_truth_says(written: tuple[Path, dict[str, Any]]) -> None:
    folder, truth = written
    for series in truth["series"]:
        for point in series["points"]:
            if point["level"] == Level.L3_L4:
                continue  # narrowed: the nerves fill it
            pixels = pydicom.dcmread(folder / point["file"]).pixel_array
            row, column = round(point["row"]), round(point["column"])
            canal = float(pixels[row, column])
            disc_in_front = float(np.median(pixels[row - 1 : row + 2, column - 13 : column - 8]))
            assert (canal > 1.4 * disc_in_front) is (series["weighting"] == Weighting.T2)


def test_a_narrowed_level_loses_its_fluid() -> None:
    bright = {}
    for share in (0.0, 0.7):
        spine = build_spine(4, {Level.L3_L4: share})
        one, pose = scan(spine, T2, pose_of(4)), pose_of(4)
        point = pose.to_patient(spine.canal_point(Level.L3_L4))
        index = int(np.argmin([abs(plane.distance_mm(point)) for plane in one.planes]))
        row, column = np.rint(one.planes[index].to_pixels(point)).astype(int)
        bright[share] = float(one.pixels[index][row - 1 : row + 2, column - 4 : column + 5].mean())
    assert bright[0.7] < 0.75 * bright[0.0]


def test_the_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    small = replace(T2, slices=3)
    for name in ("a", "b"):
        write_study(build_spine(9), tmp_path / name, (small,))
    first, second = (sorted((tmp_path / name / small.name).iterdir()) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert (tmp_path / "a.truth.json").read_text() == (tmp_path / "b.truth.json").read_text()


def test_the_bundled_sample_is_whole_named_as_generated_and_small() -> None:
    truth = json.loads(SAMPLE.with_name("sample.truth.json").read_text())
    assert truth["seed"] == 1
    files = sorted(SAMPLE.rglob("*.dcm"))
    assert len(files) == sum(protocol.slices for protocol in PROTOCOLS)
    assert sum(path.stat().st_size for path in files) <= 3_000_000
    assert {str(pydicom.dcmread(path, stop_before_pixels=True).PatientName) for path in files} == {"Phantom^Generated"}


@pytest.mark.slow
def test_the_bundled_sample_is_what_its_command_writes(tmp_path: Path) -> None:
    write_study(build_spine(1), tmp_path / "sample")
    for path in sorted(SAMPLE.rglob("*.dcm")):
        again = pydicom.dcmread(tmp_path / "sample" / path.relative_to(SAMPLE)).pixel_array
        # The last bits of a sine may differ between processors; one grey value in 900 may tip.
        assert np.abs(again.astype(int) - pydicom.dcmread(path).pixel_array.astype(int)).max() <= 1
