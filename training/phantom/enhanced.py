"""A scanned series as one Enhanced MR Image Storage file (PS3.3 A.36): what differs by frame is told by frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import UID, EnhancedMRImageStorage

from training.phantom.encoding import encode
from training.phantom.protocols import Protocol
from training.phantom.scan import Scan
from training.phantom.spine import Spine
from training.phantom.writing import add_pixels, add_study, decimals, empty_file, uid


def write_enhanced(spine: Spine, one: Scan, number: int, folder: Path, syntax: UID) -> list[str]:
    """Write a scan as one file; returns its name below `folder` for each of its slices."""
    name = f"{one.protocol.name}.dcm"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(encode(enhanced_file(spine, one, number), syntax))
    return [name] * len(one.planes)


def enhanced_file(spine: Spine, one: Scan, number: int) -> FileDataset:
    """All slices of a scan as frames, in their order; `number` is the series'."""
    sop = uid(spine.seed, one.protocol.name, "enhanced")
    dataset = empty_file(sop, EnhancedMRImageStorage)
    dataset.SOPClassUID, dataset.SOPInstanceUID = EnhancedMRImageStorage, sop
    add_study(dataset, spine)
    dataset.Modality, dataset.BodyPartExamined = "MR", "LSPINE"
    dataset.SeriesInstanceUID = uid(spine.seed, one.protocol.name, "enhanced series")
    dataset.SeriesNumber, dataset.InstanceNumber = number, 1
    dataset.SeriesDescription = dataset.ProtocolName = one.protocol.name
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    dataset.MagneticFieldStrength = one.protocol.tesla
    dataset.PulseSequenceName = "SE"
    dataset.SharedFunctionalGroupsSequence = [_shared(one)]
    dataset.PerFrameFunctionalGroupsSequence = [_of_frame(one, index) for index in range(len(one.planes))]
    dataset.NumberOfFrames = len(one.planes)
    middle = one.pixels[len(one.pixels) // 2]
    add_pixels(dataset, np.stack(one.pixels), middle)
    return dataset


def _shared(one: Scan) -> Dataset:
    """What holds for every frame: pixel measures and times (C.7.6.16.2.1, C.8.13.5.2 and .3)."""
    measures = Dataset()
    measures.PixelSpacing = list(one.planes[0].spacing_mm)
    measures.SliceThickness = one.protocol.thickness_mm
    measures.SpacingBetweenSlices = one.protocol.step_mm
    shared = Dataset()
    shared.PixelMeasuresSequence = [measures]
    shared.MRTimingAndRelatedParametersSequence = [_timing(one.protocol)]
    echo = Dataset()
    echo.EffectiveEchoTime = one.protocol.sequence.echo_ms
    shared.MREchoSequence = [echo]
    if one.protocol.sequence.inversion_ms is not None:
        modifier = Dataset()
        modifier.InversionRecovery, modifier.InversionTimes = "YES", [one.protocol.sequence.inversion_ms]
        shared.MRModifierSequence = [modifier]
    return shared


def _timing(protocol: Protocol) -> Dataset:
    timing = Dataset()
    timing.RepetitionTime = protocol.sequence.repetition_ms
    timing.FlipAngle, timing.EchoTrainLength = 150, protocol.echo_train
    return timing


def _of_frame(one: Scan, index: int) -> Dataset:
    """Place in the stack and in the patient (C.7.6.16.2.2, .3 and .4); axial blocks are tilted each to its disc."""
    content, position, orientation = Dataset(), Dataset(), Dataset()
    content.StackID, content.InStackPositionNumber, content.DimensionIndexValues = "1", index + 1, [1, index + 1]
    position.ImagePositionPatient = decimals(one.planes[index].origin_mm)
    orientation.ImageOrientationPatient = decimals(np.concatenate([one.planes[index].right, one.planes[index].down]))
    groups = Dataset()
    groups.FrameContentSequence = [content]
    groups.PlanePositionSequence = [position]
    groups.PlaneOrientationSequence = [orientation]
    return groups
