"""A result beside an earlier one of the same patient: a change is stated only where it is likely and comparable.

Both results give each structure a distribution over the grades. Taken as independent, they give the probability that
it is graver now, or less grave; below `LIKELY` nothing is stated. Other networks, another counting of the levels or
another kind of picture make a difference that is none of the patient's, so such results are not compared. Nor is a
structure of which a reader said otherwise than the program: the distribution is then not what its report says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lumbar_core.anatomy import Condition, Severity
from lumbar_core.errors import Refused, WrongFormat
from lumbar_core.report.language import _, counted, said
from lumbar_core.report.result import SCHEMA, Comparison, Finding, StudyResult
from lumbar_core.report.words import STRUCTURES, name, sentence

LIKELY = 0.9

Key = tuple[str, str, str, str]  # condition, side, side of the picture, level; "" where there is none
Kind = tuple[str, str]  # plane and weighting
Shares = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is compared of an earlier result file.

    graded: distributions by structure. overruled: structures of which a reader said otherwise. kinds: of the series
    that each condition was graded on. patient: the ID where the file holds one. study: its key, or its UID.
    packs: version and digest by name, for another version may calibrate the same network otherwise.
    """

    made_at: str
    patient: str | None
    study: str | None
    packs: Mapping[str, tuple[str, str]]
    counting: tuple[str | None, bool]
    kinds: Mapping[str, frozenset[Kind]]
    graded: Mapping[Key, Shares]
    overruled: frozenset[Key]


def read_earlier(data: bytes) -> Earlier:
    """A result file of this program. Raises WrongFormat for anything else."""
    try:
        document = json.loads(data)
        if document["schema"] != SCHEMA:
            raise WrongFormat("The earlier file is a result of another version of the format.", "Grade it again.")
        return Earlier(
            made_at=str(document["program"]["started_at"]),
            patient=document["study"].get("patient_id"),
            study=document["study"].get("key") or document["study"].get("study_uid"),
            packs={str(pack["name"]): (str(pack["version"]), str(pack["digest"])) for pack in document["packs"]},
            counting=(document["numbering"]["alternative"], bool(document["numbering"].get("doubtful"))),
            kinds=_kinds([(s["used_for"], (s["plane"], s["weighting"])) for s in document["input"]["series"]]),
            graded={_key_in(each): _shares(each) for each in document["findings"] if each["probabilities"]},
            overruled=frozenset(_key_in(each) for each in document["findings"] if _is_overruled(each.get("reader"))),
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise WrongFormat("The earlier file is no result of this program.", "Choose a .json that it saved.") from error


def compare(earlier: Earlier, result: StudyResult) -> Comparison:
    """What has changed since. Raises Refused if both name a patient and these are two, or both mean one examination."""
    if earlier.patient and result.identity.patient_id and earlier.patient != result.identity.patient_id:
        raise Refused("The earlier result is of another patient.", "Choose one of the same patient.")
    if earlier.study and earlier.study in (result.study_key, result.identity.study_uid):
        raise Refused("The earlier result is of this very examination.", "Choose one of an examination before it.")
    named, barred = bool(earlier.patient and result.identity.patient_id), _reasons(earlier, result)
    if barred:
        return Comparison(earlier.made_at, (), 0, barred, named)
    kinds = _kinds([(map(str, s.used_for), (s.plane, s.weighting)) for s in result.input.series])
    others = [c for c in Condition if earlier.kinds.get(c.value) != kinds.get(c.value) and c.value in earlier.kinds]
    changed, unchanged, overruled = [], 0, []
    for finding in result.findings:
        before = earlier.graded.get(_key(finding))
        if finding.condition in others or before is None or finding.probabilities is None:
            continue
        if _key(finding) in earlier.overruled or (finding.reader is not None and finding.reader.status != "agreed"):
            overruled.append(f"{name(finding)}: a reader says otherwise than the program")
            continue
        words = _change(before, finding.probabilities)
        if words:
            changed.append((finding, f"{name(finding)}: {words}"))
        else:
            unchanged += 1
    changed.sort(key=lambda entry: -int(entry[0].grade or 0))
    return Comparison(
        earlier.made_at,
        tuple(sentence(words) for _finding, words in changed),
        unchanged,
        (
            *(f"{STRUCTURES[condition]}: graded on another kind of series" for condition in others),
            *overruled,
        ),
        named,
    )


def compared_title(result: StudyResult) -> str:
    """The word above the comparison; empty where nothing was handed over to be compared with."""
    return _("Comparison") if result.compared is not None else ""


def compared_sentences(result: StudyResult) -> tuple[str, ...]:
    """The comparison in sentences, for people; none where nothing was handed over to be compared with.

    The day is that of the earlier grading: a result file without identity does not tell the examination's.
    """
    if result.compared is None:
        return ()
    words = _("With a result graded on {day}.").format(day=result.compared.made_at[:10])
    return words, *describe_comparison(result.compared)


def describe_comparison(comparison: Comparison) -> tuple[str, ...]:
    """A comparison in sentences, first what all of them hang on: a report may leave out the last ones."""
    doubt = _("The earlier result or this one names no patient: make sure that they are of the same.")
    lines = [sentence(said(words)) for words in comparison.sentences]
    if count := comparison.unchanged:
        words = counted("No reliable change at {count} structure.", "No reliable change at {count} structures.", count)
        lines.append(words.format(count=count))
    lines += [_("Not comparable: {reason}.").format(reason=said(reason)) for reason in comparison.not_comparable]
    if not lines:
        lines.append(_("Nothing was graded in both."))
    return tuple(lines if comparison.patient_named else (doubt, *lines))


def _reasons(earlier: Earlier, result: StudyResult) -> tuple[str, ...]:
    """Why nothing can be compared."""
    reasons = []
    if earlier.packs != {pack.name: (pack.version, pack.digest) for pack in result.packs}:
        reasons.append("the earlier result was made with other model packs; grade that study again")
    if earlier.counting[0] != result.numbering.alternative:
        reasons.append("the levels were counted differently")
    elif earlier.counting[1] or result.numbering.doubtful:
        reasons.append("the counting of the levels is in doubt")
    return tuple(reasons)


def _change(before: Shares, now: Shares) -> str:
    """How sure it is that the grade rose or fell; "" where neither is likely."""
    graver = sum(before[i] * now[j] for i in range(3) for j in range(i + 1, 3))
    milder = sum(before[i] * now[j] for i in range(3) for j in range(i))
    if max(graver, milder) < LIKELY:
        return ""
    was, is_now = (Severity(max(range(3), key=shares.__getitem__)).label for shares in (before, now))
    return f"{'graver' if graver > milder else 'milder'}, {was} then and {is_now} now"


def _kinds(series: Sequence[tuple[Any, Kind]]) -> dict[str, frozenset[Kind]]:
    """By condition, plane and weighting of the series that it was graded on."""
    found: dict[str, set[Kind]] = {}
    for used_for, kind in series:
        for condition in used_for:
            found.setdefault(str(condition), set()).add((str(kind[0]), str(kind[1])))
    return {condition: frozenset(kinds) for condition, kinds in found.items()}


def _key(finding: Finding) -> Key:
    side, image_side = (part.value if part is not None else "" for part in (finding.side, finding.image_side))
    return finding.condition.value, side, image_side, finding.level.value


def _key_in(document: dict[str, Any]) -> Key:
    side, image_side = (str(document[part] or "") for part in ("side", "image_side"))
    return str(document["condition"]), side, image_side, str(document["level"])


def _is_overruled(reader: dict[str, Any] | None) -> bool:
    return reader is not None and reader["status"] != "agreed"


def _shares(document: dict[str, Any]) -> Shares:
    given = document["probabilities"]
    mild, moderate, severe = (float(given[severity.label]) for severity in Severity)
    return mild, moderate, severe
