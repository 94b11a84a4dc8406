"""`python -m benchmarks [NAME…]`: run the named benchmarks, or all; print a row per budget."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

NOT_BENCHMARKS = {"__main__", "material", "row"}


def names() -> list[str]:
    """The modules here that have `rows()`."""
    found = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])]
    return [name for name in found if name not in NOT_BENCHMARKS]


def main(arguments: list[str]) -> int:
    unknown = sorted(set(arguments) - set(names()))
    if unknown:
        print(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(names())}.", file=sys.stderr)
        return 2
    for name in arguments or names():
        for row in importlib.import_module(f"benchmarks.{name}").rows():
            print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
