"""What Windows shows of the executable: the version resource, and the manifest that asks for sharp text."""

from __future__ import annotations

import re

from lumbar_core import __version__
from lumbar_core.report.result import INTENDED_USE

NAME = "Lumbar MRI grading, offline"

# asInvoker: never asks for an administrator. Long paths: hospital exports nest deeply.
MANIFEST = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0">
  <trustInfo xmlns="urn:schemas-microsoft-com:asm.v3">
    <security>
      <requestedPrivileges><requestedExecutionLevel level="asInvoker" uiAccess="false"/></requestedPrivileges>
    </security>
  </trustInfo>
  <compatibility xmlns="urn:schemas-microsoft-com:compatibility.v1">
    <application><supportedOS Id="{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}"/></application>
  </compatibility>
  <application xmlns="urn:schemas-microsoft-com:asm.v3">
    <windowsSettings>
      <dpiAware xmlns="http://schemas.microsoft.com/SMI/2005/WindowsSettings">true</dpiAware>
      <dpiAwareness xmlns="http://schemas.microsoft.com/SMI/2016/WindowsSettings">system</dpiAwareness>
      <longPathAware xmlns="http://schemas.microsoft.com/SMI/2016/WindowsSettings">true</longPathAware>
    </windowsSettings>
  </application>
</assembly>
"""


_TEXT = """VSVersionInfo(
  ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, mask=0x3f, flags=0, OS=0x40004, fileType=1, subtype=0),
  kids=[StringFileInfo([StringTable('040904B0', [{strings}])]), VarFileInfo([VarStruct('Translation', [1033, 1200])])],
)
"""  # English, Unicode


def version_text() -> str:
    """The version resource in the form that PyInstaller reads from a file."""
    words = {
        "CompanyName": "The lumbar authors",
        "FileDescription": NAME,
        "FileVersion": __version__,
        "InternalName": "lumbar",
        "LegalCopyright": "Apache License 2.0; model packs: non-commercial, see the folder licences",
        "OriginalFilename": "lumbar.exe",
        "ProductName": NAME,
        "ProductVersion": __version__,
        "Comments": INTENDED_USE,
    }
    strings = ", ".join(f"StringStruct({key!r}, {value!r})" for key, value in words.items())
    return _TEXT.format(numbers=numbers(__version__), strings=strings)


def numbers(version: str) -> tuple[int, ...]:
    """Windows' four numbers for ours; what follows a letter does not count."""
    found = [int(re.sub(r"\D.*", "", part) or 0) for part in version.split(".")]
    return tuple([*found, 0, 0, 0, 0][:4])
