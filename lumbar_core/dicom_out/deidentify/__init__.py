"""A copy of an examination that does not say whose it is (PS3.15 Annex E).

The table of the standard says what happens to each attribute that it names; of the others only numbers, known codes
and known words are kept, because a text that nobody thought of may name somebody (note 5 of E.1.1). Pixels and places
are never touched.
"""

from lumbar_core.dicom_out.deidentify.export import Exported, deidentify
from lumbar_core.dicom_out.deidentify.key_file import read_key
from lumbar_core.dicom_out.deidentify.profile import Option

__all__ = ["Exported", "Option", "deidentify", "read_key"]
