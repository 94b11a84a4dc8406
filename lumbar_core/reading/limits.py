"""How much of anything a file may ask for, before anything is decoded or inflated."""

from __future__ import annotations

MIB = 1 << 20

MAX_FILE_BYTES = 1024 * MIB
MAX_FILES = 50_000
MAX_FOLDER_DEPTH = 24

MAX_SIDE_PX = 4096  # rows or columns of a DICOM image
MAX_FRAMES = 2000
MAX_DECODED_BYTES = 1024 * MIB  # of one file, all frames
MAX_FRAGMENTS = 200_000

MAX_PICTURE_PX = 64_000_000

MAX_INFLATED_BYTES = 256 * MIB  # a deflated DICOM file, or one member of an archive
MAX_ARCHIVE_BYTES = 2048 * MIB  # all members together
MAX_ARCHIVE_MEMBERS = 20_000
MAX_RATIO = 150  # inflated to stored; MR seldom exceeds 10
RATIO_FROM_BYTES = 8 * MIB  # below this a high ratio (an empty picture) harms nobody

MAX_SIBLINGS = 1000

DECODE_SECONDS = 20.0
DECODE_MEMORY_BYTES = 2048 * MIB  # address space of the decode process
