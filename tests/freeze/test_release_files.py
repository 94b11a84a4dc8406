"""What a release is built from is pinned: packages by hashes that cover the requirements, actions by commits."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from freeze.lock import lock

REPOSITORY = Path(__file__).resolve().parents[2]
RELEASE = (REPOSITORY / "requirements-release.txt").read_text(encoding="utf-8")
WORKFLOW = (REPOSITORY / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")


def pins(text: str) -> dict[str, str]:
    return {
        name.lower().replace("_", "-"): version
        for name, version in re.findall(r"^([\w-]+)==([\w.]+)", text, re.MULTILINE)
    }


def test_a_release_is_built_from_the_versions_that_were_tested() -> None:
    runtime = pins((REPOSITORY / "requirements.txt").read_text(encoding="utf-8"))
    tools = pins((REPOSITORY / "requirements-dev.txt").read_text(encoding="utf-8"))
    packer = {name: tools[name] for name in ("pyinstaller", "pyinstaller-hooks-contrib")}
    assert runtime | packer == {name: pins(RELEASE)[name] for name in runtime | packer}
    assert "python-gdcm" not in pins(RELEASE)


def test_every_package_of_a_release_has_hashes() -> None:
    entries = re.split(r"^(?=\w)", RELEASE.partition("\n" + "altgraph")[2], flags=re.MULTILINE)
    assert entries
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_one_entry_is_written_for_the_wheels_of_all_systems(tmp_path: Path) -> None:
    names = ("a_b-1.0-cp311-win_amd64.whl", "a_b-1.0-cp311-linux.whl", "pefile-2-py3-none-any.whl")
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    text = lock([tmp_path / name for name in names])
    assert text.count("a-b==1.0") == 1
    assert 'pefile==2 ; sys_platform == "win32"' in text
    for name in names:
        assert hashlib.sha256(name.encode()).hexdigest() in text


def test_every_action_is_pinned_by_a_commit() -> None:
    used = re.findall(r"uses: (\S+)", WORKFLOW)
    assert len(used) >= 4
    assert [one for one in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", one)] == []


def test_the_installer_shows_the_terms_of_the_packs() -> None:
    script = (REPOSITORY / "freeze" / "installer.iss").read_text(encoding="utf-8")
    (terms,) = re.findall(r"^LicenseFile=(.+)$", script, re.MULTILINE)
    assert (REPOSITORY / "freeze" / terms.replace("\\", "/")).resolve() == REPOSITORY / "lumbar_core/models/LICENSE"
