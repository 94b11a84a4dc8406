"""Which findings the reader has seen: those whose own slice a pane has shown; no other can be called reviewed."""

from __future__ import annotations

from collections.abc import Callable

from lumbar_core.study import Instance, Pixels
from lumbar_gui import overlay
from lumbar_gui.state import Page, State

_SHOWS_MORE = frozenset({"result", "panes", "pictures", "page", "roomy"})


def watch_what_is_shown(state: State, picture: Callable[[Instance], Pixels | None]) -> None:
    """Keep `State.viewed` from now on; picture: the image if it is decoded, for a black pane shows nothing."""
    placed: overlay.Placed = {}

    def note(changed: frozenset[str]) -> None:
        nonlocal placed
        if state.study is None or state.result is None:
            return
        if "result" in changed:
            placed = overlay.placed(state.study, state.result)
        if state.panes is None or state.page is not Page.RESULTS or not changed & _SHOWS_MORE:
            return
        shown = set()
        alone = state.panes.enlarged or not state.roomy
        on_screen = [state.panes.current] if alone else state.panes.shown.values()
        for pane in on_screen:
            here = placed.get((pane.series_id, pane.index), ())
            own = {finding.key for finding, location in here if location == finding.location}
            instance = state.instance(pane) if own else None
            if instance is not None and picture(instance) is not None:
                shown |= own
        if not state.viewed.issuperset(shown):
            state.change(viewed=state.viewed | shown)

    state.subscribe(note)
