"""What is given out is the same, byte for byte, however and whenever the folder was written."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from freeze.archive import write_checksums, write_tar, write_zip
from freeze.debian import oldest_glibc, write_package


def a_folder(place: Path, mode: int = 0o755) -> Path:
    """A program of two files and a link."""
    folder = place / "lumbar"
    (folder / "_internal").mkdir(parents=True)
    (folder / "lumbar").write_bytes(b"\x7fELF GLIBC_2.17 GLIBC_2.34 GLIBC_2.4")
    (folder / "lumbar").chmod(mode)
    (folder / "_internal" / "größe.txt").write_text("words")
    (folder / "_internal" / "link.txt").symlink_to("größe.txt")
    (folder / ".stamp").touch()
    return folder


def test_a_tar_depends_on_neither_time_nor_umask_nor_owner(tmp_path: Path) -> None:
    first, second = a_folder(tmp_path / "a"), a_folder(tmp_path / "b", mode=0o700)
    os.utime(second / "lumbar", (1, 1))
    for folder in (first, second):
        write_tar(folder, folder.parent / "lumbar-1.tar.xz")
    one, other = ((tmp_path / name / "lumbar-1.tar.xz").read_bytes() for name in "ab")
    assert one == other


def test_a_tar_holds_one_folder_with_programs_and_links(tmp_path: Path) -> None:
    write_tar(a_folder(tmp_path), tmp_path / "lumbar-1.tar.xz")
    with tarfile.open(tmp_path / "lumbar-1.tar.xz") as archive:
        entries = {entry.name: entry for entry in archive}
    assert set(entries) == {f"lumbar-1/{name}" for name in ("lumbar", "_internal/größe.txt", "_internal/link.txt")}
    assert entries["lumbar-1/lumbar"].mode == 0o755
    assert entries["lumbar-1/_internal/link.txt"].linkname == "größe.txt"


def test_a_zip_is_the_same_each_time(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    (folder / "_internal" / "link.txt").unlink()
    write_zip(folder, tmp_path / "one.zip")
    os.utime(folder / "lumbar", (1_700_000_000, 1_700_000_000))
    shutil.move(tmp_path / "one.zip", tmp_path / "kept")
    write_zip(folder, tmp_path / "one.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "kept").read_bytes()
    assert zipfile.ZipFile(tmp_path / "one.zip").namelist() == ["one/_internal/größe.txt", "one/lumbar"]


def test_checksums_are_as_sha256sum_wants_them(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"2")
    (tmp_path / "a").write_bytes(b"1")
    write_checksums([tmp_path / "b", tmp_path / "a"], tmp_path / "SHA256SUMS")
    digests = [hashlib.sha256(data).hexdigest() for data in (b"1", b"2")]
    assert (tmp_path / "SHA256SUMS").read_text() == f"{digests[0]}  a\n{digests[1]}  b\n"


def test_the_newest_glibc_that_is_asked_for_is_found(tmp_path: Path) -> None:
    assert oldest_glibc(a_folder(tmp_path)) == "2.34"


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="no dpkg-deb here")
def test_a_debian_package_holds_program_command_menu_entry_and_terms(tmp_path: Path) -> None:
    deb = write_package(a_folder(tmp_path), tmp_path)
    listing = subprocess.run(["dpkg-deb", "--contents", str(deb)], capture_output=True, text=True, check=True).stdout
    for wanted in (
        "./usr/lib/lumbar-mri/lumbar\n",
        "./usr/bin/lumbar -> ../lib/lumbar-mri/lumbar\n",
        "./usr/share/applications/lumbar-mri.desktop\n",
        "./usr/share/icons/hicolor/48x48/apps/lumbar-mri.png\n",
        "./usr/share/doc/lumbar-mri/copyright\n",
    ):
        assert wanted in listing
    assert ".stamp" not in listing
    depends = subprocess.run(["dpkg-deb", "--field", str(deb), "Depends"], capture_output=True, text=True, check=True)
    assert depends.stdout == "libc6 (>= 2.34)\n"
