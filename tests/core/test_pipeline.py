"""From study to result with packs that answer as they are told: what is graded, what is not and why."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from lumbar_core.anatomy import LEVELS, Condition, Level, Orientation, Reason, Severity, Side, Weighting
from lumbar_core.choices import Choices
from lumbar_core.errors import Cancelled, Damaged
from lumbar_core.inference.packs import PackSet
from lumbar_core.pipeline import Options, Progress, Step, analyse, recognise_study
from lumbar_core.reading.assemble import exclude_repeats
from lumbar_core.report.result import Finding, StudyResult
from lumbar_core.study import Instance, KindBasis, Pixels, SeriesKind, Study
from tests.core.fake_packs import a_grader, a_localiser, a_recogniser, draw_heat, model_of
from tests.core.fake_studies import (
    COLUMN,
    ROWS_OF,
    UNRECOGNISED,
    FakePixels,
    a_picture,
    a_series,
    a_study,
    noise,
    sagittal_plane,
)

CANAL = Condition.SPINAL_CANAL_STENOSIS
EVEN = {0: 6.0, 1: 10.0, 2: 14.0, 3: 18.0, 4: 22.0}
NORMAL_LOGITS = (4.0, 1.0, -3.0)
Scene = tuple[NDArray[np.float32], float]
WHOLE_SPINE: Scene = (draw_heat(EVEN, unnamed=(2, 26)), 0.95)


def packs(
    scene: Scene | Callable[[int], Scene] = WHOLE_SPINE,
    logits: tuple[float, float, float] = NORMAL_LOGITS,
) -> PackSet:
    scenes = scene if callable(scene) else lambda _: scene
    return PackSet((a_recogniser("sagittal_t2"), a_localiser(scenes), a_grader(lambda _: logits)))


def run(study: Study | None = None, chosen: PackSet | None = None, **options: object) -> StudyResult:
    return analyse(study or a_study(a_series()), chosen or packs(), pixels=FakePixels(), options=Options(**options))  # type: ignore[arg-type]


def canal(result: StudyResult) -> dict[Level, Finding]:
    return {finding.level: finding for finding in result.findings if finding.condition is CANAL}


def codes(result: StudyResult) -> list[Reason | None]:
    return [finding.reason_code for finding in canal(result).values()]


def test_a_study_has_25_findings_of_which_the_canal_is_graded() -> None:
    result = run()
    assert len(result.findings) == 25
    assert Counter(finding.condition for finding in result.assessed) == {CANAL: 5}
    assert {finding.grade for finding in result.assessed} == {Severity.NORMAL_MILD}
    assert {finding.reason_code for finding in result.findings if not finding.assessed} == {Reason.NO_PACK}
    assert result.complete_conditions == (CANAL,)
    assert result.to_check == ()


def test_a_picture_has_5_findings() -> None:
    result = run(a_picture())
    assert [finding.level for finding in result.findings] == list(LEVELS)
    assert len(result.assessed) == 5
    assert result.input.series[0].plane == "sagittal"
    assert result.input.series[0].used_for == (CANAL,)


def test_a_finding_lies_in_the_pixels_of_its_file_and_in_the_patient() -> None:
    result = run()
    for level, finding in canal(result).items():
        place = finding.location
        assert place is not None
        assert (place.row, place.column) == pytest.approx((ROWS_OF[level], COLUMN), abs=0.1)
        assert place.file.endswith(".dcm")
        assert (place.series, place.frame) == ("s1", 0)
        # Pixels of 2 mm from (−100, 60): back with the column, down with the row.
        assert place.patient_mm is not None
        assert place.patient_mm[1:] == pytest.approx((-100 + 2 * COLUMN, 60 - 2 * ROWS_OF[level]), abs=0.2)
        assert len(finding.evidence) == 3


def test_the_result_carries_from_where_left_and_right_are_told() -> None:
    result = run()
    levels = canal(result)
    assert set(result.midline) == set(levels)
    x, _, z = result.midline[Level.L4_L5]
    assert (x, z) == pytest.approx((4.0, 60.0 - 2.0 * ROWS_OF[Level.L4_L5])), "the middle one of three slices"
    assert run(a_picture()).midline == {}


def test_the_sharpest_slice_of_a_level_is_where_the_finding_points() -> None:
    brightness = (0.5, 0.9, 0.6)
    result = run(chosen=packs(lambda number: (draw_heat(EVEN, canal=brightness[number % 3]), 0.95)))
    assert {finding.location.file for finding in canal(result).values() if finding.location} == {"made-up/s1/01.dcm"}


def test_each_crop_gets_its_own_levels_grade() -> None:
    def logits(number: int) -> tuple[float, float, float]:
        return (0.0, 0.0, 9.0) if number % 5 == 3 else NORMAL_LOGITS

    chosen = PackSet((a_localiser(lambda _: (draw_heat(EVEN), 0.95)), a_grader(logits)))
    grades = {level: finding.grade for level, finding in canal(run(chosen=chosen)).items()}
    assert grades == {level: Severity.SEVERE if level is Level.L4_L5 else Severity.NORMAL_MILD for level in LEVELS}


def test_a_canal_that_does_not_show_is_not_graded() -> None:
    result = run(chosen=packs((draw_heat(EVEN, canal=0.2), 0.95)))
    assert codes(result) == [Reason.NOT_IN_SLICE] * 5


def test_a_canal_that_shows_at_a_level_of_uncertain_name_is_not_located() -> None:
    heat = draw_heat(EVEN)
    heat[2] *= 0.06
    assert codes(run(chosen=packs((heat, 0.95)))) == [None, None, Reason.NOT_LOCATED, None, None]


def test_a_level_beyond_the_pictures_edge_is_outside_coverage() -> None:
    heat = draw_heat({0: 14.0, 1: 18.0, 2: 22.0, 3: 26.0})  # the next would be at 30 of 32: still inside
    assert codes(run(chosen=packs((heat, 0.95))))[4] is Reason.NOT_LOCATED
    heat = draw_heat({0: 17.0, 1: 21.0, 2: 25.0, 3: 29.0})  # the next would be at 33
    assert codes(run(chosen=packs((heat, 0.95)))) == [None] * 4 + [Reason.OUTSIDE_COVERAGE]


def test_a_level_missing_inside_the_chain_is_not_located() -> None:
    heat = draw_heat({level: row for level, row in EVEN.items() if level != 2})
    assert codes(run(chosen=packs((heat, 0.95)))) == [None, None, Reason.NOT_LOCATED, None, None]


def test_slices_that_are_no_lumbar_ones_are_not_graded_however_clear_the_maps() -> None:
    result = run(chosen=packs((draw_heat(EVEN), 0.3)))
    assert codes(result) == [Reason.NOT_LUMBAR] * 5
    assert result.numbering.basis == "no level was located"


def test_only_lumbar_slices_are_graded() -> None:
    result = run(chosen=packs(lambda number: (draw_heat(EVEN), 0.95 if number == 1 else 0.1)))
    assert {len(finding.evidence) for finding in canal(result).values()} == {1}


def test_a_series_without_lumbar_slices_leaves_the_canal_to_the_next_one() -> None:
    whole_spine = a_study(*(a_series(name=name) for name in ("s1", "s2", "s3")))
    result = run(whole_spine, packs(lambda number: (draw_heat(EVEN), 0.95 if number >= 6 else 0.1)))
    assert {finding.location.series for finding in canal(result).values() if finding.location} == {"s3"}
    assert result.notes == ("one of 3 sagittal T2 series was graded: T2 with 3 slices of 128 × 96 pixels",)
    assert not any("series was graded" in reason for finding in result.findings for reason in finding.check_reasons)


def test_of_a_series_and_its_repeat_the_result_says_which_one_was_graded() -> None:
    twice = exclude_repeats((a_series(4, name="s1"), a_series(5, name="s2")))
    result = run(a_study(*twice), packs((draw_heat(EVEN), 0.95)))
    assert result.notes == ("one of 2 sagittal T2 series was graded: T2 with 5 slices of 128 × 96 pixels",)
    (repeat, _) = result.input.series
    assert repeat.excluded == "A repeat of the series with 5 slices of 128 × 96 pixels, which is used instead."


def test_where_no_series_has_lumbar_slices_the_best_one_says_why() -> None:
    result = run(a_study(a_series(name="s1"), a_series(name="s2")), packs((draw_heat(EVEN), 0.1)))
    assert codes(result) == [Reason.NOT_LUMBAR] * 5


def test_without_packs_every_finding_says_so() -> None:
    result = run(chosen=PackSet(()))
    assert {finding.reason_code for finding in result.findings} == {Reason.NO_PACK}
    assert len(result.findings) == 25


def test_without_a_grader_the_canal_has_no_pack() -> None:
    result = run(chosen=PackSet((a_localiser(lambda _: (draw_heat(EVEN), 0.95)),)))
    assert codes(result) == [Reason.NO_PACK] * 5


def test_without_a_localiser_the_canal_has_no_pack_though_its_series_is_there() -> None:
    result = run(chosen=PackSet((a_grader(lambda _: NORMAL_LOGITS),)))
    assert codes(result) == [Reason.NO_PACK] * 5


def test_a_study_without_sagittal_t2_has_no_series() -> None:
    axial = SeriesKind(Orientation.AXIAL, Weighting.T2, KindBasis.HEADER)
    assert codes(run(a_study(a_series(kind=axial)))) == [Reason.NO_SERIES] * 5


@pytest.mark.parametrize(("kind", "code"), [("turned", Reason.UNSUPPORTED_GEOMETRY), ("other", Reason.NOT_LUMBAR)])
def test_a_turned_or_foreign_picture_is_not_graded_and_the_result_says_why(kind: str, code: Reason) -> None:
    chosen = packs()
    result = run(a_picture(), PackSet((a_recogniser(kind), *chosen.all[1:])))
    assert [finding.reason_code for finding in result.findings] == [code] * 5
    assert [series.excluded for series in result.input.series] == [result.findings[0].reason]
    assert model_of(chosen.all[1]).runs == []


def broken_first(image: Instance) -> Pixels:
    if image.instance_number == 0:
        raise Damaged("00.dcm is damaged.", "Export it again.")
    return noise()


def test_a_slice_that_cannot_be_decoded_is_noted_and_the_others_are_graded() -> None:
    result = analyse(a_study(a_series()), packs(), pixels=FakePixels(broken_first))
    # Names of files may be names of patients: reports without identity show the notes too.
    assert result.notes == ("1 of 3 slices of the sagittal T2 series could not be decoded",)
    assert [(file.path, file.finding) for file in result.input.unreadable] == [
        ("made-up/s1/00.dcm", "00.dcm is damaged.")
    ]
    assert {len(finding.evidence) for finding in canal(result).values()} == {2}
    assert not any("decoded" in reason for finding in result.findings for reason in finding.check_reasons)


def test_a_slice_between_others_that_cannot_be_decoded_flags_what_is_graded_from_its_series() -> None:
    def broken_second(image: Instance) -> Pixels:
        if image.instance_number == 1:
            raise Damaged("01.dcm is damaged.", "Export it again.")
        return noise()

    result = analyse(a_study(a_series()), packs(), pixels=FakePixels(broken_second))
    lost = "1 of 3 slices of the sagittal T2 series could not be decoded"
    assert result.notes == (lost,)
    assert all(lost in finding.check_reasons for finding in canal(result).values())


def test_a_series_of_which_nothing_can_be_decoded_is_not_said_to_be_missing() -> None:
    def broken(_: Instance) -> Pixels:
        raise Damaged("It is cut short.")

    result = analyse(a_study(a_series()), packs(), pixels=FakePixels(broken))
    assert codes(result) == [Reason.POOR_QUALITY] * 5
    assert "decoded" in canal(result)[Level.L4_L5].reason


def test_a_lone_slice_that_cannot_be_decoded_is_an_error() -> None:
    with pytest.raises(Damaged, match="damaged"):
        analyse(a_study(a_series(1)), packs(), pixels=FakePixels(broken_first))


def test_previous_surgery_flags_every_graded_finding() -> None:
    result = run(post_operative=True)
    assert len(result.to_check) == 5
    assert all("surgery" in finding.check_reasons[0] for finding in result.to_check)
    assert any("surgery" in note for note in result.notes)


def test_notes_on_the_input_and_on_its_series_flag_what_is_graded() -> None:
    study = replace(a_study(replace(a_series(), notes=("metal",))), notes=("two frames of reference",))
    for finding in canal(run(study)).values():
        assert finding.check_reasons == ("two frames of reference", "metal")


@pytest.mark.parametrize(("spacing_mm", "flagged"), [(1.3, True), (1.5, False), (3.4, False), (3.6, True)])
def test_a_pixel_spacing_that_no_spine_fits_flags_every_finding(spacing_mm: float, flagged: bool) -> None:
    series = a_series()
    images = tuple(replace(each, plane=sagittal_plane(4.0 * n, spacing_mm)) for n, each in enumerate(series.instances))
    result = run(a_study(replace(series, instances=images)))
    assert len(result.assessed) == 5
    said = [any("pixel spacing" in reason for reason in finding.check_reasons) for finding in result.assessed]
    assert said == [flagged] * 5


@pytest.mark.parametrize(
    ("way", "step", "beyond"), [("up", +1, (Level.L5_S1, 105.5)), ("down", -1, (Level.L1_L2, 9.5))]
)
def test_the_users_count_moves_every_finding_by_a_level(way: str, step: int, beyond: tuple[Level, float]) -> None:
    found = canal(run(numbering=way))
    for index, level in enumerate(LEVELS):
        if 0 <= index + step < 5:
            location = found[level].location
            assert location is not None
            assert location.row == pytest.approx(ROWS_OF[LEVELS[index + step]], abs=0.1)
    level, row = beyond
    assert found[level].location is not None
    assert found[level].location.row == pytest.approx(row, abs=0.1)  # type: ignore[union-attr]


def test_the_users_count_is_not_doubted_and_is_said() -> None:
    plain, shifted = run(), run(numbering="up")
    assert shifted.to_check == ()
    assert not shifted.numbering.doubtful
    assert shifted.numbering.alternative == "up"
    assert "shifted up by the user" in shifted.numbering.basis
    assert plain.numbering.margin is not None
    assert shifted.numbering.margin == pytest.approx(-plain.numbering.margin)


def test_a_count_that_could_be_another_flags_every_finding() -> None:
    heat = draw_heat(EVEN, unnamed=(26,))
    heat[:5] = np.maximum(heat[:5], np.roll(heat[:5], 4, axis=1) * np.float32(0.97))
    result = run(chosen=packs((heat, 0.95)))
    assert result.numbering.doubtful
    assert all("counting" in finding.check_reasons[0] for finding in canal(result).values())


def test_a_single_disc_is_graded_only_with_a_doubt_about_its_name() -> None:
    result = run(chosen=packs((draw_heat({3: 18.0}), 0.95)))
    assert result.numbering.doubtful
    assert result.numbering.basis == "too few discs were seen to count the levels"
    assert canal(result)[Level.L4_L5].check


def test_without_a_lowest_disc_the_count_does_not_claim_to_start_there() -> None:
    result = run(chosen=packs((draw_heat({level: row for level, row in EVEN.items() if level < 4}), 0.95)))
    assert result.numbering.basis.startswith("no disc that looks like L5/S1 was found")


def test_slices_that_count_differently_flag_every_finding_and_share_one_count() -> None:
    lower = draw_heat({level: row + 4 for level, row in EVEN.items()}, unnamed=(6,))
    plain = draw_heat(EVEN, unnamed=(26,))
    result = run(chosen=packs(lambda number: (lower if number == 0 else plain, 0.95)))
    assert result.numbering.doubtful
    assert result.numbering.agreed_by == ()
    for level, finding in canal(result).items():
        assert finding.check
        assert {round(place.row) for place in finding.evidence} == {round(ROWS_OF[level])}


def test_the_users_operating_point_is_used_and_named() -> None:
    chosen = packs(logits=tuple(np.log([0.6, 0.2, 0.2])))
    assert run(chosen=chosen).worst_grade is Severity.NORMAL_MILD
    result = run(chosen=chosen, choices=Choices("sensitive"))
    assert result.worst_grade is Severity.SEVERE
    points = {used.name: used.operating_point for used in result.packs}
    assert points == {"canal": "sensitive", "localise_t2": None, "recognise": None}, "these grade nothing"


def test_the_users_threshold_flags_and_is_told_and_no_grade_is_another() -> None:
    chosen = packs(logits=tuple(np.log([0.9, 0.06, 0.04])))
    own = run(chosen=chosen)
    assert not any(finding.check for finding in canal(own).values())
    assert own.chosen == Choices()
    choices = Choices(check_p_severe=0.03)
    result = run(chosen=chosen, choices=choices)
    assert all(finding.check for finding in canal(result).values())
    assert result.chosen == choices
    assert [finding.grade for finding in result.findings] == [finding.grade for finding in own.findings]


def test_what_flags_every_finding_does_so_by_whatever_threshold() -> None:
    chosen = packs(logits=tuple(np.log([0.75, 0.05, 0.2])))
    result = run(chosen=chosen, choices=Choices(check_p_severe=0.05), post_operative=True)
    for finding in canal(result).values():
        severe, surgery = finding.check_reasons
        assert "Severe has 20 %" in severe
        assert "surgery" in surgery
    harmless = run(post_operative=True, choices=Choices(check_p_severe=0.05))
    assert all(finding.check for finding in canal(harmless).values())


def test_every_step_takes_time_and_the_total_holds_them() -> None:
    result = analyse(a_study(a_series(kind=UNRECOGNISED)), packs(), pixels=FakePixels(), read_ms=12.34)
    spent = result.timing_ms
    assert spent.read == 12.3
    parts = (spent.decode, spent.recognise, spent.localise, spent.grade)
    assert all(part > 0 for part in parts)
    assert sum(parts) + spent.read <= spent.total + 0.5


def test_progress_tells_each_step_with_a_picture_and_points() -> None:
    told: list[Progress] = []
    analyse(a_study(a_series()), packs(), told.append, pixels=FakePixels())
    assert {progress.step for progress in told} == set(Step)
    assert [(p.done, p.of) for p in told if p.step is Step.DECODE] == [(1, 3), (2, 3), (3, 3)]
    last = told[-1]
    assert (last.step, last.done, last.of, last.detail) == (Step.GRADE, 15, 15, "15 of 15 crops")
    assert last.picture is not None
    assert len(last.points) == 5


def test_the_program_says_what_it_ran_on() -> None:
    result = run()
    assert result.program.provider == "CPU"
    assert [used.name for used in result.packs] == ["recognise", "localise_t2", "canal"]
    assert result.notes == ()


def test_a_network_that_fell_back_to_the_processor_is_told_in_the_result() -> None:
    chosen = packs()
    model_of(chosen.all[0]).provider = "CUDA"
    model_of(chosen.all[2]).notice = "CUDA failed while running; the processor (CPU) computes instead."
    result = analyse(a_study(a_series()), chosen, pixels=FakePixels())
    assert result.program.provider == "CUDA and CPU"
    assert result.notes == ("CUDA failed while running; the processor (CPU) computes instead.",)


def hanging(step: Step) -> tuple[PackSet, FakePixels, threading.Event]:
    """Packs and pixels of which one hangs in a step until it is stopped, and the event of its start."""
    here = {each: each is step for each in Step}
    chosen = PackSet(
        (
            a_recogniser("sagittal_t2", hangs=here[Step.RECOGNISE]),
            a_localiser(lambda _: (draw_heat(EVEN), 0.95), hangs=here[Step.LOCALISE]),
            a_grader(lambda _: NORMAL_LOGITS, hangs=here[Step.GRADE]),
        )
    )
    pixels = FakePixels(hangs=here[Step.DECODE])
    started = {
        Step.DECODE: pixels.started,
        **dict(
            zip((Step.RECOGNISE, Step.LOCALISE, Step.GRADE), (model_of(p).started for p in chosen.all), strict=True)
        ),
    }
    return chosen, pixels, started[step]


@pytest.mark.parametrize("step", list(Step))
def test_a_cancel_in_any_step_ends_it_within_half_a_second_and_packs_run_again(step: Step) -> None:
    chosen, pixels, started = hanging(step)
    cancelled_at: list[float] = []

    def cancelled() -> bool:
        if started.is_set() and not cancelled_at:
            cancelled_at.append(time.perf_counter())
        return bool(cancelled_at)

    with pytest.raises(Cancelled):
        analyse(a_study(a_series(kind=UNRECOGNISED)), chosen, cancelled=cancelled, pixels=pixels)
    assert time.perf_counter() - cancelled_at[0] < 0.5
    for pack in chosen.all:
        model_of(pack).hangs = False
    assert len(run(chosen=chosen).assessed) == 5


def test_a_cancel_while_a_network_is_loaded_ends_before_all_slices_are_searched() -> None:
    told: list[Progress] = []

    def scenes(number: int) -> Scene:
        if number == 0:
            told.append(Progress(Step.LOCALISE, 0, 24))
            time.sleep(0.2)  # the watcher's stop comes and goes
            model_of(localiser).resume()  # as a network loaded only afterwards would not know of it
        return draw_heat(EVEN), 0.95

    localiser = a_localiser(scenes)
    chosen = PackSet((localiser, a_grader(lambda _: NORMAL_LOGITS)))
    with pytest.raises(Cancelled):
        analyse(a_study(a_series(24)), chosen, cancelled=lambda: bool(told), pixels=FakePixels())
    assert len(model_of(localiser).runs) == 1


def test_recognition_alone_gives_the_study_with_its_series_known() -> None:
    study = recognise_study(a_picture(), packs(), FakePixels())
    assert study.series[0].kind == SeriesKind(Orientation.SAGITTAL, Weighting.T2, KindBasis.PIXELS)


def test_a_long_series_is_thinned_out_evenly() -> None:
    pixels = FakePixels()
    analyse(a_study(a_series(60)), packs(), pixels=pixels)
    middle, *located = [image.instance_number for image in pixels.read_images]  # the middle one checks the header
    assert (middle, located) == (30, list(range(0, 60, 3)))


def test_no_canal_finding_has_a_side() -> None:
    result = run()
    assert {finding.side for finding in canal(result).values()} == {None}
    assert {f.side for f in result.findings if f.condition is not CANAL} == {Side.LEFT, Side.RIGHT}
