"""The tables of docs/beliefs.md: the ledger of beliefs, least sure first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final

from cdk_eks_cilium.beliefs import AREAS, SURE, Belief, Sure, beliefs
from cdk_eks_cilium.doctor.checks import all_checks, preflight_checks
from scripts.belief_marks import users
from scripts.schema_words import table

NAMES: Final[Mapping[Sure, str]] = {
    "inferred": "Inferred",
    "reported": "Reported",
    "documented": "Documented",
    "read": "Read in source",
    "tried": "Tried",
}
"""The words of the page for each of `SURE`."""

CHECKS: Final[Mapping[str, str]] = {
    "the program": "A test in which the program itself answers, such as real Helm, or data of its vendor. "
    "Tests of real charts and of a real API server run only where `CILIUM_CHARTS` and `KUBEBUILDER_ASSETS` "
    "name them.",
    "the rehearsal": "The rehearsal plays it: our code fits the rule, which could still be wrong.",
    "a test": "A test holds our code to it, which could still be wrong.",
    "the doctor": "Nothing here; a [check of the doctor](doctor-checks.md) or of "
    "[preflight](preflight.md) asks a live cluster or account.",
    "a question": "Nothing here; a command asks a live cluster or account.",
    "nothing": "Nothing, and no command can ask.",
}
"""What checks a belief, best first."""

_RANK: Final = {name: rank for rank, name in enumerate(reversed(tuple(CHECKS)))}
_REHEARSAL: Final = "rehearsal/"


def check_of(belief: Belief) -> str:
    """The best of `CHECKS` for a belief."""
    if belief.proof:
        return "the program"
    if any(name.startswith(_REHEARSAL) for name in users().get(belief.id, ())):
        return "the rehearsal"
    if belief.tests:
        return "a test"
    if belief.id in asked_by_checks():
        return "the doctor"
    return "a question" if belief.ask else "nothing"


@cache
def asked_by_checks() -> frozenset[str]:
    """The beliefs that some check of the doctor or of preflight answers."""
    return frozenset(each for check in (*all_checks(), *preflight_checks()) for each in check.answers)


def in_order() -> list[Belief]:
    """Every belief, least sure first, and among equals those first that the least checks."""
    order = {name: rank for rank, name in enumerate(SURE)}
    return sorted(beliefs().values(), key=lambda each: (order[each.sure], _RANK[check_of(each)]))


def counts() -> str:
    """How many there are: by how sure we are and what checks them, and by area."""
    every = in_order()
    found = Counter((each.sure, check_of(each)) for each in every)
    rows = [
        [
            NAMES[sure],
            *(str(found[sure, check]) for check in CHECKS),
            str(sum(each.sure == sure for each in every)),
        ]
        for sure in SURE
    ]
    rows.append(
        ["All", *(str(sum(check_of(each) == check for each in every)) for check in CHECKS), str(len(every))]
    )
    areas = Counter(each.area for each in every)
    unread = sum(bool(each.sources) and not any(source.seen for source in each.sources) for each in every)
    return "\n\n".join(
        (
            table(["", *(check.capitalize() for check in CHECKS), "All"], rows),
            f"The sources of {unread} of {len(every)} are cited and were not read again for this ledger.",
            table(["Area", "Beliefs"], [[words, str(areas[area])] for area, words in AREAS.items()]),
        )
    )


def meanings() -> str:
    """What the words of the tables mean."""
    sure = table(["How sure", "Meaning"], [[NAMES[each], words] for each, words in SURE.items()])
    checks = table(
        ["What checks it", "Meaning"], [[each.capitalize(), words] for each, words in CHECKS.items()]
    )
    return f"{sure}\n\n{checks}"


def unchecked() -> str:
    """The beliefs that nothing here checks: a check of a live cluster or account can, or a person."""
    found = [each for each in in_order() if check_of(each) in ("the doctor", "a question", "nothing")]
    return table(
        ["Id", "Rule", "How sure", "If it is wrong", "Check", "Ask"],
        [
            [
                _id(each),
                _cell(each.rule),
                NAMES[each.sure],
                _cell(each.if_wrong),
                _live(each) or "none",
                _ask(each),
            ]
            for each in found
        ],
    )


def everything() -> str:
    """Every belief, in a section for each degree of sureness."""
    parts = []
    for sure in SURE:
        found = [each for each in in_order() if each.sure == sure]
        rows = [[_id(each), _rule(each), _sources(each), _checks(each), _ask(each)] for each in found]
        parts.append(f"### {NAMES[sure]}\n\n{table(['Id', 'Rule', 'Source', 'Checked by', 'Ask'], rows)}")
    return "\n\n".join(parts)


def _id(belief: Belief) -> str:
    return f"`{belief.id}`"


def _rule(belief: Belief) -> str:
    wrong = f" If it is wrong: {belief.if_wrong}" if belief.if_wrong else ""
    return _cell(belief.rule + wrong)


def _sources(belief: Belief) -> str:
    if not belief.sources:
        return "none"
    return ", ".join(
        f"[{source.url.split('/')[2].removeprefix('www.')}]({source.url})"
        + (f" ({source.seen.isoformat()})" if source.seen else "")
        for source in belief.sources
    )


def _checks(belief: Belief) -> str:
    own = users().get(belief.id, ())
    played = ["the rehearsal"] if any(name.startswith(_REHEARSAL) for name in own) else []
    parts = [f"the program, in {_names(belief.proof)}"] if belief.proof else []
    parts += played
    parts += [_names(belief.tests)] if belief.tests else []
    parts += [_live(belief)] if _live(belief) else []
    return "; ".join(parts) or "nothing"


def _live(belief: Belief) -> str:
    """The checks of a live cluster or account that answer a belief, as links to their pages."""
    pages = ((all_checks(), "doctor-checks.md"), (preflight_checks(), "preflight.md"))
    return ", ".join(
        f"[`{check.id}`]({page}#{check.id})"
        for checks, page in pages
        for check in checks
        if belief.id in check.answers
    )


def _names(tests: Iterable[str]) -> str:
    """The files of tests, each once."""
    files: Sequence[str] = list(
        dict.fromkeys(each.partition("::")[0].removeprefix("tests/") for each in tests)
    )
    return ", ".join(f"`{each}`" for each in files)


def _ask(belief: Belief) -> str:
    remark = f" ({_cell(belief.expect)})" if belief.expect else ""
    return f"`{belief.ask}`{remark}" if belief.ask else ""


def _cell(text: str) -> str:
    return text.replace("<", "\\<").replace("*", "\\*").replace("_", "\\_")
