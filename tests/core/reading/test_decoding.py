"""The decode process: dies, hangs and restarts without harm; closes at once."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lumbar_core.errors import Cancelled, Damaged, ReadingError
from lumbar_core.reading import decoding, read_study
from lumbar_core.reading.decoding import DecodeProcess, DirectReader
from lumbar_core.study import Instance
from tests.core.reading.dicom_files import pattern, write

# A worker for tests: dies on "die", hangs on "hang", answers nonsense on "babble"; else decodes as the real one.
WORKER = """
import os, sys, time
sys.path.insert(0, {root!r})
from lumbar_core.reading import decode_worker
answer = decode_worker._answer
def mean(decoder, request, answers):
    name = request["path"]
    if "die" in name: os._exit(139)
    if "hang" in name: time.sleep(60)
    if "babble" in name: answers.write(b"\\xff" * 64); answers.flush(); return
    if "panic" in name: decoder = Panic()
    answer(decoder, request, answers)
class Panic:
    def decode(self, source): raise BaseException("panicked")
decode_worker._answer = mean
sys.exit(decode_worker.main())
"""


@pytest.fixture
def good(tmp_path: Path) -> Instance:
    return image_at(write(tmp_path))


def image_at(path: Path) -> Instance:
    (series,) = read_study([path]).series
    return series.instances[0]


@pytest.fixture
def process() -> Iterator[DecodeProcess]:
    reader = DecodeProcess()
    yield reader
    reader.close()


@pytest.fixture
def mean_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[DecodeProcess]:
    script = WORKER.format(root=str(decoding._PACKAGE_ROOT))

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    monkeypatch.setattr(decoding, "_start_process", start)
    reader = DecodeProcess(seconds=3.0)
    yield reader
    reader.close()


def test_it_decodes_what_the_direct_reader_decodes(process: DecodeProcess, good: Instance) -> None:
    np.testing.assert_array_equal(process.read(good), DirectReader().read(good))


def test_a_killed_process_is_back_within_a_second(process: DecodeProcess, good: Instance) -> None:
    process.read(good)
    for _ in range(3):
        assert process._process is not None
        process._process.kill()
        begun = time.perf_counter()
        process.read(good)
        assert time.perf_counter() - begun < 2.0  # one second on an idle machine


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("die.dcm", "decoding it fails"),
        ("hang.dcm", "takes too long"),
        ("babble.dcm", "decoding it fails"),
        ("panic.dcm", "cannot be decoded"),
    ],
)
def test_a_file_that_harms_the_process_is_named_and_the_next_one_read(
    name: str, words: str, tmp_path: Path, mean_process: DecodeProcess, good: Instance
) -> None:
    bad = image_at(write(tmp_path / "bad", name))
    with pytest.raises(Damaged, match=f"{name}.*{words}"):
        mean_process.read(bad)
    np.testing.assert_array_equal(mean_process.read(good), pattern())


def test_a_reading_error_keeps_its_type_over_the_pipe(process: DecodeProcess, tmp_path: Path) -> None:
    path = write(tmp_path)
    image = image_at(path)
    path.unlink()
    with pytest.raises(ReadingError, match=r"image\.dcm is not there"):
        process.read(image)


def test_closing_ends_a_reading_that_is_under_way(tmp_path: Path, mean_process: DecodeProcess) -> None:
    hanging = image_at(write(tmp_path, "hang.dcm"))
    closer = threading.Timer(1.0, mean_process.close)
    closer.start()
    begun = time.perf_counter()
    with pytest.raises(Cancelled):
        mean_process.read(hanging)
    closer.join()
    assert time.perf_counter() - begun < 2.5


@pytest.mark.parametrize("reader", [DecodeProcess, DirectReader])
def test_a_closed_reader_reads_no_more(reader: type[DecodeProcess] | type[DirectReader], good: Instance) -> None:
    closed = reader()
    closed.close()
    closed.close()
    with pytest.raises(Cancelled):
        closed.read(good)


def test_starting_ahead_returns_at_once(process: DecodeProcess) -> None:
    begun = time.perf_counter()
    process.start()
    process.start()
    assert time.perf_counter() - begun < 0.2


def test_the_process_ends_when_its_starter_is_gone() -> None:
    process = decoding._start_process()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    assert process.wait(timeout=10) == 0
    process.stdout.close()


def test_a_picture_of_another_size_than_read_leaves_the_process_usable(
    process: DecodeProcess, tmp_path: Path, good: Instance
) -> None:
    path = tmp_path / "a.png"
    Image.new("L", (40, 30), 5).save(path)
    image = image_at(path)
    Image.new("L", (30, 40), 5).save(path)
    with pytest.raises(Damaged, match="not the image that was read before"):
        process.read(image)
    process.read(good)


@pytest.mark.skipif(sys.platform == "win32", reason="RLIMIT is of POSIX")
def test_memory_and_time_of_a_process_are_limited() -> None:
    greedy = "from lumbar_core.platform_limits import OwnLimits\nown = OwnLimits(1 << 30)\n"
    hungry = subprocess.run(
        [sys.executable, "-c", greedy + "bytearray(2 << 30)"], capture_output=True, text=True, check=False
    )
    assert "MemoryError" in hungry.stderr
    busy = subprocess.run(
        [sys.executable, "-c", greedy + "own.allow_seconds(0.1)\nwhile True: pass"], check=False, timeout=30
    )
    assert busy.returncode != 0


def test_the_process_loads_neither_networks_nor_a_window() -> None:
    worker = "import lumbar_core.reading.decode_worker, lumbar_core.reading.pixels, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", worker], capture_output=True, text=True, check=True).stdout.split()
    assert not {"onnxruntime", "tkinter"} & set(loaded)
