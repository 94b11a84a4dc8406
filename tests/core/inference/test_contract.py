"""A contract is taken whole or refused by the name of what is wrong in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lumbar_core.anatomy import SEVERITY_LABELS, Condition, Orientation, Weighting
from lumbar_core.errors import ModelError
from lumbar_core.inference.contract import AXIAL_LOCALISER_THRESHOLDS, OUTPUTS, THRESHOLDS, parse_contract
from lumbar_core.inference.packs import load_packs
from tests.core.fake_packs import a_contract, an_input, contract_fields

CALIBRATION: dict[str, Any] = {"temperature": [1.5], "fitted_on": "", "ece": None}


def refusal(fields: Any) -> str:
    data = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    with pytest.raises(ModelError) as caught:
        parse_contract(data)
    assert caught.value.remedy
    return caught.value.finding


def test_a_right_contract_is_read_whole() -> None:
    contract = a_contract()
    assert contract.conditions == (Condition.SPINAL_CANAL_STENOSIS,)
    (crop,) = contract.inputs
    assert crop.shape == (None, 1, 4, 4)
    assert (crop.orientation, crop.weighting) == (Orientation.SAGITTAL, (Weighting.T2, Weighting.STIR))
    assert contract.parity == 2e-6  # the worst of all batch sizes
    assert contract.metrics[0].ci95 == (0.88, 0.92)
    assert contract.trained_on == {"cd"}


def test_fields_of_later_versions_are_ignored() -> None:
    assert a_contract(added_later={"anything": 1}) == a_contract()


def test_no_operating_point_means_the_most_probable_grade() -> None:
    assert a_contract(operating_point=None).operating_point == "argmax"


@pytest.mark.parametrize("field", sorted(set(contract_fields())))
def test_a_missing_field_is_named(field: str) -> None:
    fields = contract_fields()
    del fields[field]
    assert repr(field) in refusal(fields)


@pytest.mark.parametrize("field", sorted(set(an_input()) - {"filter"}))
def test_a_missing_field_of_an_input_is_named(field: str) -> None:
    given = an_input()
    del given[field]
    assert repr(field) in refusal(contract_fields(inputs=[given]))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("schema", "lumbar-pack/2", "lumbar-pack/2"),
        ("name", "../canal", "name"),
        ("name", "", "name"),
        ("name", "..", "name"),
        ("name", "a/b", "name"),
        ("name", "C:canal", "name"),
        ("name", 7, "name"),
        ("task", "paint", "paint"),
        ("task", ["grade"], "task"),
        ("conditions", ["scoliosis"], "scoliosis"),
        ("conditions", None, "conditions"),
        ("inputs", [], "inputs"),
        ("inputs", {}, "inputs"),
        ("inputs", ["crop"], "inputs"),
        ("inputs", [an_input(dtype="float16")], "float16"),
        ("inputs", [an_input(plane="sideways")], "sideways"),
        ("inputs", [an_input(weighting=["T3"])], "T3"),
        ("inputs", [an_input(working_grid={"long_side": 0, "square": True})], "long_side"),
        ("inputs", [an_input(crop={"half_width_discs": -1, "side": 4})], "half_width_discs"),
        ("inputs", [an_input(crop={"half_width_discs": 1})], "side"),
        ("inputs", [an_input(normalisation={"of": "spine", "percentiles": [1]})], "inputs"),
        ("inputs", [an_input(normalisation={"of": "spine", "percentiles": [99, 1]})], "percentiles"),
        ("outputs", [], "outputs"),
        ("outputs", [{"name": "logits", "role": "logits"}], "classes"),
        ("calibration", {"temperature": [], "fitted_on": "", "ece": None}, "calibration"),
        ("calibration", {"temperature": [0.0], "fitted_on": "", "ece": None}, "calibration"),
        ("calibration", 1.5, "calibration"),
        ("calibration", {**CALIBRATION, "alone": {"scale": 1.0, "bias": [0.0, 0.0]}}, "alone"),
        ("calibration", {**CALIBRATION, "edge": {"scale": 1.0, "bias": [0.0, 0.0]}}, "edge"),
        ("calibration", {**CALIBRATION, "edge": {"scale": 0.0, "bias": [0.0, 0.0, 0.0]}}, "scale"),
        ("calibration", {**CALIBRATION, "edge": {"bias": [0.0, 0.0, 0.0]}}, "scale"),
        ("operating_point", "best", "best"),
        ("thresholds", [0.5], "thresholds"),
        ("thresholds", {"visibility": "much"}, "thresholds"),
        ("thresholds", {"visibility": float("nan")}, "thresholds"),
        ("metrics", [{"name": "acc"}], "metrics"),
        ("parity", {"max_abs_dp": {}}, "parity"),
        ("parity", {"max_abs_dp": [1e-6]}, "parity"),
        ("digest", 12, "digest"),
        ("trained_on", {"salt": "ab"}, "hashes"),
        ("training", "long", "training"),
    ],
)
def test_a_wrong_field_is_named(field: str, value: Any, said: str) -> None:
    assert said in refusal(contract_fields(**{field: value}))


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[]", b"null", b'"contract"'])
def test_what_is_no_contract_at_all_is_refused(data: bytes) -> None:
    assert "contract.json" in refusal(data)


def test_the_refusal_names_the_pack() -> None:
    assert "canal" in refusal(contract_fields(schema="other"))


@pytest.mark.parametrize(("task", "name"), [(task, name) for task, names in THRESHOLDS.items() for name in names])
def test_a_pack_without_a_threshold_that_its_task_needs_is_refused_by_its_name(task: str, name: str) -> None:
    thresholds = dict.fromkeys(THRESHOLDS[task], 0.5)
    outputs = contract_fields()["outputs"] * OUTPUTS[task]
    assert a_contract(task=task, thresholds=thresholds, outputs=outputs).threshold(name) == 0.5
    del thresholds[name]
    with pytest.raises(ModelError, match=f"thresholds.*{name} missing"):
        a_contract(task=task, thresholds=thresholds, outputs=outputs)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"outputs": contract_fields()["outputs"] * 2}, "has 1, not 2"),
        ({"outputs": [{"name": "logits", "role": "logits", "classes": ["mild", "severe"]}]}, "Normal/Mild, Moderate"),
        ({"inputs": [an_input(crop=None)]}, "without a rule"),
        ({"inputs": [an_input(plane="axial")]}, "half_width_mm"),
        ({"inputs": [an_input(plane="axial", crop={"half_width_mm": 12})]}, "sees 3 slices"),
        ({"inputs": [an_input(plane="axial", crop={"half_width_mm": 12, "mirrored": "up"})]}, "up"),
    ],
)
def test_what_the_program_cannot_feed_or_read_for_the_task_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        a_contract(**changes)


LOGITS, MAPS = ({"name": name, "role": name, "classes": list(SEVERITY_LABELS)} for name in ("logits", "cam"))


def test_a_grader_may_give_class_activation_maps_after_its_logits() -> None:
    contract = a_contract(outputs=[LOGITS, MAPS])
    assert contract.cam is contract.outputs[1]
    assert a_contract(outputs=[LOGITS]).cam is None


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ([MAPS], "has 1, not 0"),
        ([MAPS, LOGITS], "has 1, not 2"),
        ([LOGITS, MAPS, MAPS], "has 1, not 2"),
        ([LOGITS, {**MAPS, "classes": ["Severe"]}], "Normal/Mild, Moderate"),
    ],
)
def test_maps_that_the_program_cannot_read_are_refused(outputs: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        a_contract(outputs=outputs)


def test_a_crop_of_an_axial_slice_is_cut_in_millimetres() -> None:
    given = an_input(plane="axial", shape=[None, 3, 20, 40], crop={"half_width_mm": 12, "mirrored": "left"})
    (wanted,) = a_contract(conditions=["subarticular_stenosis"], inputs=[given]).inputs
    assert wanted.is_axial
    assert wanted.cutout((50.0, 60.0), (0.5, 0.6)).box == (50.5 - 12, 60.5 - 20, 50.5 + 12, 60.5 + 20)
    with pytest.raises(ValueError, match="not cut from an axial"):
        a_contract().inputs[0].cutout((50.0, 60.0), (0.5, 0.5))


AXIAL = an_input(plane="axial", shape=[None, 3, 80, 80], crop={"half_width_mm": 20, "mirrored": None})
FINDING = contract_fields()["thresholds"]


@pytest.mark.parametrize("share", [0, 0.3, 1])
def test_a_grader_of_the_canal_on_axial_slices_adds_to_the_sagittal_one_by_a_share(share: float) -> None:
    contract = a_contract(inputs=[AXIAL], thresholds={**FINDING, "share": share})
    assert contract.adds_to_another
    assert contract.threshold("share") == share


@pytest.mark.parametrize("share", [{}, {"share": -0.1}, {"share": 1.1}])
def test_without_a_share_from_0_to_1_such_a_grader_is_refused(share: dict[str, float]) -> None:
    with pytest.raises(ModelError, match="thresholds: share, from 0 to 1"):
        a_contract(inputs=[AXIAL], thresholds={**FINDING, **share})


def test_what_one_plane_tells_alone_needs_no_share() -> None:
    assert not a_contract(conditions=["subarticular_stenosis"], inputs=[AXIAL]).adds_to_another
    assert not a_contract().adds_to_another


def test_a_localiser_of_axial_slices_counts_no_levels() -> None:
    inputs = [an_input(plane="axial", crop={"half_width_mm": 20, "mirrored": None})]
    outputs = contract_fields()["outputs"] * OUTPUTS["localise"]
    thresholds = dict.fromkeys(AXIAL_LOCALISER_THRESHOLDS, 0.5)
    assert a_contract(task="localise", inputs=inputs, outputs=outputs, thresholds=thresholds).inputs[0].is_axial
    with pytest.raises(ModelError, match="confidence missing"):
        a_contract(task="localise", inputs=inputs, outputs=outputs, thresholds={"lumbar": 0.5})


def test_what_a_pack_was_measured_at_is_told_in_words() -> None:
    fields = {"ci95": [0.9, 0.95], "cells": 70, "protocol": "by folds"}
    names = ("acc", "lone slice: auc_severe", "wll, level alone")
    told = a_contract(metrics=[{"name": name, "value": 0.93, **fields} for name in names]).in_words()
    assert "accuracy: 0.930 (0.900 – 0.950), 70 cells, by folds" in told
    assert [line.split(": 0.930")[0] for line in told if "0.930" in line] == [
        "accuracy",
        "lone slice: AUC of Severe",
        "weighted log loss, level alone",
    ]


def test_no_figure_of_a_shipped_pack_is_left_without_words() -> None:
    for pack in load_packs("cpu").all:
        assert [metric.name for metric in pack.contract.metrics]
        figures = [line for line in pack.contract.in_words() if " cells, " in line]
        assert [line for line in figures if "_" in line.split(" cells, ")[0]] == []


@pytest.mark.parametrize(("views", "temperature"), [(1, 1.5), (2, 1.2), (3, 1.1), (9, 1.1)])
def test_more_views_than_were_calibrated_take_the_last_temperature(views: int, temperature: float) -> None:
    contract = a_contract(calibration={"temperature": [1.5, 1.2, 1.1], "fitted_on": "", "ece": None})
    assert contract.calibration is not None
    assert contract.calibration.for_views(views) == temperature


@pytest.mark.parametrize("names", [(), ("edge",), ("alone",), ("alone", "edge")])
def test_a_word_without_neighbours_is_set_right_where_the_pack_was_tried_so(names: tuple[str, ...]) -> None:
    told = {"alone": {"scale": 2.0, "bias": [-2.0, 0.5, 1.5]}, "edge": {"scale": 1.0, "bias": [-0.5, 0.1, 0.4]}}
    calibration = a_contract(calibration=CALIBRATION | {name: told[name] for name in names}).calibration
    assert calibration is not None
    assert calibration.correction(0) is None
    for missing, name in ((1, "edge"), (2, "alone")):
        found = calibration.correction(missing)
        assert (found is not None) is (name in names)
        assert found is None or (found.scale, list(found.bias)) == (told[name]["scale"], told[name]["bias"])
