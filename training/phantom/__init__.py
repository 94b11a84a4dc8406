"""A generated lumbar spine: anatomy in millimetres, painted, scanned, and written as DICOM series.

Nothing here comes from a patient. Two frames occur: the *spine frame* (x to the patient's left, y to the
back, z to the head; origin in the middle of L3), in which the anatomy is drawn, and the *patient frame* of
DICOM (LPS), reached by a `Pose`, because nobody lies in the scanner quite straight.
"""

from training.phantom.scan import PROTOCOLS, Pose, Protocol, Scan, pose_of, scan
from training.phantom.spine import Spine, build_spine
from training.phantom.truth import grade_of, study_truth
from training.phantom.writing import write_study

__all__ = [
    "PROTOCOLS",
    "Pose",
    "Protocol",
    "Scan",
    "Spine",
    "build_spine",
    "grade_of",
    "pose_of",
    "scan",
    "study_truth",
    "write_study",
]
