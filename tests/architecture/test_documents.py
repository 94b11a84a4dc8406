"""The documents name only what is there: commands, files, links, packages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [
    document
    for folder in ("*", "docs/*", "docs/decisions/*", "training/*")
    for document in REPOSITORY.glob(f"{folder}.md")
]


def make_targets() -> set[str]:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))


def test_every_make_command_of_the_readme_exists() -> None:
    named = set(re.findall(r"\bmake ([a-z-]+)", README))
    assert named
    assert named <= make_targets()


def test_every_module_that_the_readme_runs_is_there() -> None:
    named = set(re.findall(r"-m (lumbar_\w+|training[.\w]*|export|benchmarks)", README))
    assert {"lumbar_core", "lumbar_gui", "training", "export"} <= named
    missing = [name for name in named if not (REPOSITORY / name.replace(".", "/") / "__main__.py").is_file()]
    assert missing == []


@pytest.mark.parametrize("document", sorted(DOCUMENTS), ids=lambda path: path.name)
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (document.parent / link).exists()] == []


def test_every_command_of_training_is_in_a_document_and_every_one_named_is_there() -> None:
    sources = (REPOSITORY / "training").rglob("*.py")
    there = {name for path in sources for name in re.findall(r'add_parser\(\s*"([a-z-]+)"', path.read_text("utf-8"))}
    pages = "".join(document.read_text("utf-8") for document in DOCUMENTS)
    assert set(re.findall(r"-m training ([a-z][a-z-]+)", pages)) == there


def test_every_source_that_the_architecture_names_is_there() -> None:
    text = (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:lumbar_core|lumbar_gui|training|export|tests|freeze)/[\w/.]*)`", text))
    assert len(named) > 10
    assert [name for name in sorted(named) if not (REPOSITORY / name).exists()] == []
