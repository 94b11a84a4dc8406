"""The frozen program is one executable for the window and all commands: none of them may open a window instead."""

from __future__ import annotations

import re

import pytest

from lumbar_core import cli
from lumbar_gui.frozen import COMMANDS


def test_every_command_of_the_command_line_is_one_of_the_frozen_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    listed = set(re.findall(r"^    ([a-z][a-z-]+) ", capsys.readouterr().out, re.MULTILINE))
    assert {"grade", "batch", "packs"} <= listed
    assert listed <= COMMANDS
