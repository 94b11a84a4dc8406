"""A whole study beside its radiologists' tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from lumbar_core.anatomy import Condition, Level, Side
from training.study_table import structure, study_table


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("spinal_canal_stenosis_l1_l2", (Condition.SPINAL_CANAL_STENOSIS, None, Level.L1_L2)),
        ("Left Subarticular Stenosis L5/S1", (Condition.SUBARTICULAR_STENOSIS, Side.LEFT, Level.L5_S1)),
        (
            "right_neural_foraminal_narrowing_l4_l5",
            (Condition.NEURAL_FORAMINAL_NARROWING, Side.RIGHT, Level.L4_L5),
        ),
    ],
)
def test_both_tables_name_structures_alike(name: str, expected: object) -> None:
    assert structure(name) == expected


def test_the_real_study_is_told_structure_by_structure(real_data: Path) -> None:
    rows = study_table(real_data / "dicom" / "rsna_100206310", None).splitlines()[2:]
    assert len(rows) == 25
    canal = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if "canal" in row]
    assert [cells[1] for cells in canal] == ["Normal/Mild", "Normal/Mild", "Moderate", "Severe", "Normal/Mild"]
    # On the radiologist's disc, within three slices of the one that was marked.
    assert all(float(cells[6]) < 6 and int(cells[7]) <= 3 for cells in canal)
