"""The study's own choices as a sweep that anyone can repeat: every point of a grid is one training.

space (the grid) ─► run (Optuna: who does what, what is left) ─► trial (one training) ─► summary (table, plot)
"""
