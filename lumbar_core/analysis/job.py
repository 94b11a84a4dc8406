"""What the stages of one analysis share: packs, pixels, the user's choices, progress, cancel, times."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from lumbar_core.choices import Choices
from lumbar_core.errors import Cancelled, ReadingError
from lumbar_core.findings import ImagePoint
from lumbar_core.inference.contract import Contract
from lumbar_core.inference.packs import Pack, PackSet
from lumbar_core.reading.choice import shown_path
from lumbar_core.report.result import Alternative
from lumbar_core.study import Instance, PixelReader, Pixels, Unreadable

CANCEL_POLL_S = 0.05


class Step(StrEnum):
    """What the pipeline is doing."""

    DECODE = "decode"
    RECOGNISE = "recognise"
    LOCALISE = "localise"
    GRADE = "grade"


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """How far one step is; picture and points where there is something to show."""

    step: Step
    done: int
    of: int
    detail: str = ""
    picture: Instance | None = None
    points: tuple[ImagePoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """What the user may choose for one analysis.

    numbering: count one level "up" (L4/L5 becomes L3/L4) or "down". choices: in place of what the packs say.
    """

    numbering: Alternative | None = None
    post_operative: bool = False
    choices: Choices = field(default_factory=Choices)


ReportProgress = Callable[[Progress], None]
AskCancelled = Callable[[], bool]


@dataclass(slots=True)
class Clock:
    """Milliseconds by step."""

    spent: dict[Step, float] = field(default_factory=lambda: dict.fromkeys(Step, 0.0))

    @contextmanager
    def timing(self, step: Step) -> Iterator[None]:
        """Add the time spent inside to a step."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.spent[step] += (time.perf_counter() - started) * 1000


@dataclass(slots=True, eq=False)
class Job:
    """One analysis on its way.

    notes gathers what flags every finding or explains a choice; undecoded, images whose pixels could not be had.
    """

    packs: PackSet
    pixels: PixelReader
    report: ReportProgress
    cancelled: AskCancelled
    options: Options
    clock: Clock = field(default_factory=Clock)
    notes: list[str] = field(default_factory=list)
    undecoded: list[Unreadable] = field(default_factory=list)

    def read(self, instance: Instance) -> Pixels:
        """The pixels of an image. Raises ReadingError, and remembers it."""
        try:
            return self.pixels.read(instance)
        except ReadingError as error:
            failure = Unreadable(shown_path(instance.source), error.finding, error.remedy)
            if failure not in self.undecoded:
                self.undecoded.append(failure)
            raise

    def contract_of(self, grader: Pack) -> Contract:
        """By which a grader's answers become findings: its own, but for what the user chose."""
        return grader.contract.with_choices(self.options.choices)

    def note(self, sentence: str) -> None:
        """Keep a sentence once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def raise_if_cancelled(self) -> None:
        """Raises Cancelled if the user stopped the work."""
        if self.cancelled():
            raise Cancelled


@contextmanager
def watching(job: Job) -> Iterator[None]:
    """While inside, a cancel ends the decoding and the running inference at once."""
    finished = threading.Event()

    def watch() -> None:
        while not finished.wait(CANCEL_POLL_S):
            if job.cancelled():
                job.packs.stop()
                job.pixels.close()
                return

    watcher = threading.Thread(target=watch, name="cancel-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        finished.set()
        watcher.join()
        job.packs.resume()
