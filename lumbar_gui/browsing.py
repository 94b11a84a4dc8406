"""Looking around in a result: which finding, which slice, how bright and how large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lumbar_core.anatomy import Orientation, Weighting
from lumbar_core.report.result import Finding, StudyResult
from lumbar_core.study import Instance, Pixels, Series, Study, Window
from lumbar_gui.pictures import PictureLoader, PictureStore
from lumbar_gui.places import find_instance, locations
from lumbar_gui.rendering import Viewport
from lumbar_gui.state import FindingKey, Look, Pane, State


def first_to_show(result: StudyResult) -> Finding | None:
    """The finding that the window opens at: the gravest, then the surest of it."""
    located = [finding for finding in result.findings if finding.grade is not None]
    if not located:
        return result.findings[0] if result.findings else None
    return max(located, key=_gravity)


def _gravity(finding: Finding) -> tuple[int, float]:
    grade = finding.grade
    if grade is None:
        return -1, 0.0
    certainty = finding.probabilities[grade] if finding.probabilities is not None else 0.0
    return int(grade), certainty if grade else finding.probabilities[2] if finding.probabilities else 0.0


def nearest_first(series: Series, index: int) -> list[Instance]:
    """The slices of a series by their distance from one of them: the order in which to decode."""
    order = sorted(range(len(series.instances)), key=lambda other: abs(other - index))
    return [series.instances[other] for other in order]


def first_to_preview(study: Study) -> Instance | None:
    """The picture to look at while work goes on: the middle slice of a sagittal T2 series where there is one."""
    shown = [series for series in study.series if series.instances and not series.excluded]
    shown.sort(key=lambda s: (s.kind.orientation is not Orientation.SAGITTAL, s.kind.weighting is Weighting.T1))
    return shown[0].instances[len(shown[0].instances) // 2] if shown else None


class Browser:
    """Moves the pane and the choice of finding; asks for the pictures that this needs."""

    def __init__(self, state: State, store: PictureStore, loader: PictureLoader) -> None:
        self._state = state
        self._store = store
        self._loader = loader

    def picture(self, instance: Instance) -> Pixels | None:
        """The image if it is decoded."""
        return self._store.cached(instance)

    def want(self, instances: Sequence[Instance]) -> None:
        """Ask for images that are shown outside the pane (thumbnails, the picture of the work)."""
        self._loader.want(instances)

    def open_result(self) -> None:
        """Choose the finding to begin with and show its slice."""
        result = self._state.result
        first = first_to_show(result) if result is not None else None
        self._show_any_series()
        if first is not None:
            self.select(first.key)

    def select(self, key: FindingKey) -> None:
        """Choose a finding and go to its slice."""
        self._state.change(selected=key)
        finding = self._state.finding
        if finding is not None and finding.location is not None and self._state.study is not None:
            found = find_instance(self._state.study, finding.location)
            if found is not None:
                self._go(found[0], found[1])

    def next_to_check(self) -> None:
        """Choose the next finding that is flagged, after the chosen one, round and round."""
        result = self._state.result
        if result is None or not result.to_check:
            return
        keys = [finding.key for finding in result.findings]
        start = keys.index(self._state.selected) + 1 if self._state.selected in keys else 0
        turned = result.findings[start:] + result.findings[:start]
        self.select(next(finding.key for finding in turned if finding.check))

    def next_evidence(self) -> None:
        """Go to the next slice that the chosen finding was seen on, round and round; from elsewhere to its place."""
        study, finding, pane = self._state.study, self._state.finding, self._state.pane
        if study is None or finding is None or pane is None:
            return
        found = [place for seen in locations(finding) if (place := find_instance(study, seen)) is not None]
        if not found:
            return
        places = {(series.id, index): (series, index) for series, index in found}
        inside = [(series.id, index) for series in study.series for index in range(len(series.instances))]
        turn, here = [place for place in inside if place in places], (pane.series_id, pane.index)
        following = turn[(turn.index(here) + 1) % len(turn)] if here in places else next(iter(places))
        self._go(*places[following])

    def step_slice(self, steps: int) -> None:
        """Scroll, stopping at the ends."""
        if self._state.pane is not None:
            self.to_slice(self._state.pane.index + steps)

    def to_slice(self, index: int) -> None:
        """Show a slice of the shown series; beyond the ends means the ends."""
        pane = self._state.pane
        series = self._state.series(pane.series_id) if pane is not None else None
        if series is not None:
            self._go(series, min(max(index, 0), len(series.instances) - 1))

    def step_series(self, steps: int) -> None:
        """Show the next or previous series, at its middle."""
        study, pane = self._state.study, self._state.pane
        if study is None or pane is None:
            return
        shown = [series for series in study.series if series.instances]
        here = next((i for i, series in enumerate(shown) if series.id == pane.series_id), 0)
        series = shown[(here + steps) % len(shown)]
        self._go(series, len(series.instances) // 2)

    def look(self, viewport: Viewport | None = None, window: Window | None = None) -> None:
        """Keep how the shown series is looked at."""
        pane = self._state.pane
        if pane is None:
            return
        look = pane.look
        changed = Look(viewport or look.viewport, window or look.window)
        self._state.change(pane=replace(pane, looks={**pane.looks, pane.series_id: changed}))

    def reset(self) -> None:
        """Back to the opening view."""
        pane = self._state.pane
        if pane is not None:
            looks = {series_id: look for series_id, look in pane.looks.items() if series_id != pane.series_id}
            self._state.change(pane=replace(pane, looks=looks, invert=False))

    def invert(self) -> None:
        if self._state.pane is not None:
            self._state.change(pane=replace(self._state.pane, invert=not self._state.pane.invert))

    def hide_marks(self, hidden: bool) -> None:
        if self._state.pane is not None and self._state.pane.marks_hidden != hidden:
            self._state.change(pane=replace(self._state.pane, marks_hidden=hidden))

    def _show_any_series(self) -> None:
        study = self._state.study
        shown = [series for series in study.series if series.instances] if study is not None else []
        usable = [series for series in shown if not series.excluded] or shown
        if usable and self._state.pane is None:
            self._go(usable[0], len(usable[0].instances) // 2)

    def _go(self, series: Series, index: int) -> None:
        pane = self._state.pane or Pane(series.id, index)
        self._state.change(pane=replace(pane, series_id=series.id, index=index))
        self._loader.want(nearest_first(series, index))
