"""The one `after` loop, on a stand-in for Tk."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from queue import SimpleQueue

import pytest

from lumbar_gui.pump import Pump


class StandIn:
    """Keeps what was asked of `after` and runs it when told."""

    def __init__(self) -> None:
        self.waiting: dict[str, Callable[[], None]] = {}
        self._count = 0

    def after(self, _ms: int, call: Callable[[], None]) -> str:
        self._count += 1
        self.waiting[str(self._count)] = call
        return str(self._count)

    def after_cancel(self, name: str) -> None:
        self.waiting.pop(name, None)

    def run(self) -> None:
        waiting, self.waiting = self.waiting, {}
        for call in waiting.values():
            call()


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    yield
    gc.enable()


def a_pump(root: StandIn, taken: list[object], queue: SimpleQueue[object]) -> Pump:
    return Pump(root, queue, taken.append, lambda: None, lambda: True)  # type: ignore[arg-type]


def test_messages_are_taken_in_order_and_only_once_it_runs() -> None:
    root, taken, queue = StandIn(), list[object](), SimpleQueue[object]()
    for message in (1, 2, 3):
        queue.put(message)
    a_pump(root, taken, queue).start()
    assert taken == []
    root.run()
    assert taken == [1, 2, 3]


def test_a_fault_in_a_listener_does_not_stop_the_loop() -> None:
    root, queue = StandIn(), SimpleQueue[object]()
    queue.put(1)

    def handle(_message: object) -> None:
        raise ValueError

    pump = Pump(root, queue, handle, lambda: None, lambda: True)  # type: ignore[arg-type]
    pump.start()
    with pytest.raises(ValueError):  # noqa: PT011 - ours, from just above
        root.run()
    assert root.waiting


def test_a_stopped_pump_takes_nothing_more() -> None:
    root, taken, queue = StandIn(), list[object](), SimpleQueue[object]()
    pump = a_pump(root, taken, queue)
    pump.start()
    pump.stop()
    queue.put(1)
    root.run()
    assert taken == []


def test_garbage_is_left_to_the_pump_while_it_runs() -> None:
    root, queue = StandIn(), SimpleQueue[object]()
    pump = a_pump(root, [], queue)
    pump.start()
    assert not gc.isenabled()
    rings = []
    for _ in range(2 * gc.get_threshold()[0]):
        ring: list[object] = []
        ring.append(ring)
        rings.append(ring)
    before = gc.get_count()[0]
    root.run()
    assert gc.get_count()[0] < before
    pump.stop()
    assert gc.isenabled()
