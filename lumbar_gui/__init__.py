"""The window: what a user sees and can ask for. All of the medicine is in lumbar_core."""
