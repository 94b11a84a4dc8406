"""A result as DICOM objects that an archive takes: report and key images as pictures, the report's PDF, the findings.

Only for DICOM studies, and only when asked: the objects carry the patient's identifiers, because an archive files by
them. Every object has UIDs of its own and belongs to the study that it tells of; none claims to be verified.
"""

from lumbar_core.dicom_out.write import write_objects

__all__ = ["write_objects"]
