"""The bill of materials (CycloneDX 1.6, JSON): packages, Python, every native file, the report's fonts, the packs."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import distribution
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from freeze.build import EPOCH, digests
from freeze.licences import REPORT_FONTS_TERMS, REPORT_FONTS_VERSION, required, terms_of
from freeze.native import Shipped, list_shipped
from lumbar_core import __version__

Component = dict[str, Any]


def bill(folder: Path, requirements: Path) -> dict[str, Any]:
    """The document for the program in `folder`. Raises ValueError where a native file is in no table."""
    shipped, unknown = list_shipped(folder)
    if unknown:
        raise ValueError(f"Not in the table of native libraries: {', '.join(unknown)}")
    components = [*_packages(requirements), _python(), *_libraries(folder, shipped), *_fonts(folder), *_packs(folder)]
    content = hashlib.sha256(json.dumps(digests(folder), sort_keys=True).encode()).hexdigest()
    program = {"type": "application", "name": "lumbar", "version": __version__, "bom-ref": "lumbar"}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, content)}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(EPOCH, UTC).isoformat().replace("+00:00", "Z"),
            "component": {**program, "licenses": [{"expression": "Apache-2.0"}]},
        },
        "components": components,
        "dependencies": [
            {"ref": "lumbar", "dependsOn": [component["bom-ref"] for component in components]},
            *({"ref": component["bom-ref"], "dependsOn": []} for component in components),
        ],
    }


def _packages(requirements: Path) -> Iterator[Component]:
    for name in required(requirements):
        one = distribution(name)
        purl = f"pkg:pypi/{name.lower()}@{one.version}"
        yield {
            "type": "library",
            "name": name,
            "version": one.version,
            "purl": purl,
            "bom-ref": purl,
            "licenses": [{"license": {"name": terms_of(one)}}],
        }


def _python() -> Component:
    version = platform.python_version()
    return {
        "type": "framework",
        "name": "CPython",
        "version": version,
        "bom-ref": f"python@{version}",
        "cpe": f"cpe:2.3:a:python:python:{version}:*:*:*:*:*:*:*",
        "licenses": [{"license": {"id": "Python-2.0"}}],
    }


def _libraries(folder: Path, shipped: list[Shipped]) -> Iterator[Component]:
    """One component for each library and version, with its files inside."""

    def row(one: Shipped) -> tuple[str, str]:
        return one.library.name, one.version

    for (name, version), group in groupby(sorted(shipped, key=row), key=row):
        files = list(group)
        yield {
            "type": "library",
            "name": name,
            "version": version,
            "bom-ref": f"native:{name}@{version}",
            "licenses": [{"expression": files[0].library.licence}],
            "properties": [{"name": "lumbar:origin", "value": files[0].library.origin}],
            "components": [_file(folder, one.path) for one in files],
        }


def _file(folder: Path, path: str) -> Component:
    return {"type": "file", "name": path, "bom-ref": f"file:{path}", "hashes": [_sha256(folder / path)]}


def _fonts(folder: Path) -> Iterator[Component]:
    """The fonts that a report embeds, and that the window takes on a Linux without any."""
    for font in sorted(folder.glob("_internal/lumbar_core/report/fonts/*.ttf")):
        yield {
            "type": "data",
            "name": font.stem,
            "version": REPORT_FONTS_VERSION,
            "bom-ref": f"font:{font.stem}@{REPORT_FONTS_VERSION}",
            "licenses": [{"license": {"id": REPORT_FONTS_TERMS}}],
            "hashes": [_sha256(font)],
        }


def _packs(folder: Path) -> Iterator[Component]:
    for contract in sorted(folder.glob("_internal/lumbar_core/models/*/contract.json")):
        said = json.loads(contract.read_text(encoding="utf-8"))
        yield {
            "type": "machine-learning-model",
            "name": said["name"],
            "version": said["version"],
            "bom-ref": f"pack:{said['name']}@{said['version']}",
            "licenses": [{"license": {"name": "Non-commercial, research and education: licences/MODEL-PACKS.txt"}}],
            "hashes": [_sha256(contract.with_name("model.onnx"))],
        }


def _sha256(path: Path) -> dict[str, str]:
    return {"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}
