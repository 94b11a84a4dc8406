"""The system's own file dialogs, behind one object that tests replace."""

from __future__ import annotations

import tkinter as tk
from pathlib import Path
from tkinter import filedialog

REPORT_KINDS = (("PDF report", "*.pdf"), ("JSON result", "*.json"), ("CSV table", "*.csv"))
IMAGE_KINDS = (
    ("Images", "*.dcm *.DCM *.ima *.IMA *.png *.PNG *.jpg *.JPG *.jpeg *.tif *.TIF *.tiff *.webp *.zip *.ZIP DICOMDIR"),
    ("All files", "*"),
)
PLAN_KINDS = (("Reading plan", "*.json"),)


class Prompts:
    """Asks where to read from and where to write to."""

    def __init__(self, root: tk.Misc) -> None:
        self._root = root

    def open_files(self) -> tuple[Path, ...]:
        """The files to read; none where the user changed their mind."""
        chosen = filedialog.askopenfilenames(parent=self._root, title="Open a lumbar MRI", filetypes=IMAGE_KINDS)
        return tuple(Path(name) for name in chosen)

    def open_folder(self) -> Path | None:
        """The folder to read."""
        chosen = filedialog.askdirectory(parent=self._root, title="Open a folder with a lumbar MRI", mustexist=True)
        return Path(chosen) if chosen else None

    def earlier_result(self) -> Path | None:
        """An earlier result file of the same patient."""
        chosen = filedialog.askopenfilename(
            parent=self._root, title="An earlier result of this patient", filetypes=REPORT_KINDS[1:2]
        )
        return Path(chosen) if chosen else None

    def plan_file(self) -> Path | None:
        """A reading plan."""
        chosen = filedialog.askopenfilename(parent=self._root, title="A reading plan", filetypes=PLAN_KINDS)
        return Path(chosen) if chosen else None

    def plan_path(self) -> Path | None:
        """Where to write a reading plan."""
        chosen = filedialog.asksaveasfilename(
            parent=self._root,
            title="Save the reading plan",
            initialfile="plan.json",
            defaultextension=".json",
            filetypes=PLAN_KINDS,
        )
        return Path(chosen) if chosen else None

    def readings(self) -> tuple[Path, ...]:
        """Files of readings to report on."""
        kinds = (("Readings", "*.jsonl"),)
        chosen = filedialog.askopenfilenames(parent=self._root, title="The readers' files", filetypes=kinds)
        return tuple(Path(name) for name in chosen)

    def report_folder(self) -> Path | None:
        """The folder that a report on readers is written into."""
        chosen = filedialog.askdirectory(parent=self._root, title="Write the report into a folder")
        return Path(chosen) if chosen else None

    def agreement_report(self) -> Path | None:
        """A report on how far readers agree."""
        kinds = (("Agreement report", "agreement*.json"), *PLAN_KINDS)
        chosen = filedialog.askopenfilename(parent=self._root, title="An agreement report", filetypes=kinds)
        return Path(chosen) if chosen else None

    def archive_folder(self) -> Path | None:
        """The folder that DICOM objects are written into."""
        chosen = filedialog.askdirectory(parent=self._root, title="Write DICOM objects into a folder", mustexist=True)
        return Path(chosen) if chosen else None

    def copy_folder(self) -> Path | None:
        """The folder that gets a copy without identity."""
        title = "Copy the examination without identity into a folder"
        chosen = filedialog.askdirectory(parent=self._root, title=title, mustexist=True)
        return Path(chosen) if chosen else None

    def picture_path(self, suggested: str) -> Path | None:
        """Where to write a picture."""
        chosen = filedialog.asksaveasfilename(
            parent=self._root,
            title="Save picture",
            initialfile=suggested,
            defaultextension=".png",
            filetypes=(("PNG picture", "*.png"),),
        )
        return Path(chosen) if chosen else None

    def save_path(self, suggested: str) -> Path | None:
        """Where to write the report; its ending names the kind."""
        chosen = filedialog.asksaveasfilename(
            parent=self._root,
            title="Save result",
            initialfile=suggested,
            defaultextension=".pdf",
            filetypes=REPORT_KINDS,
        )
        return Path(chosen) if chosen else None
