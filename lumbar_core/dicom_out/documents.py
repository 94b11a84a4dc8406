"""The report's PDF as it is (PS3.3 A.45.1), and its pages and key images as pictures (PS3.3 A.8.1)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pypdfium2  # type: ignore[import-untyped]
from highdicom import PhotometricInterpretationValues
from highdicom.sc import SCImage
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian

from lumbar_core.dicom_out.common import MANUFACTURER, Place, finish, new_uid
from lumbar_core.dicom_out.context import STUDY_TAGS, Context
from lumbar_core.report.headline import review_status
from lumbar_core.report.result import StudyResult

TITLE = "Lumbar MRI report"
_DOTS_PER_POINT = 150 / 72


def build_encapsulated(pdf: bytes, named: bool, result: StudyResult, context: Context, place: Place) -> Dataset:
    """The PDF in a DICOM object; named: whether the patient's identity is printed in it."""
    made = Dataset()
    for tag in STUDY_TAGS:
        setattr(made, tag, context.study.get(tag))
    made.SOPClassUID, made.SOPInstanceUID = EncapsulatedPDFStorage, new_uid()
    made.Modality, made.ConversionType = "DOC", "WSD"
    made.SeriesInstanceUID, made.SeriesNumber, made.InstanceNumber = place.series_uid, place.series_number, 1
    made.AcquisitionDateTime = ""
    made.BurnedInAnnotation = "YES" if named else "NO"
    made.DocumentTitle = TITLE
    made.ConceptNameCodeSequence = []
    made.MIMETypeOfEncapsulatedDocument = "application/pdf"
    made.EncapsulatedDocumentLength = len(pdf)
    made.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    return finish(made, result, place)


def build_captures(
    pdf: bytes, named: bool, first: int, result: StudyResult, context: Context, place: Place
) -> list[Dataset]:
    """One picture a page; first: its number in the series."""
    return [
        _capture(page, named, number, result, context, place) for number, page in enumerate(_pages(pdf), start=first)
    ]


def _pages(pdf: bytes) -> Iterator[NDArray[np.uint8]]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        for index in range(len(document)):
            image = document[index].render(scale=_DOTS_PER_POINT).to_pil().convert("RGB")
            yield np.asarray(image, np.uint8)
    finally:
        document.close()


def _capture(
    page: NDArray[np.uint8], named: bool, number: int, result: StudyResult, context: Context, place: Place
) -> Dataset:
    study = context.study
    made = SCImage(
        pixel_array=page,
        photometric_interpretation=PhotometricInterpretationValues.RGB,
        bits_allocated=8,
        coordinate_system="PATIENT",
        study_instance_uid=study.StudyInstanceUID,
        series_instance_uid=place.series_uid,
        series_number=place.series_number,
        sop_instance_uid=new_uid(),
        instance_number=number,
        manufacturer=MANUFACTURER,
        patient_id=study.PatientID,
        patient_name=study.PatientName,
        patient_birth_date=study.PatientBirthDate,
        patient_sex=study.PatientSex or None,
        accession_number=study.AccessionNumber,
        study_id=study.StudyID,
        study_date=study.StudyDate,
        study_time=study.StudyTime,
        referring_physician_name=study.ReferringPhysicianName,
        patient_orientation=("L", "F"),
    )
    made.BurnedInAnnotation = "YES" if named else "NO"
    made.ImageComments = review_status(result)
    # A page of paper has neither; both tags have to be there.
    made.PatientOrientation = ""  # type: ignore[assignment]
    made.Laterality = ""
    return finish(made, result, place)
