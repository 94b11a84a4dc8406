"""A worker of `batch` whose grader does what the file's name says; started as a process of its own by tests."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from lumbar_core.batch.task import Task
from lumbar_core.batch.worker import serve
from lumbar_core.errors import Damaged
from lumbar_core.report.result import StudyResult
from tests.factories import a_mixed_result


def grade(task: Task) -> StudyResult:
    """Succeed, fail, crash or hang."""
    name = Path(task.files[0]).name
    if name.startswith("damaged"):
        raise Damaged(f"{name} is cut short.", "Export it again.")
    if name.startswith("fault"):
        raise ValueError(name)
    if name.startswith("crash"):
        os._exit(11)
    if name.startswith("hang"):
        time.sleep(60)
    if name.startswith("nap"):
        time.sleep(0.4)
    if name.startswith("talk"):
        os.write(1, b"a codec that prints")
    return a_mixed_result()


if __name__ == "__main__":
    if sys.argv[1:] == ["stillborn"]:
        sys.exit(3)
    sys.exit(serve(sys.argv[1:], make_grader=lambda device: grade))
