"""`batch`: grade every picture or examination below a folder; one bad file never stops it."""

from lumbar_core.batch.run import run_batch

__all__ = ["run_batch"]
