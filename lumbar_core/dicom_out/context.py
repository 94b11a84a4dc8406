"""What the objects take over from the study: patient, study and the images that were graded, from their own headers."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage

from lumbar_core.errors import SavingError
from lumbar_core.reading.dicom.values import at_the_door
from lumbar_core.reading.source import Opener, display_name
from lumbar_core.report.build import relative_path
from lumbar_core.report.result import Finding, Location, StudyResult
from lumbar_core.study import InputKind, Instance, Study

# Patient and study modules (PS3.3 C.7.1.1, C.7.2.1): type 2, so they are there even where they are empty.
STUDY_TAGS = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex",
    "StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName",
)  # fmt: skip
# What an object must not carry on where a file has it wrong: it is left empty, as these tags may be.
_DATE = re.compile(r"\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_TIME = re.compile(r"([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?")
_MAY_BE = {"PatientSex": re.compile("[MFO]"), "PatientBirthDate": _DATE, "StudyDate": _DATE, "StudyTime": _TIME}
_ANYTHING = re.compile(".*", re.DOTALL)
_NAMED_BY = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
_IMAGE_TAGS = (
    "SOPClassUID",
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "Modality",
    "Rows",
    "Columns",
)


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """The study that the objects belong to.

    study:  a header with `STUDY_TAGS` and nothing of one image.
    first:  the header of one of its images, for a result that refers to none.
    images: headers of the images that the result refers to, each once, by `place_of`.
    """

    study: Dataset
    first: Dataset
    images: dict[tuple[str, str], Dataset]

    def image(self, location: Location) -> Dataset | None:
        """The header of the image that a location lies in."""
        return self.images.get(place_of(location))


def place_of(location: Location) -> tuple[str, str]:
    """By what a location names its file: series and path."""
    return location.series, location.file


def read_context(result: StudyResult, study: Study) -> Context:
    """Read the headers again. Raises SavingError for pictures, and for a study that does not say which it is."""
    if study.kind is InputKind.PICTURE:
        raise SavingError("A picture has no study that a DICOM object could belong to.", "Save a PDF, JSON or CSV.")
    wanted = {place_of(location) for finding in result.findings for location in _places(finding)}
    with closing(Opener()) as opener:
        images = {
            (series.id, path): _header(instance, opener)
            for series in study.series
            for instance in series.instances
            if (series.id, path := relative_path(instance.source, study.root)) in wanted
        }
        first = next(iter(images.values()), None) or _header(_any_instance(study), opener)
    if any(not each.get(name) for each in (first, *images.values()) for name in _NAMED_BY):
        raise SavingError("The files do not say which study and images they are.", "Save a PDF, JSON or CSV.")
    of_study = Dataset()
    for name in STUDY_TAGS:
        setattr(of_study, name, first.get(name) or "")
    return Context(of_study, first, images)


def _places(finding: Finding) -> tuple[Location, ...]:
    own = () if finding.location is None else (finding.location,)
    return (*own, *finding.evidence)


def _any_instance(study: Study) -> Instance:
    return next(instance for series in study.series for instance in series.instances)


def _header(instance: Instance, opener: Opener) -> Dataset:
    """The tags that an object may take over, and no others: private ones and long texts stay where they are."""
    with opener.open(instance.source) as stream, at_the_door(display_name(instance.source)):
        read = pydicom.dcmread(stream, stop_before_pixels=True, specific_tags=[*STUDY_TAGS, *_IMAGE_TAGS], force=True)
    header = Dataset()
    for name in STUDY_TAGS:
        value = read.get(name) or ""
        setattr(header, name, value if _MAY_BE.get(name, _ANYTHING).fullmatch(str(value)) else "")
    for name in _IMAGE_TAGS:
        if name in read:
            setattr(header, name, read.get(name))
    if "SOPClassUID" not in header:
        header.SOPClassUID = read.file_meta.get("MediaStorageSOPClassUID", MRImageStorage)
    header.Modality = header.get("Modality") or "MR"
    return header
