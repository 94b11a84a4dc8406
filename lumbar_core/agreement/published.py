"""How far readers agree in print, to stand beside a department's own figures.

Only what was read in the source named, or in its abstract. No figure for the recess was found in a source that could be
read.
"""

from __future__ import annotations

from dataclasses import dataclass

from lumbar_core.anatomy import Condition

_CANAL, _FORAMEN = Condition.SPINAL_CANAL_STENOSIS, Condition.NEURAL_FORAMINAL_NARROWING


@dataclass(frozen=True, slots=True)
class Published:
    """conditions: what was graded. who: readers and studies. figure: as printed. source: where, and in short."""

    conditions: tuple[Condition, ...]
    who: str
    figure: str
    source: str
    short: str


PUBLISHED: tuple[Published, ...] = (
    Published(
        (_CANAL,),
        "three readers in pairs, axial T2",
        "linear weighted kappa 0.86, 0.80, 0.74",
        "Bharadwaj et al., Eur Radiol 2023, doi 10.1007/s00330-023-09483-6",
        "Bharadwaj 2023",
    ),
    Published(
        (_CANAL,),
        "two musculoskeletal radiologists against a consensus of two others, 683 levels of 186 patients, four grades",
        "weighted kappa 0.85 (0.80 to 0.89) and 0.73 (0.68 to 0.79)",
        "van der Graaf et al., Eur Radiol 2024, doi 10.1007/s00330-024-11080-0",
        "van der Graaf 2024",
    ),
    Published(
        (_CANAL,),
        "two musculoskeletal radiologists, 160 patients, L3/L4 to L5/S1, Lee's four grades",
        "kappa 0.78",
        "Park et al., Br J Radiol 2013, doi 10.1259/bjr.20120180",
        "Park 2013",
    ),
    Published(
        (_FORAMEN,),
        "two experienced radiologists, 576 foramina of 96 patients, their own four grades",
        "kappa 0.905 to 1.0; one of them twice: 0.800 to 1.0",
        "Lee et al., AJR 2010, doi 10.2214/AJR.09.2772",
        "Lee 2010",
    ),
    Published(
        (_FORAMEN,),
        "two musculoskeletal radiologists, 91 patients, Lee's four grades",
        "kappa 0.767",
        "Park et al., AJNR Am J Neuroradiol 2012; 33: 818-822",
        "Park 2012",
    ),
    Published(
        (_CANAL, _FORAMEN),
        "two radiologists and two spine surgeons, 102 patients before surgery",
        "Gwet's AC1 0.67 to 0.98 over canal, foramina and other findings, facet joints 0.39",
        "Banitalebi et al., BMC Musculoskelet Disord 2022, doi 10.1186/s12891-021-04949-4",
        "Banitalebi 2022",
    ),
)
