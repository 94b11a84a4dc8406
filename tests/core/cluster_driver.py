"""`batch --cluster` with the made-up worker, in a process of its own: tests open no sockets.

python cluster_driver.py IN OUT ADDRESS
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from lumbar_core.batch import run as run_module
from lumbar_core.errors import LumbarError
from tests.factories import a_mixed_result

WORKER = [sys.executable, str(Path(__file__).with_name("fake_batch_worker.py"))]


def main() -> int:
    """0 done, 1 with a sentence on stderr."""
    root, out, address = sys.argv[1:4]
    packs = {(pack.version, pack.digest) for pack in a_mixed_result().packs}
    run_module.packs_here = lambda _: packs if "--other-packs" not in sys.argv else {("1.0.0", "another digest")}
    try:
        run_module.run_batch(
            Path(root), Path(out), kind="pictures", device="cpu", say=lambda _: None, command=WORKER, cluster=address
        )
    except LumbarError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
