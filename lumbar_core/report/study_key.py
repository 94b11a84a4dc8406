"""The keyed hash that stands for a study where its identifiers stay behind, and for a folder without its path.

The key is random, belongs to this installation and never leaves it: the same study gets the same hash here, and
nobody can find out by trying identifiers which patient a hash means.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from functools import cache
from pathlib import Path

import platformdirs

from lumbar_core.study import Study

_KEY_BYTES = 32
_HASH_LETTERS = 16


def study_key(study: Study, key: bytes | None = None) -> str:
    """Hash of the study's UID, or of its images where it has none. `key` None: this installation's."""
    digest = hmac.new(installation_key() if key is None else key, _subject(study), hashlib.sha256)
    return digest.hexdigest()[:_HASH_LETTERS]


def study_secret(study: Study, purpose: str) -> bytes:
    """32 bytes that only this installation can make, and only of this study's files; other ones for each purpose."""
    return hmac.new(installation_key(), purpose.encode() + b"\0" + _subject(study), hashlib.sha256).digest()


def folder_key(folder: Path) -> str:
    """Hash of where a folder lies; its path may name a clinic, or a patient."""
    place = os.path.normcase(folder.resolve()).encode("utf-8", "surrogatepass")
    return hmac.new(installation_key(), b"folder\0" + place, hashlib.sha256).hexdigest()[:_HASH_LETTERS]


def key_file() -> Path:
    """Where the key lies: beside the program's settings."""
    return Path(platformdirs.user_data_dir("lumbar-mri", appauthor=False)) / "study.key"


def _subject(study: Study) -> bytes:
    if study.identity.study_uid:
        return study.identity.study_uid.encode()
    return "\n".join(sorted(image.digest for series in study.series for image in series.instances)).encode()


@cache
def installation_key() -> bytes:
    """The key of this installation, made at first use; where it cannot be kept, one for this run."""
    with contextlib.suppress(OSError):
        kept = key_file().read_bytes()
        if len(kept) == _KEY_BYTES:
            return kept
    fresh = secrets.token_bytes(_KEY_BYTES)
    try:
        return _keep(fresh)
    except OSError:
        return fresh


def _keep(fresh: bytes) -> bytes:
    """Write the key whole, readable by the user only; a process that was faster wins."""
    path = key_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    own = path.with_name(f".{path.name}-{os.getpid()}")
    own.unlink(missing_ok=True)
    with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(fresh)
    try:
        os.link(own, path)
    except FileExistsError:
        kept = path.read_bytes()
        if len(kept) == _KEY_BYTES:
            return kept
        own.replace(path)
    except OSError:  # a file system without links
        own.replace(path)
    finally:
        own.unlink(missing_ok=True)
    return fresh
