"""Puts the program together: the only file that knows everyone."""

from __future__ import annotations

import contextlib
import sys
import tkinter as tk
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING

from platformdirs import user_config_path

import lumbar_core
from lumbar_core.choices import Choices
from lumbar_core.errors import ReadingError
from lumbar_core.faults import log_fault, log_faults_of_threads
from lumbar_core.report.comparison import Earlier, read_earlier
from lumbar_core.report.form import ReportForm
from lumbar_core.report.printing import Handed
from lumbar_core.report.result import Alternative, Finding, StudyResult
from lumbar_core.study import Instance, PixelReader, Study
from lumbar_core.temporary import purge
from lumbar_gui.controller import Controller
from lumbar_gui.pump import Pump
from lumbar_gui.services import AskCancelled, CountFiles, Place, Services, ShowSeries
from lumbar_gui.settings import read_settings
from lumbar_gui.state import Problem, State
from lumbar_gui.views.dialogs import Prompts
from lumbar_gui.views.main_window import MainWindow

if TYPE_CHECKING:
    from lumbar_core.agreement.plan import Plan
    from lumbar_core.agreement.planning import PlanWishes
    from lumbar_core.dicom_out.deidentify import Exported
    from lumbar_core.findings import Grade
    from lumbar_core.grade.evidence import ViewEvidence
    from lumbar_core.inference.packs import PackSet
    from lumbar_core.pipeline import Options, Progress
    from lumbar_core.reading.dicom.tags import TagLine

Reading = tuple[Path, str | Path]  # a reading plan, and one of its readers or a report of theirs
ICON = Path(__file__).with_name("icon.png")


class Application:
    """The running window and its parts."""

    def __init__(self, services: Services, settings_path: Path) -> None:
        self.running = True
        self.root = make_root()
        self.root.withdraw()
        self.outbox: SimpleQueue[object] = SimpleQueue()
        self.state = State(settings=read_settings(settings_path))
        self.controller = Controller(self.state, services, self.outbox, settings_path, self.quit)
        self.prompts = Prompts(self.root)
        self.window = MainWindow(self.root, self.state, self.controller, self.prompts)
        self.pump = Pump(
            self.root, self.outbox, self.controller.handle, self.controller.tick, lambda: not self.state.busy
        )
        self.root.report_callback_exception = self._fault
        self.root.deiconify()

    def start(self, paths: Sequence[Path] = (), reading: Reading | None = None) -> None:
        """Begin the work behind the window, with these paths chosen, as they are or as a plan's reader."""
        self.pump.start()
        # After the first drawing: the window stands before anything heavy is imported.
        self.root.after(1, self.controller.start)
        if reading is not None:
            self.root.after(2, lambda: self._begin(reading, paths))
        elif paths:
            self.root.after(2, lambda: self.controller.choose(paths))

    def _begin(self, reading: Reading, paths: Sequence[Path]) -> None:
        plan, by = reading
        if isinstance(by, Path):
            self.controller.room.look_together(plan, by, paths)
        else:
            self.controller.room.enter(plan, by, paths)

    def _fault(self, kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        """A fault of our own in a callback: said in place, and the window stays."""
        details = log_fault(fault.with_traceback(trace))
        said = "Something went wrong inside the program."
        self.state.change(problem=Problem("Something went wrong", said, "Nothing is lost; please try again.", details))

    def quit(self) -> None:
        """Close the window and stop what runs."""
        self.running = False
        self.pump.stop()
        self.controller.shut_down()
        self.root.destroy()


def run(paths: Sequence[Path], reading: Reading | None = None) -> None:
    """Open the window and stay until it is closed."""
    log_faults_of_threads()
    purge()
    application = Application(real_services(), user_config_path("lumbar-mri", appauthor=False) / "settings.json")
    application.start(paths, reading)
    application.root.mainloop()


def make_root() -> tk.Tk:
    """A toplevel that takes dropped files where tkinterdnd2 loads, else a plain one."""
    _say_dpi_aware()
    try:
        from tkinterdnd2 import TkinterDnD

        root: tk.Tk = TkinterDnD.Tk()
    except (ImportError, RuntimeError, tk.TclError):
        half_made = getattr(tk, "_default_root", None)  # its Tk comes first, then what may fail
        if half_made is not None:
            half_made.destroy()
        root = tk.Tk()
    # As bytes: in a locale without them, Tcl finds no path with letters beyond ASCII.
    root.iconphoto(True, tk.PhotoImage(master=root, data=ICON.read_bytes()))
    return root


def _say_dpi_aware() -> None:
    """Sharp text on Windows' scaled displays; the frozen program says it in its manifest too."""
    if sys.platform == "win32":
        import ctypes

        with contextlib.suppress(AttributeError, OSError):
            ctypes.windll.shcore.SetProcessDpiAwareness(1)


def real_services() -> Services:
    """The core's doors. Each imports on first use, on a worker's thread: the window opens without waiting."""
    return Services(
        load_packs=_load_packs,
        open_reader=_open_reader,
        read_studies=_read_studies,
        recognise=_recognise,
        analyse=_analyse,
        grade_again=_grade_again,
        flag_again=_flag_again,
        explain=_explain,
        render=_render,
        read_earlier=_read_earlier,
        save=_save,
        tags=_tags,
        archive=_archive,
        copy=_copy,
        print_pdf=_print_pdf,
        make_plan=_make_plan,
        report_agreement=_report_agreement,
        options=_options,
        sample=_sample,
    )


def _load_packs(device: str) -> PackSet:
    from lumbar_core.inference.packs import load_packs

    packs = load_packs(device)
    packs.warm_up()
    return packs


def _open_reader() -> PixelReader:
    from lumbar_core.reading.decoding import DecodeProcess

    reader = DecodeProcess()
    reader.start()
    return reader


def _read_studies(
    paths: Sequence[Path], count: CountFiles, cancelled: AskCancelled, first_series: ShowSeries
) -> tuple[Study, ...]:
    from lumbar_core.reading import read_chosen

    return read_chosen(paths, count, cancelled, first_series)


def _recognise(study: Study, packs: PackSet, pixels: PixelReader, cancelled: AskCancelled) -> Study:
    from lumbar_core.pipeline import recognise_study

    return recognise_study(study, packs, pixels, cancelled)


def _analyse(
    study: Study,
    packs: PackSet,
    report: Callable[[Progress], None],
    cancelled: AskCancelled,
    pixels: PixelReader,
    options: Options,
    read_ms: float,
    behind: Callable[[Grade], None],
) -> StudyResult:
    from lumbar_core.pipeline import analyse

    return analyse(study, packs, report, cancelled, pixels=pixels, options=options, read_ms=read_ms, behind=behind)


def _grade_again(
    packs: PackSet,
    grade: Grade,
    study: Study,
    place: Place,
    pixels: PixelReader,
    options: Options,
    cancelled: AskCancelled,
) -> tuple[Finding, Grade]:
    from lumbar_core.pipeline import grade_again
    from lumbar_core.report.build import build_finding

    there = grade_again(grade, place.image, place.point, study, place.canal_mm, packs, pixels, options, cancelled)
    return build_finding(there, study), there


def _flag_again(result: StudyResult, packs: PackSet, choices: Choices) -> StudyResult:
    from lumbar_core.analysis.flag_again import flag_again

    return flag_again(result, packs, choices)


def _explain(packs: PackSet, grade: Grade) -> tuple[ViewEvidence, ...]:
    from lumbar_core.grade.evidence import explain

    return explain(grade, packs)


def _make_plan(folder: Path, out: Path, wishes: PlanWishes, count: CountFiles, cancelled: AskCancelled) -> Plan:
    from lumbar_core.agreement.planning import plan_folder

    return plan_folder(folder, out, wishes, count, cancelled)


def _report_agreement(readings: Sequence[Path], folder: Path) -> Sequence[Path]:
    from lumbar_core.agreement.report import report_files

    return report_files(readings, folder)


def _options(numbering: Alternative | None, post_operative: bool, choices: Choices) -> Options:
    from lumbar_core.pipeline import Options

    return Options(numbering=numbering, post_operative=post_operative, choices=choices)


def _render(
    path: Path, result: StudyResult, study: Study, pixels: PixelReader, identity: bool, form: ReportForm
) -> bytes:
    from lumbar_core.report.render import render

    return render(path.suffix, result, study, pixels, identity, form)


def _read_earlier(path: Path) -> Earlier:
    try:
        return read_earlier(path.read_bytes())
    except OSError as error:
        raise ReadingError("The earlier file could not be read.", "Choose a .json that this program saved.") from error


def _save(path: Path, data: bytes) -> None:
    from lumbar_core.report.save import save

    save(path, data)


def _tags(instance: Instance) -> tuple[TagLine, ...]:
    from lumbar_core.reading import list_header

    return list_header(instance.source)


def _archive(
    folder: Path, result: StudyResult, study: Study, pixels: PixelReader, identity: bool, form: ReportForm
) -> Sequence[Path]:
    from lumbar_core.dicom_out import write_objects

    return write_objects(folder, result, study, pixels, identity, form)


def _copy(study: Study, folder: Path, count: CountFiles, cancelled: AskCancelled) -> Exported:
    from lumbar_core.dicom_out.deidentify import deidentify

    return deidentify(study, folder, progress=count, cancelled=cancelled)


def _print_pdf(pdf: bytes) -> Handed:
    from lumbar_core.report.printing import print_pdf

    return print_pdf(pdf)


def _sample() -> Path:
    return Path(lumbar_core.__file__).parent / "sample"
