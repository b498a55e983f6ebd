"""Changes as people read them: as text, and as Markdown for a comment on a pull request."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cdk_eks_cilium.cli.answer import Block, Heading
from cdk_eks_cilium.policy_analysis.difference import (
    KINDS,
    ChangeKind,
    ChangeLine,
    NamedEnd,
    PolicyDifference,
    Standing,
    grouped,
    relabelled,
    spoken,
    workload_names,
)

from .comparing import NamedState, notes_of, state_as_json

LONGEST: Final = 60_000
"""Characters of a comment. GitHub's API refuses more than 65,536, as "Body is too long (maximum is 65536
characters)"; a workflow may add some.

https://github.com/danger/danger/issues/424, https://github.com/telia-oss/github-pr-resource/issues/259
"""
_LONGEST_ROW: Final = 6_000
"""Characters of a row of a table; in a longer one names beyond `_MOST_NAMES` are counted."""
_MOST_RULES: Final = 4
_MOST_ISOLATING: Final = 2
_MOST_NAMES: Final = 8
_MOST_NOTED: Final = 30

_INCOMPLETE: Final = "Policies or pods could not be read, so this may be wrong; the notes name them."

WORDS: Final[dict[ChangeKind, str]] = {
    "opens": "opens",
    "closes": "closes",
    "changes": "changes",
    "unknown": "not known",
}
_SIGNS: Final[dict[ChangeKind, str]] = {"opens": "+", "closes": "-", "changes": "~", "unknown": "?"}


@dataclass(frozen=True)
class ChangeReport:
    """What changes between two sides, and all that belongs to the answer.

    Attributes:
        old: The old side.
        new: The new side.
        difference: What changes.
        lines: The changes, grouped.
    """

    old: NamedState
    new: NamedState
    difference: PolicyDifference
    lines: tuple[ChangeLine, ...]

    @classmethod
    def of(cls, old: NamedState, new: NamedState) -> ChangeReport:
        """Compare two sides."""
        difference = PolicyDifference(old.state, new.state)
        return cls(old, new, difference, tuple(grouped(difference)))

    @property
    def counts(self) -> dict[ChangeKind, int]:
        """How many lines there are of each kind."""
        found = Counter(line.kind for line in self.lines)
        return {kind: found[kind] for kind in KINDS}

    @property
    def summary(self) -> str:
        """One line: what is compared, and how much changes."""
        return f"{self.old.name} -> {self.new.name}: {self.result}"

    @property
    def result(self) -> str:
        """How much changes, and which policies of what differs were not compared."""
        parts = [f"{count} {WORDS[kind]}" for kind, count in self.counts.items() if count]
        apart = self.difference.nodes_policies
        if not apart:
            return ", ".join(parts) or "nothing changes"
        return f"{', '.join(parts) or 'nothing else changes'}; not compared: {_some(apart)}"

    @property
    def notes(self) -> list[str]:
        """What the lines do not say."""
        lists = [
            (f"only in {self.old.name}", workload_names(self.difference.sides, "old")),
            (f"only in {self.new.name}", workload_names(self.difference.sides, "new")),
            ("with other labels or ports", relabelled(self.old.state, self.new.state)),
        ]
        found = [f"workloads {words}: {_some(names, _MOST_NOTED)}" for words, names in lists if names]
        for side in (self.old, self.new):
            found += [f"without effect in {side.name}: {text}" for text in side.state.refused]
        found += [f"not compared: {text}" for text in self.difference.not_compared]
        return [*found, *self.difference.unlearned]

    @property
    def left_out(self) -> list[str]:
        """What is missing from both sides, or was taken for granted, in words."""
        return notes_of(self.old, self.new)

    @property
    def is_incomplete(self) -> bool:
        """Whether policies or pods could not be read."""
        return any(each.problem for side in (self.old, self.new) for each in side.left_out)

    def as_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        sides = self.difference.sides
        return {
            "old": state_as_json(self.old),
            "new": state_as_json(self.new),
            "counts": self.counts,
            "changes": [line.as_json() for line in self.lines],
            "workloads": {
                "only_old": workload_names(sides, "old"),
                "only_new": workload_names(sides, "new"),
                "relabelled": relabelled(self.old.state, self.new.state),
            },
            "not_compared": list(self.difference.not_compared),
        }


def text(report: ChangeReport) -> Iterator[Block]:
    """The report for a terminal."""
    yield Heading(report.summary)
    if report.is_incomplete:
        yield _INCOMPLETE
    tenant = ""
    for line in report.lines:
        if line.tenant != tenant:
            tenant = line.tenant
            yield Heading(f"to {spoken(tenant)}")
        yield from _line(line)
    if report.notes:
        yield ""
        yield from report.notes


def _line(line: ChangeLine) -> Iterator[str]:
    names = f"{_ends(line.source_ends)} -> {_ends(line.destination_ends)}"
    yield f"{_SIGNS[line.kind]} {WORDS[line.kind]:9} {names}: {line.ports}"
    for word, standing in (("before", line.before), ("after", line.after)):
        yield f"    {word + ':':8}{standing}{_by(standing)}"


def _by(standing: Standing) -> str:
    return "".join(f"\n            {each}" for each in _rules(standing))


def _rules(standing: Standing) -> list[str]:
    if not standing.rules:
        if standing.verdict == "denied":
            return ["no rule allows it"]
        return [] if standing.limits or standing.missing else ["no policy isolates it"]
    items = [place for place in standing.rules if place.is_item]
    isolating = [str(place) for place in standing.rules if not place.is_item]
    found = [f"by {place}" for place in items[:_MOST_RULES]]
    found += [f"and by {len(items) - _MOST_RULES} more"] if len(items) > _MOST_RULES else []
    if not isolating:
        return found
    words = "may be refused by" if standing.verdict == "unknown" else "no rule allows it; isolated by"
    return [*found, f"{words} {_some(isolating, _MOST_ISOLATING)}"]


def _ends(ends: Sequence[NamedEnd], most: int | None = None) -> str:
    """The names of the ends of a line. Entities, ranges and names come before pods, and are not cut.

    Args:
        ends: The ends.
        most: How many names to tell; None for all entities, ranges and names, and the first pods.
    """
    apart = sorted((one for one in ends if one.sides[0].new.workload is None), key=_apart_order)
    pods = [one.text for one in ends if one.sides[0].new.workload is not None]
    names = [*(one.text for one in apart), *pods]
    return _some(names, max(_MOST_NAMES, len(apart)) if most is None else most)


def _apart_order(end: NamedEnd) -> tuple[object, ...]:
    first = end.sides[0]
    return first.text != "world", first.new.kind != "entity"


def _some(names: Sequence[str], most: int = _MOST_NAMES) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def markdown(report: ChangeReport) -> str:
    """The report as a comment on a pull request, with at most about `LONGEST` characters."""
    head = [
        "<!-- cdk-eks-cilium policy diff -->",
        f"### Network policies: {report.result}",
        "",
        f"From {_code(report.old.name)} to {_code(report.new.name)}.",
    ]
    if report.is_incomplete:
        # https://docs.github.com/en/get-started/writing-on-github, "Alerts"
        head += ["", "> [!WARNING]", f"> {_INCOMPLETE}"]
    notes = [f"- {_plain(each)}" for each in (*report.notes, *report.left_out)]
    foot = ["", "<details><summary>Notes</summary>", "", *notes, "", "</details>"] if notes else []
    left = LONGEST - sum(len(each) + 1 for each in (*head, *foot))
    body: list[str] = []
    tenant, shown = "", 0
    for line in report.lines:
        rows = [] if line.tenant == tenant else _table(line.tenant)
        row = _row(line)
        rows.append(row if len(row) <= _LONGEST_ROW else _row(line, _MOST_NAMES))
        left -= sum(len(each) + 1 for each in rows)
        if left < 0:
            break
        tenant, shown = line.tenant, shown + 1
        body += rows
    more = len(report.lines) - shown
    if more:
        body += ["", f"**{more} more lines are not shown.** `cdk-eks-cilium policy diff` prints all."]
    whole = "\n".join([*head, *body, *foot]) + "\n"
    return whole if len(whole) <= LONGEST + 500 else "\n".join([*head, *body]) + "\n"


def _table(tenant: str) -> list[str]:
    return [
        "",
        f"**To {_plain(spoken(tenant))}**",
        "",
        "| | From | To | Ports | Before | After |",
        "|---|---|---|---|---|---|",
    ]


def _row(line: ChangeLine, most: int | None = None) -> str:
    cells = [
        f"**{_SIGNS[line.kind]} {WORDS[line.kind]}**",
        _code(_ends(line.source_ends, most)),
        _code(_ends(line.destination_ends, most)),
        _code(str(line.ports)),
        _cell(line.before),
        _cell(line.after),
    ]
    return f"| {' | '.join(cells)} |"


def _cell(standing: Standing) -> str:
    return "<br>".join([_code(str(standing)), *map(_plain, _rules(standing))])


def _code(text: str) -> str:
    """A text as it is, in a span of code: longer fences than its own backticks, and no end of a cell.

    https://github.github.com/gfm/#code-spans and https://github.github.com/gfm/#example-200
    """
    line = " ".join(text.split()).replace("|", "\\|")
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    edge = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{edge}{line}{edge}{fence}"


def _plain(text: str) -> str:
    """A text as it is, outside of code."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~@])", r"\\\1", " ".join(text.split()))
