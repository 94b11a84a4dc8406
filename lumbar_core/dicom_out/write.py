"""All objects of a result, made and written."""

from __future__ import annotations

import io
import warnings
from datetime import datetime
from pathlib import Path

from pydicom.dataset import Dataset

from lumbar_core.anatomy import LEVELS
from lumbar_core.dicom_out.common import new_place
from lumbar_core.dicom_out.context import read_context
from lumbar_core.dicom_out.documents import build_captures, build_encapsulated
from lumbar_core.dicom_out.structured_report import build_report
from lumbar_core.errors import SavingError
from lumbar_core.report.form import ReportForm
from lumbar_core.report.key_image import number_slices, read_key_pictures
from lumbar_core.report.key_image_pages import render_key_images
from lumbar_core.report.result import StudyResult
from lumbar_core.report.save import save
from lumbar_core.report.to_pdf import render_pdf
from lumbar_core.study import PixelReader, Study

# Behind the scanner's own series, where archives and workstations put what was derived.
_SERIES_NUMBER = 9100


_PLAIN = ReportForm()


def write_objects(
    folder: Path,
    result: StudyResult,
    study: Study,
    reader: PixelReader,
    identity: bool = False,
    form: ReportForm = _PLAIN,
) -> list[Path]:
    """Write the findings, the PDF, its pages and the key images into a folder; returns the files.

    identity: print the patient's identity in report and pictures; their headers carry it in any case. form: how the
    PDF is to look; what the objects' headers say stays English.
    Nothing that is there is replaced: every file is named by its kind and its own new UID.
    Raises SavingError: for pictures, for files that do not say which study and images they are, for a result without
    a finding at a known level, and where nothing can be written.
    """
    if not any(finding.level in LEVELS for finding in result.findings):
        raise SavingError("There is no finding at a known level to write.", "Open the whole study.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' warnings quote names
        return _write(folder, result, study, reader, identity, form)


def _write(
    folder: Path, result: StudyResult, study: Study, reader: PixelReader, identity: bool, form: ReportForm
) -> list[Path]:
    context = read_context(result, study)
    pictures = read_key_pictures(result, study, reader)
    pdf = render_pdf(result, pictures, identity, form, number_slices(study))
    keys = render_key_images(result, pictures, form.language)
    named = identity or bool(form.remark.strip())  # a remark is free text: it may name the patient
    now = datetime.now().astimezone()
    report, document, captures = (new_place(_SERIES_NUMBER + step, now) for step in range(3))
    pages = build_captures(pdf, named, 1, result, context, captures)
    made = [
        ("findings", build_report(result, context, report)),
        ("report", build_encapsulated(pdf, named, result, context, document)),
        *(("page", page) for page in pages),
    ]
    if keys is not None:
        shown = build_captures(keys, False, len(pages) + 1, result, context, captures)
        made += [("key-image", picture) for picture in shown]
    written = []
    for kind, dataset in made:
        path = folder / f"{kind}-{dataset.SOPInstanceUID}.dcm"
        save(path, _encoded(dataset))
        written.append(path)
    return written


def _encoded(dataset: Dataset) -> bytes:
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
