"""The hash that stands for a study."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lumbar_core.anatomy import Orientation, Weighting
from lumbar_core.report import study_key as module
from lumbar_core.report.study_key import folder_key, installation_key, study_key
from lumbar_core.study import Identity, InputKind, Instance, KindBasis, Series, SeriesKind, Source, Study


def a_study(uid=None, digests=("aa", "bb")):
    images = tuple(Instance(Source(Path("x")), 1, 1, None, "", "", None, "", digest) for digest in digests)
    kind = SeriesKind(Orientation.SAGITTAL, Weighting.T2, KindBasis.HEADER)
    series = Series("s1", "", "", images, kind, None)
    return Study(Path("x"), InputKind.STUDY, (series,), (), 1, Identity(study_uid=uid))


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Keys of tests lie in a folder of their own."""
    monkeypatch.setattr(module, "key_file", lambda: tmp_path / "program" / "study.key")
    installation_key.cache_clear()
    yield tmp_path / "program" / "study.key"
    installation_key.cache_clear()


def test_the_same_study_has_the_same_hash_wherever_it_lies():
    moved = replace(a_study("1.2.3"), root=Path("elsewhere"))
    assert study_key(a_study("1.2.3"), b"k") == study_key(moved, b"k")


def test_studies_and_installations_have_hashes_of_their_own():
    hashes = {study_key(a_study(uid), key) for uid in ("1.2.3", "1.2.4") for key in (b"one", b"two")}
    assert len(hashes) == 4


def test_pictures_are_told_apart_by_their_pixels_in_whatever_order():
    assert study_key(a_study(digests=("aa", "bb")), b"k") == study_key(a_study(digests=("bb", "aa")), b"k")
    assert study_key(a_study(digests=("aa",)), b"k") != study_key(a_study(digests=("bb",)), b"k")


def test_a_folder_has_a_key_wherever_one_stands_and_its_path_is_not_in_it(own_folder, tmp_path, monkeypatch):
    (tmp_path / "clinic").mkdir()
    key = folder_key(tmp_path / "clinic")
    assert "clinic" not in key
    assert folder_key(tmp_path) != key
    monkeypatch.chdir(tmp_path)
    assert folder_key(Path("clinic")) == key
    own_folder.unlink()
    installation_key.cache_clear()
    assert folder_key(tmp_path / "clinic") != key


def test_the_key_is_made_once_and_kept(own_folder):
    first = installation_key()
    installation_key.cache_clear()
    assert installation_key() == first == own_folder.read_bytes()
    assert len(first) == 32
    assert [path.name for path in own_folder.parent.iterdir()] == ["study.key"]


def test_a_damaged_key_is_made_anew(own_folder):
    own_folder.parent.mkdir()
    own_folder.write_bytes(b"short")
    assert len(installation_key()) == 32
    assert own_folder.read_bytes() == installation_key()


def test_without_a_folder_to_write_a_run_has_a_key_of_its_own(own_folder):
    own_folder.parent.write_text("a file where the folder should be")
    first = installation_key()
    installation_key.cache_clear()
    assert installation_key() != first
