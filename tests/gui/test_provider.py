"""What computes, and why, stands in About and in the diagnostics."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lumbar_gui.views.sheets import provider_words

FELL = "CUDA did not load (no driver, or libraries of it are missing); the processor (CPU) computes instead."


def tools(**packs: Any) -> Any:
    given = {"provider": "CPU", "notices": (), "threads": 2} | packs
    return SimpleNamespace(state=SimpleNamespace(packs=SimpleNamespace(**given)))


@pytest.mark.parametrize(
    ("packs", "said"),
    [
        ({}, "CPU, 2 threads: no graphics processor that the runtime can use was found."),
        ({"provider": "CUDA"}, "CUDA, 2 threads: it was found and is faster."),
        ({"notices": (FELL,), "threads": 1}, f"CPU, 1 thread. {FELL}"),
    ],
)
def test_the_processor_is_named_with_the_reason(packs: dict[str, Any], said: str) -> None:
    assert provider_words(tools(**packs)) == said
