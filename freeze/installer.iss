; The installer for Windows (Inno Setup 6). `python -m freeze release` runs it where Inno Setup is installed:
;   iscc /DVersion=… /DFolder=…\dist\lumbar /DTarget=…\dist\release freeze\installer.iss

[Setup]
AppId={{5B0F7C52-6C8E-4B7B-9E2B-6C1B0B7D6A31}
AppName=Lumbar MRI grading, offline
AppVersion={#Version}
AppPublisher=The lumbar authors
DefaultDirName={autopf}\Lumbar MRI
DefaultGroupName=Lumbar MRI
; The terms of the model packs: research and education, non-commercial. Nobody installs without having seen them.
LicenseFile=..\lumbar_core\models\LICENSE
; For all users with an administrator, for oneself without.
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
; What ONNX Runtime asks for: Windows 10, version 1809.
MinVersion=10.0.17763
SetupIconFile=lumbar.ico
UninstallDisplayIcon={app}\lumbar.exe
OutputDir={#Target}
OutputBaseFilename=lumbar-{#Version}-windows-setup
Compression=lzma2
SolidCompression=yes
WizardStyle=modern

[Files]
Source: "{#Folder}\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[Icons]
Name: "{group}\Lumbar MRI"; Filename: "{app}\lumbar.exe"; WorkingDir: "{userdocs}"
Name: "{group}\Licences"; Filename: "{app}\licences"
Name: "{autodesktop}\Lumbar MRI"; Filename: "{app}\lumbar.exe"; Tasks: desktop

[Tasks]
Name: desktop; Description: "A link on the desktop"; Flags: unchecked

[Run]
Filename: "{app}\lumbar.exe"; Parameters: "--self-test"; Description: "Check that everything works on this PC"; Flags: postinstall unchecked
