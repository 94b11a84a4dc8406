"""R7: forty canary strings in a study. None gets into logs, temporary files or settings, nor into reports unasked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset

import lumbar_core
from tests.core.report.pdf_pages import pages
from tests.robustness.gate import Check, Gate, Outcome, told

ROOT = Path(lumbar_core.__file__).resolve().parents[1]
SAMPLE = ROOT / "lumbar_core" / "sample" / "t2_tse_sag"
FOLDER = "Qfolder00"  # a folder is often named after its patient; a result may name it, a log may not
TEXTS = (
    "PatientName", "PatientID", "OtherPatientNames", "PatientAddress", "PatientTelephoneNumbers",
    "PatientMotherBirthName",
    "PatientComments", "AccessionNumber", "StudyDescription", "SeriesDescription", "ProtocolName", "StudyID",
    "ReferringPhysicianName", "PerformingPhysicianName", "OperatorsName", "InstitutionName", "InstitutionAddress",
    "StationName", "RequestingPhysician", "NameOfPhysiciansReadingStudy", "AdmissionID", "ImageComments",
    "DeviceSerialNumber", "CountryOfResidence", "Occupation", "AdditionalPatientHistory",
    "RequestedProcedureDescription",
    "MilitaryRank", "PatientInsurancePlanCodeSequence", "RequestAttributesSequence", "OtherPatientIDsSequence",
)  # fmt: skip
DATES = {
    "PatientBirthDate": "19330314", "StudyDate": "20310415", "SeriesDate": "20310416", "AcquisitionDate": "20310417",
    "ContentDate": "20310418",
}  # fmt: skip
UIDS = {"StudyInstanceUID": "1.2.77001.1", "SeriesInstanceUID": "1.2.77002.1", "FrameOfReferenceUID": "1.2.77003.1"}
# Where identity was asked for (DESIGN.md §5): the study's identifiers, and descriptions and UIDs of the series.
ASKED_FOR = (
    "PatientName", "PatientID", "PatientBirthDate", "AccessionNumber", "SeriesDescription", "StudyDate",
    "StudyInstanceUID", "SeriesInstanceUID",
)  # fmt: skip
FAULT = """
import sys
from lumbar_core import cli, pipeline
def fail(study, *_, **__):
    raise ValueError(str(study.identity), study.root)
pipeline.analyse = fail
sys.exit(cli.main(sys.argv[1:]))
"""
Grade = Callable[[Path, Path, bool, bool], str]


def canaries() -> dict[str, str]:
    """What is put in, by where."""
    return {
        **{keyword: f"Q{number:02d}canary" for number, keyword in enumerate(TEXTS)},
        **DATES,
        **UIDS,
        "private": "Qprivate",
    }


def plant_study(folder: Path) -> None:
    """The sample's T2 series, every identifying element a canary; one file cut in the middle."""
    folder.mkdir(parents=True)
    for number, path in enumerate(sorted(SAMPLE.glob("*.dcm"))):
        image = pydicom.dcmread(path)
        for keyword, value in canaries().items():
            _put(image, keyword, value)
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = f"1.2.77004.{number}"
        image.save_as(folder / path.name)
    cut = folder / "cut.dcm"
    cut.write_bytes((folder / path.name).read_bytes()[:-4000])


def _put(image: Dataset, keyword: str, value: str) -> None:
    if keyword == "private":
        image.private_block(0x0029, "Qprivate", create=True).add_new(1, "LO", value)
    elif keyword.endswith("Sequence"):
        inner = Dataset()
        inner.PatientID = inner.PatientName = value
        setattr(image, keyword, [inner])
    else:
        setattr(image, keyword, value)


def grade(study: Path, place: Path, identity: bool, fault: bool) -> str:
    """Grade the study as a user would, in a home of its own; returns what was said on the terminal."""
    for name in ("home", "tmp", "out"):
        (place / name).mkdir(parents=True)
    words = ["grade", str(study)]
    for kind in ("json", "csv", "pdf"):
        words += [f"--{kind}", str(place / "out" / f"r.{kind}")]
    words += ["--identity"] if identity else []
    environment = {"PATH": os.environ["PATH"], "HOME": str(place / "home"), "TMPDIR": str(place / "tmp")}
    program = ["-c", FAULT] if fault else ["-m", "lumbar_core"]
    done = subprocess.run(
        [sys.executable, *program, *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    return done.stdout + done.stderr


def run(count: int, folder: Path, grade: Grade = grade) -> Outcome:
    """Plain, with identity, and with a fault; `count` is not used: the three say it all."""
    study = folder / FOLDER / "study"
    plant_study(study)
    everything = (*canaries().values(), "1.2.77004.")
    asked = tuple(canaries()[keyword] for keyword in ASKED_FOR)
    aside: list[str] = []
    reports: list[str] = []
    for name, identity, fault in (("plain", False, False), ("identity", True, False), ("fault", False, True)):
        place = folder / name
        said = grade(study, place, identity, fault)
        # Logs, settings, key, temporary files: never anything, whatever was asked for.
        aside += _found(name, _files(place / "home", place / "tmp"), (*everything, FOLDER))
        aside += _found(name, [("terminal", said)], () if identity else everything)
        written = list(_reports(place / "out"))
        if fault:
            aside += [] if "faults.log" in said else ["fault: there is no log of it"]
        elif len(written) < 5:
            reports.append(f"{name}: only {len(written)} reports; {said[-300:]}")
        reports += _found(name, written, set(everything) - set(asked) if identity else everything)
        never = [(kind, text) for kind, text in written if kind in ("metadata", "json besides", ".csv")]
        reports += _found(name, never, everything)
    checks = (
        Check("canaries in logs, settings, temporary files, terminal", len(aside), 0),
        Check("canaries in reports where not asked for", len(reports), 0),
    )
    return Outcome(f"{len(everything)} canaries; plain, with identity, with a fault", checks, told([*aside, *reports]))


def _files(*folders: Path) -> Iterable[tuple[str, str]]:
    for folder in folders:
        for path in folder.rglob("*"):
            yield "a file's name", path.name
            if path.is_file():
                yield path.name, path.read_bytes().decode("utf-8", "replace")


def _reports(out: Path) -> Iterable[tuple[str, str]]:
    """JSON, JSON without what identity puts in, CSV, the PDF's text and the rest of the PDF."""
    for path in sorted(out.iterdir()):
        if path.suffix == ".pdf":
            yield "pages", " ".join(pages(path.read_bytes()))
            yield "metadata", path.read_bytes().decode("latin-1")
        elif path.suffix == ".json":
            document = json.loads(path.read_text(encoding="utf-8"))
            yield "json", json.dumps(document, ensure_ascii=False)
            # What identity puts in stands in two places only.
            document["study"] = None
            document["input"]["series"] = []
            yield "json besides", json.dumps(document, ensure_ascii=False)
        else:
            yield path.suffix, path.read_text(encoding="utf-8")


def _found(where: str, texts: Iterable[tuple[str, str]], wanted: Iterable[str]) -> list[str]:
    searched = tuple(wanted)
    return [f"{where}, {name}: {canary}" for name, text in texts for canary in searched if canary in text]


GATE = Gate("R7", "canaries", 1, 1, run)
