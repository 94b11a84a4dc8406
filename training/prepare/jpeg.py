"""`prepare --to-jpeg`: every DICOM image below a folder as a JPEG of the same name, as the original study had them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from PIL import Image

from lumbar_core.errors import LumbarError
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from training.orphans import end_with_parent
from training.prepare.gaps import Gap, What
from training.prepare.study import grey

QUALITY = 95
SUFFIX = ".jpeg"


def to_jpeg(root: Path, out: Path, workers: int, show: Callable[[int, int], None]) -> list[Gap]:
    """Write OUT/<study>/<series>/<n>.jpeg for every <n>.dcm below `root`; tells what could not be read.

    Eight bits from the darkest to the brightest value of an image. Those that are there are not written again. Raises
    FileNotFoundError where there is no .dcm at all.
    """
    files = sorted(path.relative_to(root) for path in root.rglob("*") if path.suffix.lower() == ".dcm")
    if not files:
        raise FileNotFoundError(f"there is no .dcm file below {root}")
    left = [file for file in files if not (out / file).with_suffix(SUFFIX).is_file()]
    done, gaps = len(files) - len(left), []
    show(done, len(files))
    if not left:
        return []
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), end_with_parent) as pool:
        for gap in pool.map(partial(_convert, root=root, out=out), left, chunksize=16):
            done += 1
            show(done, len(files))
            gaps += [gap] if gap is not None else []
    return gaps


def _convert(file: Path, root: Path, out: Path) -> Gap | None:
    target = (out / file).with_suffix(SUFFIX)
    try:
        study = read_study([root / file])
        pixels = DirectReader().read(study.series[0].instances[0])
    except LumbarError as error:
        study_name, series = (*file.parts[:-1], "", "")[:2]
        return Gap(What.UNREADABLE, study_name, series, f"{file.stem}: {error.finding}")
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_suffix(".tmp")
    Image.fromarray(grey(pixels)).save(temporary, "JPEG", quality=QUALITY)
    temporary.replace(target)
    return None
