"""Looking around in a result: which finding, which slice, how bright and how large."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lumbar_core.anatomy import Orientation, Severity, Weighting
from lumbar_core.report.headline import named_first
from lumbar_core.report.result import Finding, Location, StudyResult
from lumbar_core.study import Instance, Pixels, Study, Window
from lumbar_gui import measures
from lumbar_gui.panes import (
    at_cursor,
    at_place,
    by_need,
    exchanged,
    in_own_places,
    opened,
    with_active_large,
    with_followers,
    with_next_active,
    with_next_series,
    with_slice,
    with_views,
)
from lumbar_gui.pictures import PictureLoader, PictureStore
from lumbar_gui.places import find_instance, locations
from lumbar_gui.problems import NO_SPACING
from lumbar_gui.rendering import Point, Viewport
from lumbar_gui.state import FindingKey, Look, Pane, Panes, Slot, State, Tool

CINE_PER_S = 8.0


def first_to_show(result: StudyResult) -> Finding | None:
    """The finding that the window opens at: the one that the headline names; else the likeliest to be Severe."""
    worst = result.worst_grade
    if worst is not None and worst > Severity.NORMAL_MILD:
        return named_first(result, worst)
    return max(result.findings, key=_p_severe, default=None)


def _p_severe(finding: Finding) -> float:
    return finding.probabilities[Severity.SEVERE] if finding.probabilities is not None else -1.0


def first_to_preview(study: Study) -> Instance | None:
    """The picture to look at while work goes on: the middle slice of a sagittal T2 series where there is one."""
    shown = [series for series in study.series if series.instances and not series.excluded]
    shown.sort(key=lambda s: (s.kind.orientation is not Orientation.SAGITTAL, s.kind.weighting is Weighting.T1))
    return shown[0].instances[len(shown[0].instances) // 2] if shown else None


class Browser:
    """Moves the panes and the choice of finding; asks for the pictures that this needs."""

    def __init__(self, state: State, store: PictureStore, loader: PictureLoader) -> None:
        self._state = state
        self._store = store
        self._loader = loader
        self._played = 0.0

    def picture(self, instance: Instance) -> Pixels | None:
        """The image if it is decoded."""
        return self._store.cached(instance)

    def want(self, instances: Sequence[Instance]) -> None:
        """Ask for images that are shown outside the panes (thumbnails, the picture of the work)."""
        self._loader.want(instances)

    def open_result(self) -> None:
        """Open the panes, and choose the finding to begin with."""
        study, result = self._state.study, self._state.result
        first = first_to_show(result) if result is not None else None
        if study is not None and self._state.panes is None:
            self._show(opened(study))
        if first is not None:
            self.select(first.key)

    def select(self, key: FindingKey) -> None:
        """Choose a finding and go to its place in every pane, in that of another plane to the slice it was seen on."""
        self.put_down()
        self._state.change(selected=key)
        finding = self._state.finding
        if finding is None or finding.location is None:
            return
        self._go_to(finding.location)
        study, panes = self._state.study, self._state.panes
        others = [place for place in finding.evidence if place.series != finding.location.series]
        if study is not None and panes is not None and others:
            seen = [found for found in (find_instance(study, place) for place in others) if found is not None]
            self._show(with_views(study, panes, seen))

    def next_to_check(self) -> None:
        """Choose the next finding that is to be checked, after the chosen one, round and round."""
        result = self._state.result
        if result is None or not result.to_check:
            return
        keys = [finding.key for finding in result.findings]
        start = keys.index(self._state.selected) + 1 if self._state.selected in keys else 0
        self.select(next(key for key in keys[start:] + keys[:start] if key in {each.key for each in result.to_check}))

    def next_evidence(self) -> None:
        """Go to the next slice that the chosen finding was seen on, round and round; from elsewhere to its place."""
        study, finding, panes = self._state.study, self._state.finding, self._state.panes
        if study is None or finding is None or panes is None:
            return
        places: dict[Pane, Location] = {}
        for seen in locations(finding):
            found = find_instance(study, seen)
            if found is not None:
                places.setdefault(Pane(found[0].id, found[1]), seen)
        inside = [Pane(series.id, index) for series in study.series for index in range(len(series.instances))]
        turn = [place for place in inside if place in places]
        if panes.current in places:
            self._go_to(places[turn[(turn.index(panes.current) + 1) % len(turn)]])
        elif places:
            self._go_to(next(iter(places.values())))

    def step_slice(self, steps: int) -> None:
        """Scroll the active pane, stopping at the ends."""
        if self._state.panes is not None:
            self.to_slice(self._state.panes.current.index + steps)

    def to_slice(self, index: int) -> None:
        """Show a slice of the active pane's series; beyond the ends means the ends."""
        study, panes = self._state.study, self._state.panes
        if study is not None and panes is not None:
            moved = with_slice(study, panes, index)
            self._show(with_followers(study, moved) if panes.linked else moved)

    def link(self) -> None:
        """Let panes of parallel slices scroll together, or each alone."""
        panes = self._state.panes
        if panes is not None:
            self._state.change(panes=replace(panes, linked=not panes.linked))

    def play(self) -> None:
        """Let the active pane run through its slices by itself, or stop it."""
        panes = self._state.panes
        if panes is not None:
            self._state.change(panes=replace(panes, playing=not panes.playing))

    def tick(self, now: float) -> None:
        """Called often, with the time in seconds: the next slice where one runs by itself, round and round."""
        study, panes = self._state.study, self._state.panes
        if study is None or panes is None or not panes.playing or now - self._played < 1 / CINE_PER_S:
            return
        self._played = now
        series = self._state.series(panes.current.series_id)
        if series is not None:
            self.to_slice((panes.current.index + 1) % len(series.instances))

    def measure(self, tool: Tool) -> None:
        """The mouse draws lengths or angles in place of changing the window; the same again gives it back.

        Refused, with the reason, on a picture whose pixels have no size.
        """
        panes = self._state.panes
        instance = self._state.instance(panes.current) if panes is not None else None
        if panes is None or instance is None:
            return
        if instance.plane is None and panes.tool is not tool:
            self._state.change(problem=NO_SPACING)
            return
        self._state.change(panes=measures.with_tool(panes, tool))

    def place(self, point: Point) -> bool:
        """A point of what is being drawn, (row, column) of the active pane; whether it lacks further ones."""
        panes = self._state.panes
        instance = self._state.instance(panes.current) if panes is not None else None
        if panes is None or instance is None or instance.plane is None:
            return False
        drawn = measures.with_point(panes, point)
        self._state.change(panes=drawn)
        return bool(drawn.measures) and not measures.is_whole(drawn.measures[-1])

    def hover(self, point: Point) -> None:
        """Where the mouse is while it draws."""
        panes = self._state.panes
        if panes is not None and panes.tool is not None:
            self._state.change(panes=replace(panes, pointer=point))

    def carry(self, point: Point) -> None:
        """Show the chosen finding's mark at (row, column) of the active pane's slice, if it was graded on that."""
        panes = self._state.panes
        if panes is not None and self.carriable() is not None:
            self._state.change(panes=replace(panes, carried=(float(point[0]), float(point[1]))))

    def carriable(self) -> Point | None:
        """Where the chosen finding's mark is on the active pane's slice; None where it was not graded on that.

        A canal that was seen on an axial slice too is put elsewhere on the sagittal ones alone, which it points to.
        """
        study, finding, panes = self._state.study, self._state.finding, self._state.panes
        if study is None or finding is None or panes is None or not finding.assessed or finding.location is None:
            return None
        if panes.carried is not None:
            return panes.carried
        for seen in locations(finding):
            found = find_instance(study, seen)
            there = Pane(found[0].id, found[1]) if found is not None else None
            if there == panes.current and seen.series == finding.location.series:
                return seen.row, seen.column
        return None

    def put_down(self) -> None:
        """The mark is where the finding says again."""
        panes = self._state.panes
        if panes is not None and panes.carried is not None:
            self._state.change(panes=replace(panes, carried=None))

    def remove_measure(self) -> None:
        """Take away the last measure of the active pane's slice."""
        if self._state.panes is not None:
            self._state.change(panes=measures.without_last(self._state.panes))

    def end(self) -> None:
        """The mouse changes the window again; what runs by itself stands."""
        panes = self._state.panes
        if panes is not None and (panes.tool is not None or panes.playing):
            self._state.change(panes=replace(measures.with_tool(panes, None), playing=False))

    def point_at(self, slot: Slot, point: Point) -> None:
        """Show the place of a pane's (row, column) in all of them."""
        if self._state.study is not None and self._state.panes is not None:
            self._show(at_cursor(self._state.study, self._state.panes, slot, point))

    def point_nowhere(self) -> None:
        """Take that place off the pictures."""
        panes = self._state.panes
        if panes is not None and panes.cursor is not None:
            self._state.change(panes=replace(panes, cursor=None))

    def step_series(self, steps: int) -> None:
        """Show the next or previous series of the active pane's plane, at its middle."""
        if self._state.study is not None and self._state.panes is not None:
            self._show(with_next_series(self._state.study, self._state.panes, steps))

    def step_pane(self, steps: int) -> None:
        """The keys act on the next or previous pane."""
        if self._state.panes is not None:
            self._state.change(panes=replace(with_next_active(self._state.panes, steps), carried=None))

    def activate(self, slot: Slot) -> None:
        """The keys act on this pane from now on."""
        panes = self._state.panes
        if panes is not None and slot in panes.shown and slot is not panes.active:
            self._state.change(panes=replace(panes, active=slot, carried=None))

    def look(self, viewport: Viewport | None = None, window: Window | None = None) -> None:
        """Keep how the active pane's series is looked at."""
        if self._state.panes is not None:
            self.look_at({self._state.panes.active: Look(viewport, window)})

    def look_at(self, looks: Mapping[Slot, Look]) -> None:
        """Keep how the series of several panes are looked at; what a look leaves open stays as it is."""
        panes = self._state.panes
        if panes is None:
            return
        kept = dict(panes.looks)
        for slot, new in looks.items():
            series_id = panes.shown[slot].series_id
            look = panes.look_at(series_id)
            kept[series_id] = replace(look, viewport=new.viewport or look.viewport, window=new.window or look.window)
        self._state.change(panes=replace(panes, looks=kept))

    def turn(self) -> None:
        """The active pane's series a quarter further round, clockwise."""
        panes = self._state.panes
        if panes is not None:
            series_id = panes.current.series_id
            look = panes.look_at(series_id)
            further = replace(look, turns=(look.turns + 1) % 4)
            self._state.change(panes=replace(panes, looks={**panes.looks, series_id: further}))

    def reset(self) -> None:
        """Back to the opening view of the active pane's series; where all are looked at together, of all."""
        panes = self._state.panes
        if panes is not None:
            active, together = panes.current.series_id, self._state.settings.together
            others = {series_id: look for series_id, look in panes.looks.items() if series_id != active}
            self._state.change(panes=replace(panes, looks={} if together else others, invert=False))

    def invert(self) -> None:
        """Dark for bright in all panes, or back."""
        panes = self._state.panes
        if panes is not None:
            self._state.change(panes=replace(panes, invert=not panes.invert))

    def hide_marks(self, hidden: bool) -> None:
        """Take the marks off all pictures, or put them back."""
        panes = self._state.panes
        if panes is not None and panes.marks_hidden != hidden:
            self._state.change(panes=replace(panes, marks_hidden=hidden))

    def hide_lines(self) -> None:
        """Take the reference lines off all pictures, or put them back."""
        panes = self._state.panes
        if panes is not None:
            self._state.change(panes=replace(panes, lines_hidden=not panes.lines_hidden))

    def enlarge(self) -> None:
        """Give the active pane all the room, or share it again."""
        panes = self._state.panes
        if panes is not None:
            self._state.change(panes=replace(panes, enlarged=not panes.enlarged))

    def have_room(self, roomy: bool) -> None:
        """Know whether all panes are on the screen, or the active one alone for want of room."""
        if self._state.roomy != roomy:
            self._state.change(roomy=roomy)

    def make_large(self) -> None:
        """Exchange the active pane with the large one; asked of the large one, back to the places as opened."""
        if self._state.study is not None and self._state.panes is not None:
            self._state.change(panes=with_active_large(self._state.study, self._state.panes))

    def exchange(self, one: Slot, other: Slot) -> None:
        """Two panes in each other's places."""
        if self._state.panes is not None:
            self._state.change(panes=exchanged(self._state.panes, one, other))

    def take_own_places(self) -> None:
        """The panes where the study opened them."""
        if self._state.study is not None and self._state.panes is not None:
            self._state.change(panes=in_own_places(self._state.study, self._state.panes))

    def _go_to(self, location: Location) -> None:
        """Show a place of the result: its slice in the pane of its series, the same place in the others."""
        study, panes = self._state.study, self._state.panes
        found = find_instance(study, location) if study is not None else None
        if study is not None and panes is not None and found is not None:
            self._show(at_place(study, panes, *found, location.patient_mm))

    def _show(self, panes: Panes | None) -> None:
        if panes is not None and panes.carried is not None:
            panes = replace(panes, carried=None)  # it was on a slice that may not be shown any more
        self._state.change(panes=panes)
        if panes is not None and self._state.study is not None:
            self._loader.want(by_need(self._state.study, panes))
