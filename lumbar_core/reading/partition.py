"""Images → examinations: one patient, one study each. Pictures do not say whose they are: one each."""

from __future__ import annotations

from collections.abc import Sequence

from lumbar_core.reading.records import ImageRecord
from lumbar_core.study import Identity


def split_studies(records: Sequence[ImageRecord]) -> list[list[ImageRecord]]:
    """The images by patient and study, in order of first appearance.

    An image without Study UID or patient joins only where there is one examination that it can belong to.
    """
    patients = _patients_by_name(records)
    groups: dict[tuple[str, str], list[ImageRecord]] = {}
    for record in records:
        if not record.picture:
            key = (record.identity.study_uid or "", patient_key(record.identity, patients))
            groups.setdefault(key, []).append(record)
    for key in sorted(groups, key=lambda key: (bool(key[0]), bool(key[1]))):
        hosts = [other for other in groups if other != key and _can_host(other, key)]
        if "" in key and len(hosts) == 1:
            groups[hosts[0]] += groups.pop(key)
    pictures = [[record] for record in records if record.picture]
    return [*groups.values(), *pictures]


def plain(value: str | None) -> str:
    """Without case, blanks and name separators, in which the same patient's files often differ."""
    return "".join(part for part in (value or "").casefold() if part not in " ^=,")


def _can_host(other: tuple[str, str], key: tuple[str, str]) -> bool:
    """Whether images of `key` may belong to `other`: nothing that both know differs, and `other` knows more."""
    compatible = all(mine in {"", theirs} for mine, theirs in zip(key, other, strict=True))
    return compatible and sum(map(bool, other)) > sum(map(bool, key))


def _patients_by_name(records: Sequence[ImageRecord]) -> dict[str, str]:
    """The one patient ID that goes with a name, for files that carry the name alone."""
    ids: dict[str, set[str]] = {}
    for record in records:
        if record.identity.patient_id:
            ids.setdefault(plain(record.identity.patient_name), set()).add(plain(record.identity.patient_id))
    return {name: found.pop() for name, found in ids.items() if name and len(found) == 1}


def patient_key(identity: Identity, patients: dict[str, str]) -> str:
    """The patient's ID, else the ID known for the name, else the name; "" where nothing is known."""
    name = plain(identity.patient_name)
    return plain(identity.patient_id) or patients.get(name, name)
