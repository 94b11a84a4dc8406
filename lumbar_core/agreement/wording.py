"""The report's words for structures and figures."""

from __future__ import annotations

from collections.abc import Sequence

from lumbar_core.agreement.estimate import Estimate
from lumbar_core.agreement.published import PUBLISHED
from lumbar_core.agreement.report import AgreementReport
from lumbar_core.agreement.sheet import PARTS, Part
from lumbar_core.agreement.teaching import Disputed
from lumbar_core.anatomy import Condition, Severity, Target
from lumbar_core.report.words import STRUCTURES

TITLE = "Agreement of readers"
FIGURE_NAMES: dict[str, str] = {
    "percent_agreement": "same grade",
    "kappa": "kappa",
    "kappa_linear": "kappa, linear weights",
    "kappa_quadratic": "kappa, quadratic weights",
    "ac1": "AC1",
    "ac2_linear": "AC2, linear weights",
    "ac2_quadratic": "AC2, quadratic weights",
    "specific_moderate": "agreement on Moderate",
    "specific_severe": "agreement on Severe",
    "bias": "first higher by (grades)",
}
METHOD: tuple[str, ...] = (
    "In brackets the 95 % interval, by bootstrap over studies, not structures: those of one patient are alike. "
    "A dash stands where a figure or its interval does not exist; the JSON file says why.",
    "Kappa: Cohen 1960, with weights 1968; linear weights Cicchetti and Allison 1971, quadratic Fleiss and Cohen 1973. "
    "AC1 and AC2: Gwet 2008 and 2014. Several readers: Fleiss 1971. Agreement on a grade: the share in which the other "
    "gave it too (Cicchetti and Feinstein 1990).",
    "Intervals: bootstrap-t (Efron and Tibshirani 1993), each draw of studies measured by its own jackknife error; of "
    "agreement on a grade Bayesian bootstrap (Rubin 1981), half a study of agreement and half of disagreement added.",
    "Structures that one of two readers could not judge are counted and in no figure. Where a grade hardly occurs, "
    "kappa is low even among readers who mostly agree, and its interval may be too short; AC2 is then the steadier.",
)


def part_words(part: Part) -> str:
    """ "all structures", "foramina at L4/L5", "left side"."""
    words = [STRUCTURES[part.condition]] if part.condition is not None else []
    if part.level is not None:
        words.append(f"at {part.level.value}" if words else part.level.value)
    if part.side is not None:
        words.append(f"{part.side.value} side")
    return " ".join(words) or "all structures"


def target_words(target: Target) -> str:
    """ "canal at L4/L5", "left foramen at L3/L4"."""
    structure = {"foramina": "foramen", "recesses": "recess"}.get(STRUCTURES[target.condition], "canal")
    side = f"{target.side.value} " if target.side is not None else ""
    return f"{side}{structure} at {target.level.value}"


def number(estimate: Estimate, name: str) -> str:
    """The figure: "0.52", "71 %", "-0.16"; a dash where there is none."""
    if estimate.value is None:
        return "–"
    return _shown(estimate.value, name)


def with_interval(estimate: Estimate, name: str) -> str:
    """ "0.52 (0.44 to 0.60)", "71 % (66 to 75 %)"."""
    if estimate.low is None or estimate.high is None:
        return number(estimate, name)
    low = _shown(estimate.low, name).removesuffix(" %")
    return f"{number(estimate, name)} ({low} to {_shown(estimate.high, name)})"


def bias_sentences(report: AgreementReport) -> tuple[str, ...]:
    """Who grades higher or lower than the other readers, and where most; nothing that chance explains."""
    sentences = []
    for reader, parts in report.biases.items():
        whole = parts[Part()]
        if whole.value is None or not _is_clear(whole):
            continue
        word = "higher" if whole.value > 0 else "lower"
        places = [(part, parts[part]) for part in PARTS if part.condition is not None and part.level is not None]
        clear = [(part, each) for part, each in places if _is_clear(each) and (each.value or 0) * whole.value > 0]
        most = max(clear, key=lambda pair: abs(pair[1].value or 0), default=None)
        where = f", most at the {part_words(most[0])} ({_shown(most[1].value or 0, 'bias')})" if most else ""
        sentences.append(
            f"{reader} grades {word} than the other readers: {with_interval(whole, 'bias')} grades{where}."
        )
    return tuple(sentences)


def _is_clear(estimate: Estimate) -> bool:
    return estimate.low is not None and estimate.high is not None and (estimate.low > 0 or estimate.high < 0)


def _shown(value: float, name: str) -> str:
    if name in ("percent_agreement", "specific_moderate", "specific_severe"):
        return f"{100 * value:.0f} %"
    rounded = round(value, 2) + 0.0  # no minus before a zero
    return f"{rounded:+.2f}" if name == "bias" else f"{rounded:.2f}"


def sittings_sentence(report: AgreementReport) -> str:
    """ "30 studies. R1: 30 read, 2 structures could not be judged, 92 s a study. …" """
    parts = [f"{report.studies} {'study' if report.studies == 1 else 'studies'}."]
    for sitting in report.sittings:
        words = [f"{sitting.studies} read"]
        if sitting.cannot_judge:
            words.append(f"{sitting.cannot_judge} structures not judged")
        if sitting.seconds_a_study is not None:
            of = f" ({sitting.timed} timed)" if sitting.timed < sitting.studies else ""
            words.append(f"{sitting.seconds_a_study:.0f} s a study{of}")
        parts.append(f"{sitting.arm.name}: {', '.join(words)}.")
    return " ".join(parts)


def disputed_sentence(each: Disputed) -> str:
    """ "S07, left foramen at L4/L5: R1 Normal/Mild, R2 Severe; the program Moderate (20, 55, 25 %)." """
    said = ", ".join(f"{reader} {_grade(grade)}" for reader, grade in each.given)
    if each.probabilities is not None:
        shares = ", ".join(f"{100 * share:.0f}" for share in each.probabilities)
        said += f"; the program {_grade(each.program)} ({shares} %)"
    return f"{each.study}, {target_words(each.target)}: {said}."


def published_sentence() -> str:
    """What is in print, briefly: "Canal: kappa 0.78 (Park 2013); …"."""
    told = [f"{structures_words(each.conditions)} {each.figure} ({each.short})" for each in PUBLISHED]
    return f"{'; '.join(told)}. Who read what, with the sources, stands in the HTML page."


def structures_words(conditions: Sequence[Condition]) -> str:
    """ "canal and foramina"."""
    return " and ".join(STRUCTURES[condition] for condition in conditions)


def _grade(grade: Severity | None) -> str:
    return "cannot judge" if grade is None else grade.label
