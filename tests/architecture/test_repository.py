"""What may stand in the repository: small files, generated pictures, pinned versions, no patient."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

import pydicom
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
MEGABYTE = 1_000_000
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".gif", ".bmp"}
# The only places for pictures; what lies here is generated or shows generated studies.
PICTURE_FOLDERS = ("docs/", "lumbar_core/", "lumbar_gui/", "tests/")
GENERATED_NAMES = {"", "Phantom^Generated", "Generated^Picture", "Self^Test"}


def tracked() -> list[Path]:
    """The files under version control that are still there."""
    answer = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=False)
    if answer.returncode != 0:
        pytest.skip("not a checkout: there is no list of tracked files")
    paths = [REPOSITORY / name for name in answer.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def is_dicom(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def test_no_file_is_large_except_a_network() -> None:
    large = [path for path in tracked() if path.suffix != ".onnx" and path.stat().st_size > 3 * MEGABYTE]
    assert large == []


def test_the_shipped_packs_stay_within_their_budget() -> None:
    packs = [path for path in tracked() if path.is_relative_to(REPOSITORY / "lumbar_core" / "models")]
    assert sum(path.stat().st_size for path in packs) <= 25 * MEGABYTE


def test_networks_lie_only_in_packs() -> None:
    networks = [path for path in tracked() if path.suffix in {".onnx", ".pt", ".pth", ".ckpt"}]
    allowed = (REPOSITORY / "lumbar_core" / "models", REPOSITORY / "tests")
    strays = [path for path in networks if not any(path.is_relative_to(folder) for folder in allowed)]
    assert strays == []


def test_pictures_lie_only_where_generated_ones_belong() -> None:
    names = [str(path.relative_to(REPOSITORY)) for path in tracked() if path.suffix.lower() in PICTURES]
    assert [name for name in names if not name.startswith(PICTURE_FOLDERS)] == []


def test_no_dicom_file_names_a_patient_who_was_not_generated() -> None:
    names = set()
    for path in filter(is_dicom, tracked()):
        header = pydicom.dcmread(path, specific_tags=["PatientName"], stop_before_pixels=True, force=True)
        names.add(str(header.get("PatientName", "")))
    assert names <= GENERATED_NAMES


def test_no_file_of_the_real_data_is_in_the_repository(real_data: Path) -> None:
    sizes = {path.stat().st_size: path for path in tracked()}
    suspects = [path for path in real_data.rglob("*") if path.is_file() and path.stat().st_size in sizes]

    def digest(path: Path) -> str:
        return hashlib.sha256(path.read_bytes()).hexdigest()

    ours = {digest(path) for path in tracked() if path.stat().st_size}
    assert [path.name for path in suspects if path.stat().st_size and digest(path) in ours] == []


@pytest.mark.parametrize(
    "name", sorted(path.name for path in REPOSITORY.glob("requirements*.txt") if "release" not in path.name)
)
def test_every_requirement_is_pinned_to_one_version(name: str) -> None:
    lines = (REPOSITORY / name).read_text().splitlines()
    wanted = [line for line in lines if line.strip() and not line.startswith("#")]
    assert wanted
    assert [line for line in wanted if not re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*", line)] == []


def test_the_runtime_requires_no_torch_and_no_copyleft_decoder() -> None:
    text = (REPOSITORY / "requirements.txt").read_text()
    required = {line.split("==")[0].lower() for line in text.splitlines() if "==" in line}
    assert not required & {"torch", "scipy", "onnx", "matplotlib", "pylibjpeg-libjpeg", "fpdf2"}
