"""What every test shares: no internet, no telemetry, the real data where it lies, and honest skips.

A skipped test says why and is counted in the last lines. In CI (`CI=true`) a skipped window test is a failure.
"""

from __future__ import annotations

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before anything can import onnxruntime

import importlib.util
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parents[1]
NO_REAL_DATA = "real data absent"
_EXIT_STATUS = pytest.StashKey[int]()
HAS_TORCH = importlib.util.find_spec("torch") is not None

# Shared machines are slow at times: a property may take what it needs, but the examples are the same each run.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")


def real_data_folder() -> Path:
    """Where the public MRI data should lie: LUMBAR_DATA, else `shared/data` beside the checkout."""
    return Path(os.environ.get("LUMBAR_DATA") or REPOSITORY.parent / "shared" / "data")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of public MRI data; the test is skipped, and counted, where it is absent."""
    folder = real_data_folder()
    if not (folder / "rsna_canal").is_dir():
        pytest.skip(NO_REAL_DATA)
    return folder


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave tests of training and export to .venv-train where there is no torch; the phantom needs none."""
    if HAS_TORCH:
        return None
    parts = collection_path.relative_to(REPOSITORY).parts if collection_path.is_relative_to(REPOSITORY) else ()
    needs_torch = parts[:2] in {("tests", "training"), ("tests", "export")}
    return True if needs_torch and len(parts) > 2 and parts[2] != "phantom" else None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Remember how the tests ended, for `pytest_unconfigure`."""
    session.config.stash[_EXIT_STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """A process that trained is left as `training` leaves it."""
    if "torch" in sys.modules and _EXIT_STATUS in config.stash:
        from training.leave import leave

        leave(config.stash[_EXIT_STATUS])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the real data, and what makes patients of its own, so that `-m` can choose."""
    for item in items:
        if "real_data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.real_data)
        if item.nodeid.startswith("tests/training/phantom/"):
            item.add_marker(pytest.mark.phantom)


def _window_test(nodeid: str) -> bool:
    return nodeid.startswith("tests/gui/")


def _skip_reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)


def _forbid_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skipped window test into a failure in CI: a window nobody opened is a window nobody tested."""
    expected_failure = hasattr(report, "wasxfail")
    if not report.skipped or expected_failure or os.environ.get("CI") != "true":
        return
    reason = _skip_reason(report)
    if NO_REAL_DATA not in reason:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped in CI, where every window test must run: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if _window_test(item.nodeid) or item.get_closest_marker("gui") is not None:
        _forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if _window_test(collector.nodeid):
        _forbid_skip(report)
    return report


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Say how much of the suite this run could not do."""
    skipped = terminalreporter.stats.get("skipped", [])
    absent = sum(NO_REAL_DATA in _skip_reason(report) for report in skipped)
    terminalreporter.write_line(f"real-data tests skipped: {absent}")
    if not HAS_TORCH:
        terminalreporter.write_line("tests of training and export need torch: they run in .venv-train")
