"""What the stages share: times, notes and the watch for a cancel."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from lumbar_core.analysis.job import Clock, Job, Options, Step, watching
from lumbar_core.errors import Cancelled, Damaged
from lumbar_core.inference.packs import PackSet
from lumbar_core.study import Instance, Pixels, Source
from tests.core.fake_packs import FakeModel, a_pack
from tests.core.fake_studies import FakePixels, an_image


def test_time_adds_up_by_step_also_when_a_step_fails() -> None:
    clock = Clock()

    def fail() -> None:
        with clock.timing(Step.GRADE):
            time.sleep(0.01)
            raise RuntimeError

    for _ in range(2):
        with pytest.raises(RuntimeError):
            fail()
    assert 20 <= clock.spent[Step.GRADE] < 2000
    assert clock.spent[Step.DECODE] == 0


def test_a_sentence_is_noted_once() -> None:
    job = Job(PackSet(()), FakePixels(), lambda _: None, lambda: False, Options())
    for sentence in ("metal", "frame", "metal"):
        job.note(sentence)
    assert job.notes == ["metal", "frame"]


def test_an_image_without_pixels_is_told_by_its_name_in_the_archive() -> None:
    def fail(_: Instance) -> Pixels:
        raise Damaged("1.dcm is damaged.", "Export it again.")

    image = replace(an_image(), source=Source(Path("disc.zip"), "t2/1.dcm"))
    job = Job(PackSet(()), FakePixels(fail), lambda _: None, lambda: False, Options())
    for _ in range(2):
        with pytest.raises(Damaged):
            job.read(image)
    assert [each.path for each in job.undecoded] == [Path("disc.zip/t2/1.dcm")]


def test_a_cancel_stops_packs_and_decoding_and_afterwards_packs_run_again() -> None:
    cancelled, model, pixels = threading.Event(), FakeModel(lambda _: {}), FakePixels()
    job = Job(PackSet((a_pack(model),)), pixels, lambda _: None, cancelled.is_set, Options())
    with watching(job):
        assert not pixels.closed.is_set()
        cancelled.set()
        assert pixels.closed.wait(0.5)
        with pytest.raises(Cancelled):
            job.raise_if_cancelled()
    assert model.run({"crop": None}) == {}  # type: ignore[dict-item]


def test_without_a_cancel_nothing_is_stopped_and_no_thread_stays() -> None:
    before, pixels = threading.active_count(), FakePixels()
    with watching(Job(PackSet(()), pixels, lambda _: None, lambda: False, Options())):
        pass
    assert not pixels.closed.is_set()
    assert threading.active_count() == before
