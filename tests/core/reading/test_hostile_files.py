"""Files made to harm: refused quickly, in words, within bounded memory, and never outside the chosen folder."""

from __future__ import annotations

import io
import os
import struct
import time
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from lumbar_core.errors import Damaged, ReadingError, Refused
from lumbar_core.reading import find, read_study
from tests.core.reading.dicom_files import an_image, pattern, to_bytes, write

SQ_START = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
SQ_END = b"\xfe\xff\x0d\xe0\0\0\0\0" + b"\xfe\xff\xdd\xe0\0\0\0\0"


def before_modality(data: bytes, inserted: bytes) -> bytes:
    """`inserted` placed where (0008,1140) may stand, behind Modality (0008,0060)."""
    place = data.index(b"\x10\x00\x10\x00PN")
    return data[:place] + inserted + data[place:]


def nested_undefined(levels: int) -> bytes:
    return before_modality(to_bytes(an_image()), SQ_START * levels + SQ_END * levels)


def nested_defined(levels: int) -> bytes:
    inner = b""
    for _ in range(levels):
        item = b"\xfe\xff\x00\xe0" + struct.pack("<I", len(inner)) + inner
        inner = b"\x08\x00\x40\x11SQ\0\0" + struct.pack("<I", len(item)) + item
    return before_modality(to_bytes(an_image()), inner)


def deflate_bomb() -> bytes:
    data = to_bytes(an_image(), "1.2.840.10008.1.2.1.99")
    start = data.index(b"1.2.840.10008.1.2.1.99") + 22
    plain = to_bytes(an_image())[-200:] + bytes(400 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return data[:start] + packer.compress(plain) + packer.flush()


def header_of(rows: int, columns: int, frames: int | None = None) -> bytes:
    return to_bytes(an_image(Rows=rows, Columns=columns, NumberOfFrames=frames))


def huge_png() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (8, 8)).save(buffer, "PNG")
    head = b"IHDR" + struct.pack(">II", 30_000, 30_000) + b"\x08\0\0\0\0"
    png = buffer.getvalue()
    return png[:8] + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + png[33:]


BAD = {
    "1,200 nested sequences": lambda: nested_undefined(1200),
    "100,000 nested sequences": lambda: nested_undefined(100_000),
    "deflate bomb": deflate_bomb,
    "60,000 × 60,000": lambda: header_of(60_000, 60_000),
    "60,000 frames": lambda: header_of(64, 48, 60_000),
    "no rows": lambda: header_of(0, 48),
    "more pixels than bytes": lambda: header_of(512, 512),
    "cut in the pixels": lambda: to_bytes(an_image())[:-1000],
    "cut in a fragment": lambda: to_bytes(an_image(), "1.2.840.10008.1.2.5")[:-40],
    "cut in the header": lambda: to_bytes(an_image())[:500],
    "cut in the preamble": lambda: to_bytes(an_image())[:140],
    "rubbish behind the preamble": lambda: b"\0" * 128 + b"DICM" + bytes(range(256)) * 8,
    "fewer fragments than frames": lambda: to_bytes(an_image(NumberOfFrames=1), "1.2.840.10008.1.2.5").replace(
        b"\x28\0\x08\0IS\2\0001 ", b"\x28\0\x08\0IS\2\00099"
    ),
    "no pixels": lambda: to_bytes(an_image())[: -pattern().nbytes - 12],
    "huge PNG": huge_png,
    "cut PNG": lambda: huge_png()[:20],
    "JPEG of rubbish": lambda: b"\xff\xd8\xff" + bytes(range(256)),
    "empty TIFF": lambda: b"II*\0" + bytes(8),
    "WebP of rubbish": lambda: b"RIFF\x10\0\0\0WEBPVP8 " + bytes(32),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_a_typed_error_with_its_name_and_a_remedy(name: str, tmp_path: Path) -> None:
    path = write(tmp_path, "bad.dcm", BAD[name]())
    tracemalloc.start()
    begun = time.perf_counter()
    with pytest.raises((Damaged, Refused), match=r"bad\.dcm") as error:
        read_study([path])
    took, peak = time.perf_counter() - begun, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert error.value.remedy
    assert took < 2.0
    assert peak < 300 << 20


def test_deep_but_skipped_sequences_of_known_length_do_no_harm(tmp_path: Path) -> None:
    begun = time.perf_counter()
    assert len(read_study([write(tmp_path, data=nested_defined(1200))]).series) == 1
    assert time.perf_counter() - begun < 1.0


def test_a_compressed_file_with_an_implicit_header_is_read(tmp_path: Path) -> None:
    from lumbar_core.reading.decoding import DirectReader

    data = to_bytes(an_image(), "1.2.840.10008.1.2.5")
    start = data.index(b"\xe0\x7f\x10\x00OB\0\0")
    data = data[: start + 4] + data[start + 8 :]
    (series,) = read_study([write(tmp_path, data=data)]).series
    np.testing.assert_array_equal(DirectReader().read(series.instances[0]), pattern())


def without_preamble(data: bytes) -> bytes:
    return data[132:]


def without_meta(data: bytes) -> bytes:
    return data[data.index(b"\x08\x00\x16\x00UI") :]


def without_syntax(data: bytes) -> bytes:
    start = data.index(b"\x02\x00\x10\x00UI")
    return data[:start] + data[start + 28 :]


@pytest.mark.parametrize("change", [without_preamble, without_meta, without_syntax])
def test_a_file_with_part_of_its_shell_missing_is_read(change, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    from lumbar_core.reading.decoding import DirectReader

    path = write(tmp_path, data=change(to_bytes(an_image())))
    (series,) = read_study([path]).series
    np.testing.assert_array_equal(DirectReader().read(series.instances[0]), pattern())


@pytest.mark.parametrize("value", ["1,5", "abc", "nan", "1e999", ""])
def test_a_number_that_is_none_costs_the_geometry_at_most(value: str, tmp_path: Path) -> None:
    data = to_bytes(an_image())
    start = data.index(b"\x28\x00\x30\x00DS")
    spoilt = f"{value}\\{value}".encode()
    spoilt += b" " * (len(spoilt) % 2)
    spoilt = data[: start + 6] + struct.pack("<H", len(spoilt)) + spoilt + data[start + 16 :]
    (series,) = read_study([write(tmp_path, data=spoilt)]).series
    assert (series.instances[0].plane is not None) == (value == "1,5")


# Archives


def archive(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return path


def test_an_archive_is_read_without_unpacking_it(tmp_path: Path) -> None:
    path = archive(tmp_path / "study.zip", {"a/1.dcm": to_bytes(an_image()), "readme.txt": b"hello"})
    study = read_study([path])
    assert study.series[0].instances[0].source.member == "a/1.dcm"
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "name", ["../evil.dcm", "/etc/evil.dcm", "C:\\evil.dcm", "a\\..\\..\\evil.dcm", "a/../../evil"]
)
def test_a_member_that_leads_out_of_the_archive_is_refused_and_the_rest_read(name: str, tmp_path: Path) -> None:
    path = archive(tmp_path / "study.zip", {name: to_bytes(an_image()), "good.dcm": to_bytes(an_image())})
    study = read_study([path])
    assert study.files_read == 1
    (refused,) = study.unreadable
    assert "leads out of it" in refused.finding


@pytest.mark.parametrize("name", ["CON", "a/nul.dcm", "a\\COM1.tar.dcm"])
def test_a_member_named_like_a_device_is_refused_and_the_rest_read(name: str, tmp_path: Path) -> None:
    path = archive(tmp_path / "study.zip", {name: to_bytes(an_image()), "good.dcm": to_bytes(an_image())})
    study = read_study([path])
    assert study.files_read == 1
    assert "named like a device" in study.unreadable[0].finding


def test_a_member_that_is_a_link_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "study.zip"
    with zipfile.ZipFile(path, "w") as made:
        link = zipfile.ZipInfo("link.dcm")
        link.external_attr = 0o120777 << 16
        made.writestr(link, "/etc/passwd")
    with pytest.raises(Refused, match="is a link"):
        read_study([path])


@pytest.mark.parametrize("lie", ["no", "count", "ZIP64"])
def test_an_archive_of_very_many_members_is_refused_before_it_is_listed(
    lie: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lumbar_core.reading.limits.MAX_ARCHIVE_MEMBERS", 50)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 40 if lie == "ZIP64" else 65535)
    path = archive(tmp_path / "study.zip", {f"{number}.dcm": b"" for number in range(51)})
    data = bytearray(path.read_bytes())
    if lie == "count":
        data[-12:-10] = b"\1\0"
    path.write_bytes(data)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(Refused, match="more than 50 files"):
        read_study([path])


def test_an_archive_in_an_archive_is_not_opened(tmp_path: Path) -> None:
    inner = archive(tmp_path / "inner.zip", {"1.dcm": to_bytes(an_image())}).read_bytes()
    path = archive(tmp_path / "outer.zip", {"inner.zip": inner})
    with pytest.raises(Refused, match="archive inside the archive"):
        read_study([path])


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "study.zip", {"1.dcm": to_bytes(an_image())})
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    path.write_bytes(data)
    with pytest.raises(Refused, match="encrypted") as error:
        read_study([path])
    assert "password" in error.value.remedy


def test_a_bomb_in_an_archive_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "study.zip", {"1.dcm": bytes(60 << 20)})
    with pytest.raises(Refused, match="times smaller"):
        read_study([path])


def test_a_member_that_lies_about_its_size_is_stopped_while_it_is_read(tmp_path: Path) -> None:
    path = archive(tmp_path / "study.zip", {"1.dcm": bytes(60 << 20)})
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\x01\x02")
    data[central + 24 : central + 28] = struct.pack("<I", 1000)
    path.write_bytes(data)
    with pytest.raises(ReadingError, match=r"1\.dcm"):
        read_study([path])


def test_a_large_archive_is_listed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    members = {f"{number}.dcm": to_bytes(an_image(SOPInstanceUID=f"1.2.{number}")) for number in range(20)}
    path = archive(tmp_path / "study.zip", members)
    opened: list[object] = []
    original = zipfile.ZipFile.__init__

    def counting(self: zipfile.ZipFile, *arguments: object, **options: object) -> None:
        opened.append(arguments)
        original(self, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(zipfile.ZipFile, "__init__", counting)
    assert read_study([path]).files_read == 20
    assert len(opened) == 2


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    path = archive(tmp_path / "study.zip", {"1.dcm": to_bytes(an_image())})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(Damaged, match=r"study\.zip is damaged"):
        read_study([path])


# Folders and indexes


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", "secret.dcm")
    write(tmp_path / "chosen", "good.dcm")
    (tmp_path / "chosen" / "link.dcm").symlink_to(outside)
    (tmp_path / "chosen" / "folder").symlink_to(outside.parent)
    study = read_study([tmp_path / "chosen"])
    assert study.files_read == 1
    assert [unreadable.path.name for unreadable in study.unreadable] == ["link.dcm"]


def test_a_pipe_in_the_folder_does_not_block(tmp_path: Path) -> None:
    write(tmp_path)
    os.mkfifo(tmp_path / "pipe.dcm")
    (refused,) = read_study([tmp_path]).unreadable
    assert "not an ordinary file" in refused.finding


def test_a_folder_that_may_not_be_opened_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    locked = tmp_path / "locked"
    locked.mkdir()
    walk = os.walk

    def refusing(top: Path, onerror=None, **options: bool):  # type: ignore[no-untyped-def]
        onerror(PermissionError(13, "Permission denied", str(locked)))
        return walk(top, onerror=onerror, **options)

    monkeypatch.setattr(find.os, "walk", refusing)
    (refused,) = read_study([tmp_path]).unreadable
    assert refused.path == locked
    assert "may not be opened" in refused.finding


def directory(folder: Path, names: list[list[str]]) -> Path:
    """A DICOMDIR that names files."""
    index = pydicom.Dataset()
    index.file_meta = pydicom.dataset.FileMetaDataset()
    index.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    index.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    index.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    index.DirectoryRecordSequence = []
    for name in names:
        record = pydicom.Dataset()
        record.DirectoryRecordType = "IMAGE"
        record.ReferencedFileID = name
        index.DirectoryRecordSequence.append(record)
    path = folder / "DICOMDIR"
    index.save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize("name", ["._im1.dcm", "t2/._im1.dcm", "__MACOSX/t2/._im1.dcm", ".hidden/._im1.dcm"])
def test_what_a_system_adds_to_an_archive_is_no_news(name: str, tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"t2/im1.dcm": to_bytes(an_image()), name: b"\0\5\x16\7" * 20})
    assert read_study([path]).unreadable == ()


def test_a_dicomdir_is_followed(tmp_path: Path) -> None:
    write(tmp_path / "IMAGES", "IM1", to_bytes(an_image()))
    write(tmp_path / "OTHER", "IM2", to_bytes(an_image(SOPInstanceUID="1.2.5")))
    study = read_study([directory(tmp_path, [["IMAGES", "IM1"]])])
    assert study.files_read == 1


@pytest.mark.parametrize("spelt", ["images/im1", "Images/im1", "IMAGES/IM1;1", "images/im1.;1"])
def test_a_dicomdir_is_followed_however_the_system_spells_the_disc(spelt: str, tmp_path: Path) -> None:
    write(tmp_path, spelt, to_bytes(an_image()))
    study = read_study([directory(tmp_path, [["IMAGES", "IM1"]])])
    assert study.series[0].instances[0].source.path == tmp_path / spelt


def test_a_dicomdir_takes_the_exact_name_first(tmp_path: Path) -> None:
    write(tmp_path, "IMAGES/im1", to_bytes(an_image(SOPInstanceUID="1.2.5")))
    write(tmp_path, "IMAGES/IM1", to_bytes(an_image()))
    study = read_study([directory(tmp_path, [["IMAGES", "IM1"]])])
    assert study.series[0].instances[0].source.path.name == "IM1"


def test_a_dicomdir_that_names_what_is_not_there_says_so(tmp_path: Path) -> None:
    write(tmp_path / "IMAGES", "IM1", to_bytes(an_image()))
    study = read_study([directory(tmp_path, [["IMAGES", "IM1"], ["IMAGES", "IM2"]])])
    (missing,) = study.unreadable
    assert "IM2 is not there" in missing.finding


@pytest.mark.parametrize(
    "name",
    [["..", "secret.dcm"], ["/etc/secret.dcm"], ["IMAGES", "..", "..", "secret.dcm"], ["IMAGES", "CON"], ["a\0b"]],
)
def test_a_dicomdir_does_not_lead_out_of_its_folder(name: list[str], tmp_path: Path) -> None:
    write(tmp_path, "secret.dcm")
    root = tmp_path / "disc"
    write(root / "IMAGES", "IM1", to_bytes(an_image()))
    study = read_study([directory(root, [name, ["IMAGES", "IM1"]])])
    (refused,) = study.unreadable
    assert "outside its folder" in refused.finding


def test_a_link_to_itself_is_listed_and_the_rest_read(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "loop.dcm").symlink_to(tmp_path / "loop.dcm")
    study = read_study([tmp_path])
    assert study.files_read == 1
    assert [unreadable.path.name for unreadable in study.unreadable] == ["loop.dcm"]


def test_a_text_that_is_a_sequence_is_none_and_is_not_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = pydicom.Dataset()
    inner.PatientName = "Doe^Jane"
    image = an_image(ReferencedImageSequence=[inner])
    data = to_bytes(image).replace(b"\x08\0\x40\x11SQ", b"\x28\0\x50\x10SQ")  # as Window Center
    monkeypatch.setattr(pydicom.Dataset, "__str__", lambda _: pytest.fail("a data set was turned into text"))
    (series,) = read_study([write(tmp_path, data=data)]).series
    assert series.instances[0].windows == ()


def test_a_broken_dicomdir_falls_back_on_the_folder(tmp_path: Path) -> None:
    write(tmp_path / "IMAGES", "IM1", to_bytes(an_image()))
    path = write(tmp_path, "DICOMDIR", b"\0" * 128 + b"DICM" + b"\xff" * 100)
    assert read_study([path]).files_read == 1


def test_nothing_that_is_read_is_changed(tmp_path: Path) -> None:
    path = write(tmp_path)
    before = path.read_bytes()
    read_study([tmp_path])
    assert path.read_bytes() == before
