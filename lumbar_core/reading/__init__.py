"""From files to a `Study`: find, identify, group, order; pixels are decoded late (decoding.py)."""

from lumbar_core.reading.formats import ACCEPTED, ACCEPTED_SUFFIXES
from lumbar_core.reading.header import list_header
from lumbar_core.reading.studies import read_chosen, read_studies, read_study

__all__ = ["ACCEPTED", "ACCEPTED_SUFFIXES", "list_header", "read_chosen", "read_studies", "read_study"]
