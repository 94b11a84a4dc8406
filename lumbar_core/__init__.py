"""Lumbar MRI grading: everything but the window and the training. No torch, no Tk, no network."""

import os

# Before anything can import onnxruntime: since 1.29 it reports its use over the network unless told not to.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__version__ = "0.1.0"
