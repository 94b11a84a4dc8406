"""R11: the same study again and again, with one, two and four threads: the same grades and probabilities."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lumbar_core.inference.packs import load_packs
from lumbar_core.pipeline import analyse
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.report.result import StudyResult
from lumbar_core.study import Study
from tests.robustness.cases import write_case
from tests.robustness.gate import Check, Gate, Outcome

THREADS = (1, 2, 4)
TOLERANCE = 1e-6
Grade = Callable[[Study, int, int], StudyResult]


def grader() -> Grade:
    """The shipped packs, loaded once for each number of threads."""
    packs = {threads: load_packs("cpu", threads) for threads in THREADS}
    return lambda study, threads, _: analyse(study, packs[threads], pixels=DirectReader())


def run(count: int, folder: Path, grade: Grade | None = None) -> Outcome:
    """Grade `count` times with each number of threads and compare with the first."""
    study, grade = read_study([write_case(folder / "study", "Same")]), grade or grader()
    first: StudyResult | None = None
    other, largest, equal = 0, 0.0, 0
    for number in range(count):
        for threads in THREADS:
            result = grade(study, threads, number)
            first = first or result
            grades, probabilities = _answers(result)
            wanted, before = _answers(first)
            other += grades != wanted
            off = max((abs(p - q) for p, q in zip(probabilities, before, strict=True)), default=1.0)
            largest, equal = max(largest, off), equal + (off == 0)
    checks = (
        Check("runs with other grades", other, 0),
        Check("largest difference of a probability", largest, TOLERANCE),
        Check("findings not graded", int(first is None or not first.assessed), 0),
    )
    runs = count * len(THREADS)
    return Outcome(f"{runs} runs with 1, 2 and 4 threads, {equal} equal to the bit", checks)


def _answers(result: StudyResult) -> tuple[list[object], list[float]]:
    graded = [finding for finding in result.findings if finding.probabilities is not None]
    return [(f.key, f.grade) for f in result.findings], [p for f in graded for p in f.probabilities or ()]


GATE = Gate("R11", "the same answer", 2, 100, run)
