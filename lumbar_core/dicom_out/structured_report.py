"""The findings as a Comprehensive SR after template TID 1500 (PS3.16): one measurement group a structure."""

from __future__ import annotations

from collections.abc import Iterator

from highdicom.sr import (
    AlgorithmIdentification,
    ComprehensiveSR,
    DeviceObserverIdentifyingAttributes,
    FindingSite,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    QualitativeEvaluation,
    SourceImageForMeasurementGroup,
    TrackingIdentifier,
)
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from lumbar_core.anatomy import Severity
from lumbar_core.dicom_out import codes as ours
from lumbar_core.dicom_out.common import MANUFACTURER, Place, finish, new_uid
from lumbar_core.dicom_out.context import Context
from lumbar_core.report.result import Finding, ReaderMark, StudyResult
from lumbar_core.report.words import name


def build_report(result: StudyResult, context: Context, place: Place) -> Dataset:
    """The SR; UNVERIFIED, because only a reader who gives a name could verify it."""
    algorithm = AlgorithmIdentification(
        name=result.program.name,
        version=result.program.version,
        family=codes.DCM.ArtificialIntelligence,
        parameters=[f"{pack.name} {pack.version} sha256 {pack.digest}" for pack in result.packs] or None,
    )
    device = DeviceObserverIdentifyingAttributes(
        uid=new_uid(), name=result.program.name, manufacturer_name=MANUFACTURER, model_name=result.program.version
    )
    content = MeasurementReport(
        observation_context=ObservationContext(
            observer_device_context=ObserverContext(codes.DCM.Device, observer_identifying_attributes=device)
        ),
        procedure_reported=ours.PROCEDURE,
        imaging_measurements=[
            _group(finding, context, algorithm) for finding in result.findings if finding.level in ours.LEVELS
        ],
    )
    evidence = list(_each_once(context)) or [context.first]
    report = ComprehensiveSR(
        evidence=evidence,
        content=content,
        series_instance_uid=place.series_uid,
        series_number=place.series_number,
        sop_instance_uid=new_uid(),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=True,
        is_final=False,
        is_verified=False,
    )
    scheme = Dataset()
    scheme.CodingSchemeDesignator, scheme.CodingSchemeName = ours.OWN, ours.OWN_NAME
    scheme.CodingSchemeResponsibleOrganization = MANUFACTURER
    report.CodingSchemeIdentificationSequence = [scheme]
    return finish(report, result, place)


def _each_once(context: Context) -> Iterator[Dataset]:
    """The images that were graded; real studies repeat a SOP Instance UID in another series, which an SR cannot say."""
    seen = set()
    for header in context.images.values():
        if header.SOPInstanceUID not in seen:
            seen.add(header.SOPInstanceUID)
            yield header


def _group(
    finding: Finding, context: Context, algorithm: AlgorithmIdentification
) -> MeasurementsAndQualitativeEvaluations:
    source = context.image(finding.location) if finding.location is not None else None
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(uid=new_uid(), identifier=name(finding)),
        finding_type=ours.FINDING,
        finding_sites=[
            FindingSite(
                anatomic_location=ours.LEVELS[finding.level],
                laterality=ours.SIDES[finding.side] if finding.side is not None else None,
                topographical_modifier=ours.STRUCTURES[finding.condition],
            )
        ],
        algorithm_id=algorithm,
        measurements=list(_probabilities(finding)) or None,
        qualitative_evaluations=[QualitativeEvaluation(title, value) for title, value in _evaluations(finding)],
        source_images=None
        if source is None
        else [SourceImageForMeasurementGroup(source.SOPClassUID, source.SOPInstanceUID)],
    )


def _evaluations(finding: Finding) -> Iterator[tuple[Code, Code]]:
    """The grade, the reader's where there is one, and beside it what the program said."""
    mark = finding.reader
    yield ours.SEVERITY, _stated(finding, mark)
    if mark is not None and mark.status != "agreed" and mark.was is not None:
        yield ours.PROGRAM_GRADE, ours.GRADES[mark.was]
    if finding.is_to_check:
        yield ours.TO_CHECK, ours.YES
    if not finding.assessed and finding.reason_code is not None:
        yield ours.REASON, ours.reason(finding.reason_code)


def _stated(finding: Finding, mark: ReaderMark | None) -> Code:
    if mark is not None and mark.grade is None:
        return ours.CANNOT_JUDGE
    grade = finding.shown_grade
    return ours.GRADES[grade] if grade is not None else ours.NOT_ASSESSED


def _probabilities(finding: Finding) -> Iterator[Measurement]:
    if finding.probabilities is None:
        return
    for severity in Severity:
        percent = round(100 * finding.probabilities[severity], 1)
        yield Measurement(ours.PROBABILITIES[severity], percent, ours.PERCENT)
