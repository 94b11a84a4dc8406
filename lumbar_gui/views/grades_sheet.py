"""What the three grades mean: whose they are, and the published scales that say in words what the eye looks for."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from lumbar_gui.views.page import Tools
from lumbar_gui.views.sheets import Sheet

WHOSE = (
    "The networks learned from the grades that radiologists gave for the RSNA 2024 lumbar spine challenge: "
    "Normal/Mild, Moderate or Severe for each structure, by eye. No measurement stands behind a grade. The published "
    "scales below describe the same narrowing in words; each is set beside the step that comes nearest to it."
)
Scale = tuple[str, tuple[tuple[str, str], ...], str]
SCALES: tuple[Scale, ...] = (
    (
        "Spinal canal, on sagittal and axial T2",
        (
            ("Normal/Mild", "Fluid before and around the roots is kept or a little less; each root can be told apart."),
            ("Moderate", "Less fluid; some roots lie together and cannot be told apart."),
            ("Severe", "Hardly any fluid; the roots are one bundle."),
        ),
        "Lee GY et al., Skeletal Radiology 2011;40:1033; their grades 0 and 1, 2, 3.",
    ),
    (
        "Neural foramen, on sagittal T1",
        (
            ("Normal/Mild", "Fat all round the root, or lost on two opposite sides."),
            ("Moderate", "Fat lost on all four sides, the root's shape kept."),
            ("Severe", "The root is squeezed or changed in shape."),
        ),
        "Lee S et al., American Journal of Roentgenology 2010;194:1095; their grades 0 and 1, 2, 3.",
    ),
    (
        "Lateral recess, on axial T2",
        (
            ("Normal/Mild", "Room round the root, or narrow without touching its shape."),
            ("Moderate", "The root is flattened, with some room left beside it."),
            ("Severe", "The root is squeezed and no room is left beside it."),
        ),
        "Bartynski WS and Lin L, American Journal of Neuroradiology 2003;24:348; their grades 0 and 1, 2, 3.",
    ),
)


class GradesSheet(Sheet):
    """One table a structure; Esc closes."""

    def __init__(self, parent: tk.Misc, tools: Tools, close: Callable[[], None]) -> None:
        super().__init__(parent, tools, "What the grades mean", close)
        look, px = tools.look, tools.look.px
        self.words(WHOSE)
        for title, steps, source in SCALES:
            self.heading(title)
            self.table(steps, 120)
            look.wrapping(self.inside, source, "dim", "small").pack(fill="x", pady=(px(2), 0))
