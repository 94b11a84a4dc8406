"""A small window that a folder can be dragged out of, as from a file manager.

`python -m tests.gui.walk.dragged FOLDER +X+Y`; says "ready" once a hand can take it.
"""

from __future__ import annotations

import sys
import tkinter as tk

from tkinterdnd2 import DND_FILES, TkinterDnD

SIDE = 60


def main() -> None:
    folder, place = sys.argv[1:]
    root = TkinterDnD.Tk()
    root.geometry(f"{SIDE}x{SIDE}{place}")
    icon = tk.Label(root, background="#c8a04a")
    icon.pack(fill="both", expand=True)
    icon.drag_source_register(1, DND_FILES)  # type: ignore[attr-defined]
    icon.dnd_bind("<<DragInitCmd>>", lambda _event: ("copy", DND_FILES, (folder,)))  # type: ignore[attr-defined]
    # tkdnd hands out its own list of files as numbers, which no other program can read; as text it is what the
    # X drag-and-drop protocol asks for, and what file managers send.
    root.tk.eval("proc ::tkdnd::xdnd::getFormatForType {type} { return STRING }")
    root.after(200, lambda: sys.stdout.write("ready\n") and sys.stdout.flush())
    root.mainloop()


if __name__ == "__main__":
    main()
