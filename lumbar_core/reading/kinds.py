"""Plane and weighting of a series from what its header measures; what must not be graded, what flags a grade.

The physics (echo, repetition, inversion time) decides. Free words, worded differently in every hospital, are
only a check: where they contradict the times the picture itself has to decide, and where there are no times
they are a guess that waits for the picture.
"""

from __future__ import annotations

import re

from lumbar_core.anatomy import Orientation, Reason, Weighting
from lumbar_core.reading.records import Acquisition
from lumbar_core.study import Exclusion, KindBasis, SeriesKind

NOT_UPRIGHT = Exclusion(
    Reason.UNSUPPORTED_GEOMETRY,
    "The images are stored turned or mirrored; export them upright, the head above and the front to the left.",
)

_DECLARED = {"T1": Weighting.T1, "T2": Weighting.T2, "STIR": Weighting.STIR, "PROTON_DENSITY": Weighting.PD}
_SAID = {
    "T1": Weighting.T1, "T1W": Weighting.T1, "T2": Weighting.T2, "T2W": Weighting.T2, "STIR": Weighting.STIR,
    "TIRM": Weighting.STIR, "PD": Weighting.PD, "PDW": Weighting.PD,
}  # fmt: skip

# Body parts of PS3.16 annex L and the words found in their stead. Whatever can contain the lumbar spine passes.
_OTHER_BODY_PARTS = frozenset({
    "CSPINE", "CERVICAL", "CERVICALSPINE", "CSPINENECK", "NECK", "TSPINE", "THORACIC", "THORACICSPINE", "CTSPINE",
    "HEAD", "BRAIN", "SKULL", "HEADNECK", "ORBIT", "IAC", "PITUITARY", "CHEST", "THORAX", "BREAST", "HEART",
    "SHOULDER", "ELBOW", "WRIST", "HAND", "HUMERUS", "ARM", "HIP", "KNEE", "ANKLE", "FOOT", "LEG", "THIGH", "CALF",
    "FEMUR", "PROSTATE", "LIVER", "HWS", "BWS",
})  # fmt: skip
_SCOUT_WORDS = frozenset({"LOCALIZER", "LOCALISER", "SCOUT", "SURVEY", "LOC"})
# Image types of what a scan gives beside the picture itself, whose contrast no weighting tells: fat alone and opposed
# phase of a Dixon scan, and phase instead of magnitude, as the makers write them.
_FAT_ALONE = frozenset({"FAT", "F", "FAT_ONLY"})
_OPPOSED = frozenset({"OP", "OPP", "OPP_PHASE", "OPPOSED_PHASE", "OUT_PHASE", "OUT_OF_PHASE"})
_WATER_ALONE = frozenset({"WATER", "W", "WATER_ONLY"})
_PHASE = frozenset({"P", "PHASE", "PHASE MAP", "PHASE_MAP"})
_FAT_WORDS = frozenset({"FS", "FATSAT", "FSAT", "SPIR", "SPAIR", "DIXON", "WATER"})
_CONTRAST_WORDS = frozenset({"GD", "POSTGD", "GAD", "GADO", "GADOLINIUM", "POST", "POSTCONTRAST", "CE", "KM"})
_PLUS_CONTRAST = re.compile(r"\+\s?C(?![A-Z])|(?<![A-Z])C\s?\+", re.IGNORECASE)  # "T1 +C"


def kind_from_header(orientation: Orientation, made: Acquisition) -> SeriesKind:
    """Plane and weighting, and whether the header suffices (basis NONE: the picture has to be asked).

    With basis NONE the weighting is the header's best guess, UNKNOWN where it has none.
    """
    measured, said = weighting_from_times(made), weighting_from_words(made.words)
    if measured is Weighting.UNKNOWN:
        measured = _DECLARED.get(made.declared_contrast.upper(), Weighting.UNKNOWN)
    if measured is Weighting.UNKNOWN:
        return SeriesKind(orientation, said, KindBasis.NONE)
    agrees = said in {Weighting.UNKNOWN, measured} or {said, measured} == {Weighting.T2, Weighting.STIR}
    basis = KindBasis.HEADER if agrees and orientation is not Orientation.UNKNOWN else KindBasis.NONE
    return SeriesKind(orientation, measured, basis)


def weighting_from_times(made: Acquisition) -> Weighting:
    """Weighting by sequence and times; UNKNOWN where they are missing or between the usual contrasts."""
    repetition, echo = made.repetition_time_ms, made.echo_time_ms
    if repetition is None or echo is None or "EP" in made.scanning_sequence:
        return Weighting.UNKNOWN
    if "IR" in made.scanning_sequence or made.inversion_time_ms is not None:
        return _inverted(repetition, echo, made.inversion_time_ms)
    if "GR" in made.scanning_sequence and "SE" not in made.scanning_sequence:
        return _gradient(echo, made.flip_angle_deg)
    return _spin(repetition, echo)


def _inverted(repetition: float, echo: float, inversion: float | None) -> Weighting:
    """Short inversion nulls fat (STIR, 80 to 300 ms by field strength); a middle one gives T1 (T1 FLAIR)."""
    if inversion is None:
        return Weighting.UNKNOWN
    if 60 <= inversion <= 320 and repetition >= 1200:
        return Weighting.STIR
    if 400 <= inversion <= 1300 and echo <= 45 and repetition <= 4000:
        return Weighting.T1
    return Weighting.UNKNOWN


def _gradient(echo: float, flip: float | None) -> Weighting:
    """Only the strongly spoiled, short gradient echo is surely T1; T2* looks different from what is graded."""
    return Weighting.T1 if flip is not None and flip >= 50 and echo <= 12 else Weighting.UNKNOWN


def _spin(repetition: float, echo: float) -> Weighting:
    if repetition <= 1200 and echo <= 40:
        return Weighting.T1
    if repetition >= 900 and echo >= 65:
        return Weighting.T2
    if repetition >= 1500 and echo <= 50:
        return Weighting.PD
    return Weighting.UNKNOWN


def weighting_from_words(words: str) -> Weighting:
    """The one weighting that free words name as a word of its own; UNKNOWN for none or several."""
    named = {_SAID[word] for word in _split(words) if word in _SAID}
    if named == {Weighting.T2, Weighting.STIR}:
        return Weighting.STIR
    return named.pop() if len(named) == 1 else Weighting.UNKNOWN


def _split(words: str) -> frozenset[str]:
    """Words in capitals; "T2_TSE-sag" gives T2, TSE, SAG, and "t2w" stays whole."""
    return frozenset(re.findall(r"T[12]W?(?![A-Z0-9])|[A-Z]+|[0-9]+", words.upper()))


def why_excluded(orientation: Orientation, planes: int, upright: bool, made: Acquisition) -> Exclusion | None:
    """Why a series must not be graded, or None.

    planes: how many main planes its series covers with the same times. upright: False for sagittal images stored turned
    or mirrored.
    """
    if planes > 1 or made.localizer or _split(made.words) & _SCOUT_WORDS:
        return Exclusion(Reason.UNSUPPORTED_GEOMETRY, "A scout (localiser) is not assessed.")
    if orientation in {Orientation.CORONAL, Orientation.OBLIQUE}:
        return Exclusion(Reason.UNSUPPORTED_GEOMETRY, f"{orientation.value.capitalize()} images are not assessed.")
    if not upright:
        return NOT_UPRIGHT
    if _body_part(made) in _OTHER_BODY_PARTS:
        part = _body_part(made).lower()
        return Exclusion(Reason.NOT_LUMBAR, f"The file says that it shows another part of the body ({part}).")
    if made.diffusion or "EP" in made.scanning_sequence:
        return Exclusion(Reason.NO_SERIES, "Diffusion images are not assessed.")
    if {"SUBTRACTION", "SUB"} & set(made.image_type):
        return Exclusion(Reason.NO_SERIES, "Subtracted images are not assessed.")
    if (_FAT_ALONE | _OPPOSED | _PHASE) & set(made.image_type):
        return Exclusion(Reason.NO_SERIES, "Fat, opposed-phase and phase images are not assessed.")
    return None


def _body_part(made: Acquisition) -> str:
    return re.sub(r"[^A-Z]", "", made.body_part)


def notes_on(kind: SeriesKind, made: Acquisition) -> tuple[str, ...]:
    """Findings about the acquisition that flag what is graded from it."""
    notes, words = [], _split(made.words)
    named = words & _CONTRAST_WORDS or _PLUS_CONTRAST.search(made.words)
    if made.contrast_agent or (kind.weighting is Weighting.T1 and named):
        notes.append("Taken after a contrast agent was given.")
    no_fat = made.fat_suppressed or words & _FAT_WORDS or _WATER_ALONE & set(made.image_type)
    if kind.weighting is Weighting.T1 and no_fat:
        notes.append("T1 with the fat suppressed: foramina are judged by their fat.")
    if made.screen_capture:
        notes.append("A screen capture, not an original image.")
    if made.burned_in:
        notes.append("Its header says that text is burned into the picture.")
    return tuple(notes)
