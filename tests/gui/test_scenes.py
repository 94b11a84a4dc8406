"""What a pane shows at one moment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lumbar_core.anatomy import Level, Side
from lumbar_core.study import Instance, Pixels, Window
from lumbar_gui.panes import opened, with_next_active, with_slice
from lumbar_gui.rendering import Viewport
from lumbar_gui.scenes import Scene, Scenes
from lumbar_gui.settings import Settings
from lumbar_gui.state import Look, Slot, State
from tests.factories import CANAL, FORAMEN, RECESS
from tests.gui.fakes import FakeReader, a_placed_result, a_study
from tests.gui.sample import AXIAL, off_midline_mm, spot

EXTENT = (400, 400)


class Room:
    """A state with an opened study, and its pictures decoded."""

    def __init__(self) -> None:
        self.state = State(study=a_study(), result=a_placed_result())
        assert self.state.study is not None
        self.state.panes = opened(self.state.study)
        self.decoded: dict[Instance, Pixels] = {}
        self.scenes = Scenes(self.state, self.picture)

    def picture(self, instance: Instance) -> Pixels | None:
        if instance not in self.decoded:
            self.decoded[instance] = FakeReader().read(instance)
        return self.decoded[instance]

    def scene(self, slot: Slot = Slot.SAGITTAL_T2) -> Scene:
        scene = self.scenes.scene(slot, EXTENT)
        assert scene is not None
        return scene

    def look(self, **changes: object) -> None:
        self.state.panes = replace(self.state.panes, **changes)  # type: ignore[arg-type]


@pytest.fixture
def room() -> Room:
    return Room()


def test_there_is_no_scene_without_a_result_or_without_a_pane(room: Room) -> None:
    room.state.result = None
    assert room.scenes.scene(Slot.AXIAL, EXTENT) is None
    assert Scenes(State(), room.picture).scene(Slot.AXIAL, EXTENT) is None


def test_the_same_state_makes_a_scene_that_need_not_be_drawn_again(room: Room) -> None:
    first = room.scene()
    assert room.scene().looks_like(first)
    room.state.selected = (FORAMEN, Side.LEFT, None, Level.L2_L3)
    assert room.scene(Slot.SAGITTAL_T2).looks_like(first), "a foramen is not marked on T2"


def test_a_change_in_one_pane_leaves_the_scenes_of_the_others(room: Room) -> None:
    before = {slot: room.scene(slot) for slot in Slot}
    room.look(looks={a_study().series[2].id: Look(viewport=Viewport(10, 10, 3.0))})
    same = {slot: room.scene(slot).looks_like(before[slot]) for slot in Slot}
    assert same == {Slot.SAGITTAL_T2: True, Slot.AXIAL: False, Slot.SAGITTAL_T1: True}


def test_other_pixels_are_another_scene(room: Room) -> None:
    first = room.scene()
    room.decoded = {instance: np.array(pixels) for instance, pixels in room.decoded.items()}
    assert not room.scene().looks_like(first)
    assert not room.scene().pictures_like(first)


def test_a_foramen_is_bracketed_on_t1_and_a_recess_on_the_axial_slice(room: Room) -> None:
    study = room.state.study
    assert study is not None
    assert room.state.panes is not None
    for condition, side, level, slot in (
        (FORAMEN, Side.RIGHT, Level.L3_L4, Slot.SAGITTAL_T1),
        (RECESS, Side.LEFT, Level.L4_L5, Slot.AXIAL),
        (CANAL, None, Level.L4_L5, Slot.SAGITTAL_T2),
    ):
        room.state.selected = (condition, side, None, level)
        index = spot(condition, level, side).index
        room.state.panes = with_slice(study, replace(room.state.panes, active=slot), index)
        chosen = {other: [b for b in room.scene(other).brackets if b.chosen] for other in Slot}
        assert {other for other, drawn in chosen.items() if drawn} == {slot}


def test_level_names_stand_in_both_sagittal_panes(room: Room) -> None:
    assert [len(room.scene(slot).names) for slot in Slot] == [5, 0, 5]


def test_hidden_marks_are_hidden_in_every_pane_and_inverting_inverts_all(room: Room) -> None:
    room.look(marks_hidden=True, invert=True)
    for slot in Slot:
        scene = room.scene(slot)
        assert (scene.brackets, scene.names, scene.invert) == ((), (), True)


def test_the_opening_view_stays_when_the_result_changes(room: Room) -> None:
    before = room.scene()
    room.state.result = a_placed_result().with_findings(())
    after = room.scene()
    assert (after.viewport, after.window) == (before.viewport, before.window)
    assert not after.names


def test_a_slice_that_is_not_decoded_says_so(room: Room) -> None:
    empty = Scenes(room.state, lambda _instance: None)
    scene = empty.scene(Slot.AXIAL, EXTENT)
    assert scene is not None
    assert scene.message == "Decoding…"
    assert empty.presets(Slot.AXIAL) == {}
    room.state.broken = frozenset({room.state.study.series[2].instances[12]})  # type: ignore[union-attr]
    broken = empty.scene(Slot.AXIAL, EXTENT)
    assert broken is not None
    assert broken.message == "This slice cannot be decoded"


def test_presets_begin_with_the_opening_window(room: Room) -> None:
    presets = room.scenes.presets(Slot.AXIAL)
    assert {number: name for number, (name, _) in presets.items()} == {
        1: "Spine", 2: "Whole range", 3: "High contrast", 4: "The file's own",
    }  # fmt: skip
    assert presets[1][1] == room.scene(Slot.AXIAL).window
    assert isinstance(presets[2][1], Window)


def test_a_preset_of_the_user_s_own_suits_a_series_of_other_values(room: Room) -> None:
    opening = room.scenes.presets(Slot.AXIAL)[1][1]
    darker = Window(opening.centre + 0.1 * opening.width, 0.5 * opening.width)
    panes = room.state.panes
    assert panes is not None
    room.state.panes = replace(panes, looks={panes.shown[Slot.AXIAL].series_id: Look(window=darker)})
    kept = room.scenes.as_preset(Slot.AXIAL)
    assert kept == pytest.approx((0.1, 0.5))
    room.state.settings = Settings(presets={"7": kept})
    own = room.scenes.presets(Slot.AXIAL)[7][1]
    assert (own.centre, own.width) == pytest.approx((darker.centre, darker.width))
    elsewhere = room.scenes.presets(Slot.SAGITTAL_T1)
    assert elsewhere[7][1].width == pytest.approx(0.5 * elsewhere[1][1].width)
    assert elsewhere[7][1].centre == pytest.approx(elsewhere[1][1].centre + 0.1 * elsewhere[1][1].width)


def test_each_pane_says_where_it_lies(room: Room) -> None:
    assert room.state.study is not None
    assert room.state.panes is not None
    axial, left = spot(CANAL, Level.L4_L5, folder=AXIAL), spot(FORAMEN, Level.L4_L5, Side.LEFT)
    room.state.panes = with_slice(room.state.study, with_next_active(room.state.panes, 1), axial.index)
    room.state.panes = with_slice(room.state.study, with_next_active(room.state.panes, 1), left.index)
    words = f"LEFT of midline {off_midline_mm(left.series, left.index):.0f} mm"
    assert [room.scene(slot).beside for slot in Slot] == ["midline", "at L4/L5", words]


def test_the_active_pane_s_slice_is_a_line_in_the_other_planes_that_moves_with_it(room: Room) -> None:
    def lines() -> list[int]:
        return [len(room.scene(slot).lines) for slot in Slot]

    assert room.state.study is not None
    assert lines() == [1, 1, 1], "of the axial slice on the sagittal ones, and of the active one on it"
    room.look(active=Slot.AXIAL)
    assert lines() == [1, 0, 1], "of the axial slice alone, which is the active one"
    before = room.scene(Slot.SAGITTAL_T1)
    axial = room.state.study.series[2]
    here = room.state.panes.current.index  # type: ignore[union-attr]
    room.state.panes = with_slice(room.state.study, room.state.panes, here + 1)  # type: ignore[arg-type]
    after = room.scene(Slot.SAGITTAL_T1)
    ends_mm = after.plane.to_patient(np.array(after.lines[0]))  # type: ignore[union-attr]
    further = -axial.instances[here].plane.distance_mm(ends_mm)  # type: ignore[union-attr]
    assert further == pytest.approx([axial.slice_spacing_mm] * 2), "one slice further towards the feet"
    assert after.pictures_like(before), "the picture under the line is not made anew"
    room.look(marks_hidden=True)
    assert lines() == [0, 0, 0]
    room.look(marks_hidden=False, lines_hidden=True)
    assert lines() == [0, 0, 0]
    assert room.scene(Slot.SAGITTAL_T1).names
