"""The real program as a process of its own, with a door through which a test may look at it.

`python -m tests.gui.walk.program SETTINGS SIZE`. It is moved by the mouse and the keys of the display alone. A line on
its input is answered by a line on its output: what it shows, and where on the screen the things are that a hand would
go for.
"""

from __future__ import annotations

import json
import sys
import threading
import tkinter as tk
from dataclasses import asdict
from pathlib import Path
from queue import Empty, SimpleQueue
from tkinter import ttk
from typing import Any

from lumbar_core.report.result import StudyResult
from lumbar_gui.bootstrap import Application, real_services
from lumbar_gui.state import Slot
from lumbar_gui.views.results_page import ResultsPage
from lumbar_gui.worklist import Room

LOOK_MS = 20


def main() -> None:
    """Open the window with the settings file that is named, and answer until the input ends."""
    application = Application(real_services(), Path(sys.argv[1]))
    application.root.geometry(f"{sys.argv[2]}+0+0")
    asked: SimpleQueue[str] = SimpleQueue()

    def listen() -> None:
        for line in sys.stdin:
            asked.put(line)

    def answer() -> None:
        try:
            asked.get_nowait()
            sys.stdout.write(json.dumps(seen(application)) + "\n")
            sys.stdout.flush()
        except Empty:
            pass
        application.root.after(LOOK_MS, answer)

    threading.Thread(target=listen, daemon=True).start()
    application.root.after(LOOK_MS, answer)
    application.start()
    application.root.mainloop()


def seen(application: Application) -> dict[str, Any]:
    """What the window shows; `places`: (x, y) on the screen."""
    state, panes, result = application.state, application.state.panes, application.state.result
    findings = result.findings if result is not None else ()
    return {
        "page": state.page,
        "ready": state.packs is not None and not state.busy,
        "problem": state.problem.finding if state.problem is not None else None,
        "selected": "/".join(map(_word, state.selected)) if state.selected is not None else None,
        "slices": {slot: pane.index for slot, pane in panes.shown.items()} if panes is not None else {},
        "measured": [len(measure.points) for measure in panes.measures] if panes is not None else [],
        "marks": {_name(each): each.reader.status for each in findings if each.reader is not None},
        "placed": [_name(each) for each in findings if each.own is not None],
        "saved": str(state.saved) if state.saved is not None else None,
        "asking": "archive" if state.archive is not None else "leaving" if state.leaving is not None else None,
        "drawn": _is_drawn(application),
        "compared": state.comparison is not None,
        "room": _room(state.room),
        "cases": [each.label for each in state.worklist.cases] if state.worklist is not None else [],
        "told": state.told,
        "places": _places(application),
    }


def _room(room: Room | None) -> dict[str, Any]:
    return {} if room is None else asdict(room)


def _is_drawn(application: Application) -> bool:
    """Whether every picture that the results show is on the screen."""
    pictures = application.window.results.pictures
    scenes = [pictures.pane(slot).canvas.scene for slot in pictures.visible]
    return bool(scenes) and all(scene is not None and scene.pixels is not None for scene in scenes)


def _places(application: Application) -> dict[str, tuple[int, int]]:
    window, found = application.window, dict[str, tuple[int, int]]()
    results = window.results
    named = {
        "window": window.start if window.start.winfo_ismapped() else results,
        "upload": window.chosen.upload if window.chosen.winfo_ismapped() else window.start.upload,
        "save": results.save,
        "archive": results.archive,
        "write": results.archiving.answers.get("Write"),
        "back": results.back,
    }
    for name, widget in named.items():
        if isinstance(widget, tk.Misc) and widget.winfo_ismapped():
            found[name] = _middle(widget)
    if results.winfo_ismapped() and application.state.result is not None:
        found |= _cells(results, application.state.result) | _marks(results)
    return found | _worded(application.root)


def _worded(widget: tk.Misc) -> dict[str, tuple[int, int]]:
    """What bears words or is written into and lies in sight: "button …", "menu …", "entry …", "open S07"."""
    found = dict[str, tuple[int, int]]()
    for child in widget.winfo_children():
        if isinstance(child, tk.Menu) and child.winfo_ismapped():
            found |= _entries(child)
        elif isinstance(child, ttk.Button | ttk.Checkbutton | ttk.Radiobutton | tk.Entry) and _in_sight(child):
            found[_called(child)] = _middle(child)
        found |= _worded(child)
    return found


def _called(widget: tk.Misc) -> str:
    if isinstance(widget, tk.Entry):
        return f"entry {widget.get()}"
    words = str(widget["text"])
    beside = [each for each in widget.master.winfo_children() if isinstance(each, tk.Label)] if widget.master else []
    return f"open {beside[-1]['text']}" if words == "Open" and beside else f"button {words}"


def _in_sight(widget: tk.Misc) -> bool:
    return bool(widget.winfo_viewable()) and widget.winfo_containing(*_middle(widget)) is widget


def _entries(menu: tk.Menu) -> dict[str, tuple[int, int]]:
    last = menu.index("end")
    places = range(last + 1) if last is not None else ()
    return {
        f"menu {menu.entrycget(at, 'label')}": (menu.winfo_rootx() + 30, menu.winfo_rooty() + menu.yposition(at) + 8)
        for at in places
        if menu.type(at) == "command"
    }


def _cells(results: ResultsPage, result: StudyResult) -> dict[str, tuple[int, int]]:
    grid, found = results.grid_of_grades, dict[str, tuple[int, int]]()
    for finding in result.findings:
        x, y = grid.centre_of(finding.key)
        found[f"cell {_name(finding)}"] = (grid.winfo_rootx() + x, grid.winfo_rooty() + y)
    return found


def _marks(results: ResultsPage) -> dict[str, tuple[int, int]]:
    """The panes, and in them the mark of the chosen finding."""
    found = dict[str, tuple[int, int]]()
    for slot in Slot:
        canvas = results.pictures.pane(slot).canvas
        scene = canvas.scene
        if not canvas.winfo_ismapped() or scene is None:
            continue
        found[f"pane {slot}"] = _middle(canvas)
        for bracket in (each for each in scene.brackets if each.chosen):
            x, y = map(round, scene.viewport.to_screen(bracket.row, bracket.column, canvas.extent))
            found[f"mark {slot}"] = (canvas.winfo_rootx() + x, canvas.winfo_rooty() + y)
    return found


def _middle(widget: tk.Misc) -> tuple[int, int]:
    return widget.winfo_rootx() + widget.winfo_width() // 2, widget.winfo_rooty() + widget.winfo_height() // 2


def _name(finding: Any) -> str:
    return "/".join(map(_word, finding.key))


def _word(part: Any) -> str:
    return "" if part is None else str(part.value)


if __name__ == "__main__":
    main()
