"""Processes of a pool that end when the program that started them was killed.

A worker waits for its next task on a pipe whose other end it holds itself, so that it would wait for ever, with half a
gigabyte of packs.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from multiprocessing.connection import wait


def end_with_parent() -> None:
    """In a process of a pool: end it as soon as the process that started it is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:  # else this is no process of a pool
        threading.Thread(target=_watch, args=(parent.sentinel,), daemon=True).start()


def _watch(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
