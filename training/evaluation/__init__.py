"""What `training evaluate` tells beyond the flat figures, and the files it tells it in.

cells ─► complete (competition, curves, quality) ─► JSON ─► tables (CSV), page (HTML, with plots)
"""
