"""The scanner: slices in the order and place they say, brightness by physics, structures in the pixels of the truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lumbar_core.anatomy import LEVELS, Condition, Orientation, Side, Weighting
from training.phantom.body import Patient
from training.phantom.disease import healthy
from training.phantom.protocols import STIR_SAGITTAL, T1_SAGITTAL, T2_AXIAL, T2_SAGITTAL, Protocol, Stack, protocols_of
from training.phantom.scan import Scan, pose_of, scan
from training.phantom.spine import Variant, build_spine
from training.phantom.tissues import RELAXATION, Sequence, Tissue
from training.phantom.truth import structures_of, study_truth

SEED = 4


def coarse(protocol: Protocol) -> Protocol:
    """The same field of view in few pixels, without faults."""
    factor = protocol.rows / 160
    return replace(protocol, rows=160, columns=160, spacing_mm=protocol.spacing_mm * factor, cuts=(0.0,), fine=1,
                   ghosts=0.0, noise=0.002)  # fmt: skip


T2, T1, AXIAL = map(coarse, (T2_SAGITTAL, T1_SAGITTAL, T2_AXIAL))


@pytest.fixture(scope="module")
def patient() -> Patient:
    return Patient.of(build_spine(SEED, healthy(SEED), Variant(scoliosis_mm=8.0)))


@pytest.fixture(scope="module")
def scans(patient: Patient) -> dict[str, Scan]:
    return {one.name: scan(patient, one, pose_of(SEED)) for one in (T2, T1, AXIAL)}


def brightness(one: Scan, place_mm: np.ndarray) -> float:
    """Around a patient point, in the slice nearest to it."""
    index = int(np.argmin([abs(plane.distance_mm(place_mm)) for plane in one.planes]))
    row, column = np.rint(one.planes[index].to_pixels(place_mm)).astype(int)
    return float(one.pixels[index][row - 1 : row + 2, column - 1 : column + 2].mean())


def test_the_times_of_a_sequence_make_its_contrast() -> None:
    t2, t1, stir = (
        {tissue: one.sequence.brightness(RELAXATION[tissue], 1.5) for tissue in RELAXATION}
        for one in (T2_SAGITTAL, T1_SAGITTAL, STIR_SAGITTAL)
    )
    assert t2[Tissue.FLUID] > t2[Tissue.FAT] > t2[Tissue.MARROW] > t2[Tissue.MUSCLE] > t2[Tissue.CORTEX]
    assert t1[Tissue.FAT] > t1[Tissue.MARROW] > t1[Tissue.MUSCLE] > t1[Tissue.FLUID]
    assert stir[Tissue.FLUID] > 5 * stir[Tissue.FAT]
    assert stir[Tissue.OEDEMA] > stir[Tissue.MARROW]
    assert Sequence(500, 10).brightness(RELAXATION[Tissue.FLUID], 3.0) < t1[Tissue.FLUID]


def test_sagittal_slices_go_from_the_right_of_the_patient_to_the_left_or_backwards(patient: Patient) -> None:
    few = replace(T2, slices=3)
    for one, sign in ((few, 1), (replace(few, backwards=True), -1)):
        planes = scan(patient, one, pose_of(SEED)).planes
        assert all(plane.orientation is Orientation.SAGITTAL for plane in planes)
        middles = np.array([plane.to_patient(np.array([80.0, 80.0])) for plane in planes])
        assert (sign * np.diff(middles[:, 0]) > 0).all()
        assert np.allclose(np.linalg.norm(np.diff(middles, axis=0), axis=1), one.step_mm, atol=1e-6)


def test_backwards_changes_the_order_and_nothing_else(patient: Patient) -> None:
    few = replace(T2, slices=3, noise=0.0)
    there, back = (scan(patient, replace(few, backwards=way), pose_of(SEED)) for way in (False, True))
    for first, second in zip(there.pixels, back.pixels[::-1], strict=True):
        assert np.array_equal(first, second)


def test_the_great_vein_of_the_right_is_dark_on_the_right_only(scans: dict[str, Scan], patient: Patient) -> None:
    spine, pose = patient.spine, pose_of(SEED)
    # Before the lower half of L4 the cava (right) still runs where the aorta (left) has parted.
    body = spine.bodies[5]
    behind = -2 * body.half_depth_mm - 10
    right, left = (pose.to_patient(spine.place(body.along_mm, behind, aside)) for aside in (-14.0, 30.0))
    for name in (T2.name, AXIAL.name):
        assert brightness(scans[name], right) < 0.5 * brightness(scans[name], left)


def test_a_seam_of_the_sacrum_is_thinner_than_the_disc_that_it_was() -> None:
    usual, remnant = (Patient.of(build_spine(SEED, healthy(SEED), Variant(remnant=way))) for way in (False, True))
    dark = []
    for each in (usual, remnant):
        spine = each.spine
        disc = next(disc for disc in spine.discs if disc.name == "S1/S2")
        heights = np.arange(-8.0, 8.0, 0.1)
        places = [spine.place(disc.along_mm + off, -spine.bodies[7].half_depth_mm, 0.0) for off in heights]
        tissue = each.column_tissue(np.array(places, np.float32))
        dark.append(0.1 * np.count_nonzero(tissue != Tissue.MARROW))
    assert dark[0] < 4.0 < dark[1]


def test_fat_runs_between_the_bundles_of_muscle(patient: Patient) -> None:
    low, high = np.array([35.0, 40.0, -40.0]), np.array([60.0, 60.0, 40.0])
    points = np.random.default_rng(0).uniform(low, high, (4000, 3)).astype(np.float32)
    texture = patient.texture
    lumps, sheets, loops = (field.at(points) for field in (texture.coarse, texture.sheets, texture.loops))
    muscle = patient.around(points, lumps, loops) == Tissue.MUSCLE
    laced = patient.lace(points, sheets, lumps)[muscle]
    assert np.count_nonzero(muscle) > 500
    assert ((laced >= 0) & (laced <= 1)).all()
    assert 0.02 < np.mean(laced > 0.5) < 0.25


def test_every_structure_projects_to_the_pixel_and_slice_that_the_truth_names(
    scans: dict[str, Scan], patient: Patient
) -> None:
    files = {name: [str(index) for index in range(len(one.planes))] for name, one in scans.items()}
    truth = study_truth(patient, pose_of(SEED), scans.values(), files)
    places = {(each["condition"], each["level"], each["side"]): each["patient_mm"] for each in truth["structures"]}
    assert len(places) == 25
    for series in truth["series"]:
        one = scans[series["protocol"]]
        for point in series["points"]:
            place = np.array(places[point["condition"], point["level"], point["side"]])
            plane = one.planes[int(point["file"])]
            assert plane.to_pixels(place) == pytest.approx((point["row"], point["column"]), abs=0.02)
            assert abs(plane.distance_mm(place)) <= one.protocol.step_mm / 2 + 0.1


def test_left_structures_lie_to_the_left_of_right_ones_and_to_the_right_on_axial_pictures(
    scans: dict[str, Scan], patient: Patient
) -> None:
    for level in LEVELS:
        sided = {each.side: each for each in structures_of(patient)
                 if each.level is level and each.condition is Condition.SUBARTICULAR_STENOSIS}  # fmt: skip
        left, right = (pose_of(SEED).to_patient(sided[side].point_mm) for side in (Side.LEFT, Side.RIGHT))
        assert left[0] > right[0] + 8
        plane = scans[AXIAL.name].planes[5 * LEVELS.index(level) + 2]
        assert plane.to_pixels(left)[1] > plane.to_pixels(right)[1]


def test_the_sac_is_bright_on_t2_and_dark_on_t1_at_every_level(scans: dict[str, Scan], patient: Patient) -> None:
    for each in structures_of(patient):
        if each.condition is Condition.SPINAL_CANAL_STENOSIS:
            place = pose_of(SEED).to_patient(each.point_mm)
            body = patient.spine.level_disc(each.level)
            disc = pose_of(SEED).to_patient(patient.spine.place(body.along_mm, -4.0, 0.0))
            assert brightness(scans[T2.name], place) > 1.5 * brightness(scans[T2.name], disc)
            assert brightness(scans[T1.name], place) < 1.2 * brightness(scans[T1.name], disc)
            assert brightness(scans[AXIAL.name], place) > 1.5 * brightness(scans[AXIAL.name], disc)


def test_axial_blocks_are_tilted_to_their_discs_and_a_straight_stack_is_not(patient: Patient) -> None:
    pose = pose_of(SEED)
    blocks = scan(patient, replace(AXIAL, slices=1), pose).planes
    assert len(blocks) == len(LEVELS)
    for level, plane in zip(LEVELS, blocks, strict=True):
        along = patient.spine.level_disc(level).along_mm
        back = pose.rotation @ np.array([0.0, *patient.spine.wall.backwards_at(along)])
        assert plane.orientation is Orientation.AXIAL
        assert abs(float(plane.normal @ back)) < 1e-6
        assert plane.normal[2] < 0 or plane.normal[2] > 0.5
    straight = scan(patient, replace(AXIAL, slices=2, stack=Stack.STRAIGHT), pose).planes
    assert all(abs(plane.normal[2]) == pytest.approx(1.0) for plane in straight)


def test_hospitals_differ_and_patients_lie_off_the_middle() -> None:
    usual = [protocols_of(seed) for seed in range(20)]
    assert {one[0].tesla for one in usual} == {1.5, 3.0}
    assert {one[2].stack for one in usual} == set(Stack)
    assert {one[0].backwards for one in usual} == {False, True}
    assert {one[1].weighting for one in usual} == {Weighting.T1}
    asides = [float(pose_of(seed).shift_mm[0]) for seed in range(20)]
    assert max(asides) > 15
    assert min(asides) < -15
    assert max(map(abs, asides)) <= 30
