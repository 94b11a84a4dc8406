"""How an image was made, from classic and enhanced MR headers."""

from __future__ import annotations

from lumbar_core.reading.dicom.frames import FrameView
from lumbar_core.reading.dicom.values import codes, items, number, text, whole
from lumbar_core.reading.records import Acquisition

WANTED = (
    "RepetitionTime", "EchoTime", "EffectiveEchoTime", "InversionTime", "FlipAngle", "ScanningSequence",
    "ScanOptions", "ImageType", "AcquisitionContrast", "ContrastBolusAgent", "ContrastBolusAgentSequence",
    "DiffusionBValue", "BodyPartExamined", "SeriesDescription", "ProtocolName", "EchoNumbers", "AcquisitionNumber",
    "TemporalPositionIdentifier", "SeriesNumber", "BurnedInAnnotation", "EchoPulseSequence", "InversionRecovery",
)  # fmt: skip

_CAPTURE_CLASS = "1.2.840.10008.5.1.4.1.1.7"
_FAT_OPTIONS = frozenset({"FS", "FATSAT", "FAT_SAT", "SFS", "SPIR", "SPAIR", "WE", "SAT_FAT"})
_TIMING, _ECHO, _MODIFIER = "MRTimingAndRelatedParametersSequence", "MREchoSequence", "MRModifierSequence"


def read_acquisition(view: FrameView) -> Acquisition:
    """Everything about the making of one frame that the header holds."""
    top = view.dataset
    return Acquisition(
        repetition_time_ms=_positive(view, _TIMING, "RepetitionTime"),
        echo_time_ms=_positive(view, _ECHO, "EffectiveEchoTime") or _positive(view, _ECHO, "EchoTime"),
        inversion_time_ms=_positive(view, _MODIFIER, "InversionTimes") or _positive(view, _MODIFIER, "InversionTime"),
        flip_angle_deg=_positive(view, _TIMING, "FlipAngle"),
        scanning_sequence=_read_scanning_sequence(view),
        image_type=codes(view.holder("MRImageFrameTypeSequence", "FrameType"), "FrameType") or codes(top, "ImageType"),
        declared_contrast=text(view.holder("MRImageFrameTypeSequence", "AcquisitionContrast"), "AcquisitionContrast"),
        fat_suppressed=bool(_FAT_OPTIONS.intersection(codes(top, "ScanOptions"))) or _suppresses_fat(view),
        contrast_agent=_names_contrast_agent(view),
        diffusion=_is_diffusion(view),
        body_part=text(top, "BodyPartExamined").upper(),
        description=text(top, "SeriesDescription"),
        words=" ".join(filter(None, (text(top, "SeriesDescription"), text(top, "ProtocolName")))),
        echo_number=whole(top, "EchoNumbers"),
        acquisition_number=whole(
            view.holder("FrameContentSequence", "FrameAcquisitionNumber"), "FrameAcquisitionNumber"
        )
        or whole(top, "AcquisitionNumber"),
        temporal_position=whole(view.holder("FrameContentSequence", "TemporalPositionIndex"), "TemporalPositionIndex")
        or whole(top, "TemporalPositionIdentifier"),
        series_number=whole(top, "SeriesNumber"),
        screen_capture=_is_screen_capture(view),
        burned_in=text(view.dataset, "BurnedInAnnotation").upper() == "YES",
    )


def _positive(view: FrameView, group: str, keyword: str) -> float | None:
    found = number(view.holder(group, keyword), keyword)
    return found if found is not None and found > 0 else None


def _read_scanning_sequence(view: FrameView) -> frozenset[str]:
    """Classic codes as they are; the words of enhanced MR turned into the same codes."""
    classic = set(codes(view.dataset, "ScanningSequence"))
    pulse = text(view.dataset, "EchoPulseSequence").upper()
    classic |= {"SPIN": {"SE"}, "GRADIENT": {"GR"}, "BOTH": {"SE", "GR"}}.get(pulse, set())
    if text(view.holder(_MODIFIER, "InversionRecovery"), "InversionRecovery").upper() == "YES":
        classic.add("IR")
    return frozenset(classic)


def _suppresses_fat(view: FrameView) -> bool:
    keyword = "SpectrallySelectedSuppression"
    return text(view.holder(_MODIFIER, keyword), keyword).upper() in {"FAT", "FAT_AND_WATER"}


def _names_contrast_agent(view: FrameView) -> bool:
    return says_agent_given(text(view.dataset, "ContrastBolusAgent")) or bool(
        items(view.dataset, "ContrastBolusAgentSequence")
    )


def says_agent_given(agent: str) -> bool:
    """Whether the text of Contrast/Bolus Agent names one, and not that there was none."""
    return agent.upper() not in {"", "NONE", "NO", "N", "0", "NO CONTRAST", "WITHOUT", "OHNE"}


def _is_diffusion(view: FrameView) -> bool:
    b_value = number(view.holder("MRDiffusionSequence", "DiffusionBValue"), "DiffusionBValue")
    declared = {"ADC", "DIFFUSION", "TRACEW"} & set(codes(view.dataset, "ImageType"))
    return bool(declared) or (b_value is not None and b_value > 0)


def _is_screen_capture(view: FrameView) -> bool:
    sop_class = text(view.dataset, "SOPClassUID") or text(view.dataset.file_meta, "MediaStorageSOPClassUID")
    capture_class = sop_class == _CAPTURE_CLASS or sop_class.startswith(_CAPTURE_CLASS + ".")
    return capture_class or text(view.dataset, "Modality").upper() in {"OT", "SC"}
