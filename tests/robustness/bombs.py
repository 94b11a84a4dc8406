"""R3: small files that claim or become huge ones. Each is refused at once and in little memory."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lumbar_core.study import PixelReader
from tests.core.reading.dicom_files import an_image, as_jpeg, pattern, to_bytes
from tests.robustness.children import DIED, HUNG, Attacked, attack_each
from tests.robustness.gate import Check, Gate, Outcome, told
from tests.robustness.reader import DECODED, RAW, look_at, warm_reader
from tests.robustness.seeds import J2K, JPEG_LS, NATIVE, RLE, pack

SECONDS, GROWTH_MB, PATIENCE_S = 2.0, 256.0, 30.0
DEFLATED = "1.2.840.10008.1.2.1.99"
MB = 1 << 20


def lying_zip(said: int, members: int = 1) -> bytes:
    """An archive whose directory names another size than its members have."""
    data = bytearray(pack({f"{number}.dcm": bytes(60 * MB if said < MB else 64) for number in range(members)}))
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 24 : at + 28] = struct.pack("<I", said)
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


def overlapping_zip() -> bytes:
    """Five hundred names for one and the same packed member."""
    inner = pack({"0.dcm": bytes(4 * MB)})
    start = inner.index(b"PK\x01\x02")
    size = inner.index(b"PK\x05\x06") - start
    entry, count = inner[start : start + size], 500
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, size * count, start, 0)
    return inner[:start] + entry * count + end


def crowded_zip(count: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(count):
            archive.writestr(zipfile.ZipInfo(f"{number}.dcm"), b"")
    return out.getvalue()


def deflated(plain_mb: int) -> bytes:
    """A DICOM file in the deflated syntax that unpacks to this much."""
    data = to_bytes(an_image(), DEFLATED)
    start = data.index(DEFLATED.encode()) + 22
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    body = to_bytes(an_image())[-200:] + bytes(plain_mb * MB)
    return data[:start] + packer.compress(body) + packer.flush()


def claims(**values: Any) -> bytes:
    """A file whose header claims more than it holds."""
    return to_bytes(an_image(**values))


def packed_claims(syntax: str, **values: Any) -> bytes:
    """The same for a compressed file: its one frame is whole, its header lies."""
    data = bytearray(to_bytes(an_image(NumberOfFrames=1), syntax))
    for keyword, value in values.items():
        at = data.index(struct.pack("<HH", 0x28, {"Rows": 0x10, "Columns": 0x11}[keyword]))
        data[at + 8 : at + 10] = struct.pack("<H", value)
    return bytes(data)


def many_frames(syntax: str) -> bytes:
    """2,000 frames, of which one is there."""
    data = to_bytes(an_image(NumberOfFrames=1), syntax)
    at = data.index(struct.pack("<HH", 0x28, 0x08) + b"IS")
    return data[: at + 6] + struct.pack("<H", 4) + b"2000" + data[at + 10 :]


def tiled_j2k() -> bytes:
    """A JPEG 2000 image of the right size cut into tiles of one pixel (SIZ: XTsiz, YTsiz at 24)."""
    data = bytearray(to_bytes(an_image(), J2K))
    at = data.index(b"\xff\x4f\xff\x51")
    data[at + 24 : at + 32] = struct.pack(">II", 1, 1)
    return bytes(data)


def huge_j2k() -> bytes:
    """A JPEG 2000 image that is 60,000 × 60,000 inside."""
    data = bytearray(to_bytes(an_image(), J2K))
    at = data.index(b"\xff\x4f\xff\x51")
    data[at + 8 : at + 16] = struct.pack(">II", 60_000, 60_000)
    return bytes(data)


def fragments(count: int) -> bytes:
    """An image in very many empty parts."""
    data = to_bytes(an_image(), JPEG_LS)
    start = data.index(b"\xe0\x7f\x10\x00OB\0\0") + 12
    return data[:start] + b"\xfe\xff\x00\xe0\0\0\0\0" * count + b"\xfe\xff\xdd\xe0\0\0\0\0"


def a_picture(kind: str, side: int, mode: str = "1") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (side, side)).save(out, kind, lossless=True)
    return out.getvalue()


def webp_claiming(side: int) -> bytes:
    """A lossless WebP whose header says that it is this large (two fields of 14 bits behind the signature)."""
    webp = bytearray(a_picture("WEBP", 8, "RGB"))
    at = webp.index(b"VP8L") + 9
    sizes = (side - 1) | (side - 1) << 14
    webp[at : at + 4] = struct.pack("<I", sizes | int.from_bytes(webp[at : at + 4], "little") & 0xF0000000)
    return bytes(webp)


def png_with(kind: bytes, body: bytes) -> bytes:
    """A small PNG with one chunk more."""
    png = a_picture("PNG", 8, "L")
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return png[:33] + chunk + png[33:]


def png_claiming(side: int) -> bytes:
    png, head = a_picture("PNG", 8, "L"), b"IHDR" + struct.pack(">II", side, side) + b"\x08\0\0\0\0"
    return png[:8] + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + png[33:]


def tiff_claiming(side: int) -> bytes:
    """A TIFF whose directory says that it is this large."""
    tiff = bytearray(a_picture("TIFF", 8, "L"))
    for tag in (256, 257):
        at = tiff.index(struct.pack("<HHI", tag, 4, 1))
        tiff[at + 8 : at + 12] = struct.pack("<I", side)
    return bytes(tiff)


def tiff_of_pages(count: int) -> bytes:
    """Very many pages of one pixel, each pointing to the next."""
    page = struct.pack("<H", 4) + b"".join(struct.pack("<HHII", tag, 4, 1, 1) for tag in (256, 257, 273, 279))
    size = len(page) + 4
    pages = b"".join(page + struct.pack("<I", 8 + size * (n + 1) if n + 1 < count else 0) for n in range(count))
    return b"II*\0" + struct.pack("<I", 8) + pages


def jpeg_claiming(side: int) -> bytes:
    jpeg = bytearray(a_picture("JPEG", 8, "L"))
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = struct.pack(">HH", side, side)
    return bytes(jpeg)


def multi_picture() -> bytes:
    """A JPEG that says it holds thousands of others (MPO)."""
    first, second = Image.new("L", (8, 8)), Image.new("L", (8, 8))
    out = io.BytesIO()
    first.save(out, "MPO", save_all=True, append_images=[second])
    return out.getvalue().replace(b"\x01\xb0\x04\x00\x01\x00\x00\x00\x02", b"\x01\xb0\x04\x00\x01\x00\x00\xff\xff")


def jpeg_in_dicom() -> bytes:
    """JPEG Baseline whose inside claims 65,000 × 65,000."""
    data = bytearray(as_jpeg(pattern(top=255).astype(np.uint8)))
    at = data.index(b"\xff\xc0", data.index(b"\xff\xd8\xff"))
    data[at + 5 : at + 9] = struct.pack(">HH", 65_000, 65_000)
    return bytes(data)


def document() -> bytes:
    """A PDF in a DICOM shell."""
    image = an_image(SOPClassUID="1.2.840.10008.5.1.4.1.1.104.1", Modality="DOC", PixelData=None)
    image.MIMETypeOfEncapsulatedDocument, image.EncapsulatedDocument = "application/pdf", b"%PDF-1.7" + bytes(MB)
    return to_bytes(image, NATIVE)


BOMBS: dict[str, Callable[[], bytes]] = {
    "ratio.zip": lambda: pack({"1.dcm": bytes(60 * MB)}),
    "200 MB.zip": lambda: pack({"1.dcm": bytes(200 * MB)}),
    "nested.zip": lambda: pack({"a.zip": pack({"b.zip": pack({"c.dcm": bytes(40 * MB)})})}),
    "crowded.zip": partial(crowded_zip, 100_000),
    "lies small.zip": partial(lying_zip, 1000),
    "lies large.zip": partial(lying_zip, 1 << 30),
    "sum.zip": partial(lying_zip, 200 * MB, 20),
    "overlapping.zip": overlapping_zip,
    "deflated.dcm": partial(deflated, 280),
    "deflated to the limit.dcm": partial(deflated, 60),
    "rows.dcm": lambda: claims(Rows=65_535, Columns=65_535),
    "frames.dcm": lambda: claims(NumberOfFrames=60_000),
    "rows and frames.dcm": lambda: claims(Rows=4096, Columns=4096, NumberOfFrames=2000),
    "rows.rle.dcm": partial(packed_claims, RLE, Rows=4096, Columns=4096),
    "rows.jls.dcm": partial(packed_claims, JPEG_LS, Rows=4096, Columns=4096),
    "frames.jls.dcm": partial(many_frames, JPEG_LS),
    "frames.rle.dcm": partial(many_frames, RLE),
    "tiles.j2k.dcm": tiled_j2k,
    "huge.j2k.dcm": huge_j2k,
    "fragments.dcm": partial(fragments, 300_000),
    "jpeg inside.dcm": jpeg_in_dicom,
    "document.dcm": document,
    "claims.png": partial(png_claiming, 30_000),
    "full.png": partial(a_picture, "PNG", 9000),
    "text.png": lambda: png_with(b"zTXt", b"k\0\0" + zlib.compress(bytes(100 * MB))),
    "profile.png": lambda: png_with(b"iCCP", b"k\0\0" + zlib.compress(bytes(100 * MB))),
    "claims.tif": partial(tiff_claiming, 40_000),
    "pages.tif": partial(tiff_of_pages, 100_000),
    "claims.jpg": partial(jpeg_claiming, 65_000),
    "several.jpg": multi_picture,
    "large.webp": partial(webp_claiming, 16_000),
}


def run(count: int, folder: Path, subject: Callable[[Path, PixelReader], str] = look_at) -> Outcome:
    """Open the first `count` bombs."""
    paths = [folder / name for name in list(BOMBS)[:count]]
    for path in paths:
        path.write_bytes(BOMBS[path.name]())
    return judge(attack_each(subject, warm_reader, paths, PATIENCE_S, measured=True), "bombs", SECONDS, GROWTH_MB)


def judge(attacks: Iterable[Attacked], what: str, seconds: float, growth_mb: float) -> Outcome:
    """All refused, or read for what they honestly hold, within time and memory."""
    made = list(attacks)
    answers = [str(one.answer) for one in made]
    unsaid = [one for one in made if str(one.answer).startswith((DIED, HUNG, RAW))]
    bad = [one for one in made if one in unsaid or one.seconds > seconds or one.grown_mb > growth_mb]
    checks = (
        Check("not refused in words", len(unsaid), 0),
        Check("slowest", round(max(one.seconds for one in made), 2), seconds, " processor s"),
        Check("largest growth", round(max(one.grown_mb for one in made)), growth_mb, " MB"),
    )
    harmless = answers.count(DECODED)
    faults = [f"{one.case.name}: {one.answer}, {one.seconds:.2f} s, +{one.grown_mb:.0f} MB" for one in bad]
    return Outcome(f"{len(made)} {what} ({len(made) - harmless} refused, {harmless} harmless)", checks, told(faults))


GATE = Gate("R3", "bombs", len(BOMBS), len(BOMBS), run)
