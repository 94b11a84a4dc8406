"""Small cases that the shipped packs grade: a few slices of the bundled sample under names of our own."""

from __future__ import annotations

from pathlib import Path

import pydicom

import lumbar_core

SAMPLE = Path(lumbar_core.__file__).parent / "sample" / "t2_tse_sag"


def write_case(folder: Path, patient: str, slices: int = 3) -> Path:
    """The middle slices of the sample's T2 series as a study of this patient."""
    folder.mkdir(parents=True)
    paths = sorted(SAMPLE.glob("*.dcm"))
    first = (len(paths) - slices) // 2
    for path in paths[first : first + slices]:
        image = pydicom.dcmread(path)
        image.PatientName = image.PatientID = image.SeriesDescription = image.AccessionNumber = patient
        image.StudyInstanceUID = f"1.2.3.{len(patient)}"
        image.save_as(folder / f"{patient}-{path.name}")
    return folder
