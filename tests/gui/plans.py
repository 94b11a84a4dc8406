"""A reading plan over made-up examinations, for the window's tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lumbar_core.agreement.plan import Plan, make_plan, render_plan
from lumbar_core.study import Identity, Study
from tests.gui.fakes import a_study


def some_studies(count: int = 3) -> tuple[Study, ...]:
    """Examinations of patients with names."""
    return tuple(
        a_study(identity=Identity(patient_name=f"MUSTER^{number}", patient_id=f"P-{number}", study_uid=f"1.2.{number}"))
        for number in range(count)
    )


def write_plan(folder: Path, **choices: Any) -> tuple[Path, Plan]:
    """plan.json of readers R1 and R2 below a folder."""
    values = {"seed": 2, **choices}
    plan = make_plan(values.pop("studies", some_studies()), ["R1", "R2"], **values)
    path = folder / "plan.json"
    path.write_bytes(render_plan(plan))
    return path, plan
