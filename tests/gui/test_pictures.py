"""The picture store and its loader."""

from __future__ import annotations

import threading
from queue import SimpleQueue

import pytest

from lumbar_core.errors import Cancelled
from lumbar_gui.pictures import CancellableReader, PictureFailed, PictureLoader, PictureReady, PictureStore
from tests.gui.fakes import BrokenReader, FakeReader, a_study

SLICES = a_study().series[0].instances
SHAPE = (SLICES[0].rows, SLICES[0].columns)
BYTES = 4 * SHAPE[0] * SHAPE[1]  # of one decoded picture


def test_each_picture_is_decoded_once() -> None:
    reader = FakeReader()
    store = PictureStore(lambda: reader)
    assert store.read(SLICES[0]) is store.read(SLICES[0])
    assert reader.reads == 1
    assert store.cached(SLICES[0]) is not None
    assert store.cached(SLICES[1]) is None


def test_the_oldest_pictures_go_when_memory_is_used_up() -> None:
    store = PictureStore(FakeReader, limit_bytes=2 * BYTES)
    for instance in SLICES[:3]:
        store.read(instance)
    assert [store.cached(instance) is not None for instance in SLICES[:3]] == [False, True, True]


def test_no_more_is_wanted_than_can_be_kept() -> None:
    outbox: SimpleQueue[object] = SimpleQueue()
    store = PictureStore(FakeReader, limit_bytes=3 * BYTES)
    loader = PictureLoader(store, outbox)
    loader.want(SLICES)
    ready = [outbox.get(timeout=5) for _ in range(3)]
    assert ready == [PictureReady(instance) for instance in SLICES[:3]]
    loader.want(SLICES[:4])
    loader.close()
    assert outbox.empty()
    assert all(store.cached(instance) is not None for instance in SLICES[:3])


def test_forgetting_keeps_only_what_is_named() -> None:
    store = PictureStore(FakeReader)
    store.read(SLICES[0])
    store.read(SLICES[1])
    store.forget(but={SLICES[1]})
    assert store.cached(SLICES[0]) is None
    assert store.cached(SLICES[1]) is not None


def test_after_a_stop_the_next_read_starts_a_fresh_decoder() -> None:
    opened: list[FakeReader] = []

    def open_reader() -> FakeReader:
        opened.append(FakeReader())
        return opened[-1]

    store = PictureStore(open_reader)
    store.warm()
    store.stop()
    assert store.read(SLICES[0]).shape == SHAPE
    assert len(opened) == 2


def test_a_stop_in_the_middle_of_a_read_ends_that_job_but_not_the_display() -> None:
    store = PictureStore(lambda: FakeReader(seconds=0.3))
    store.warm()
    cancelled = threading.Event()
    job = CancellableReader(store, cancelled.is_set)
    threading.Timer(0.05, lambda: (cancelled.set(), store.stop())).start()
    with pytest.raises(Cancelled):
        job.read(SLICES[0])
    assert store.read(SLICES[0]).shape == SHAPE


def test_a_closed_store_decodes_nothing_more() -> None:
    store = PictureStore(FakeReader)
    store.close()
    with pytest.raises(Cancelled):
        store.read(SLICES[0])


def test_the_loader_tells_of_each_picture_in_the_order_wanted() -> None:
    outbox: SimpleQueue[object] = SimpleQueue()
    loader = PictureLoader(PictureStore(FakeReader), outbox)
    loader.want([SLICES[4], SLICES[2]])
    told = [outbox.get(timeout=5) for _ in range(2)]
    loader.close()
    assert told == [PictureReady(SLICES[4]), PictureReady(SLICES[2])]


def test_a_broken_picture_is_told_once_and_not_tried_again() -> None:
    outbox: SimpleQueue[object] = SimpleQueue()
    loader = PictureLoader(PictureStore(BrokenReader), outbox)
    loader.want([SLICES[0]])
    assert isinstance(outbox.get(timeout=5), PictureFailed)
    loader.want([SLICES[0], SLICES[0]])
    loader.want([])
    loader.close()
    assert outbox.empty()
