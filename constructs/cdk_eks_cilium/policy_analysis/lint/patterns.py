"""Lints about patterns of DNS names that match more, or less, than it seems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.policy.model import FqdnSelector
from cdk_eks_cilium.versions import behaviour

from .context import ItemView, LintContext
from .definition import lint
from .finding import Hit, Spot

_SPANNING: Final = behaviour.policy.SPANNING_WILDCARDS
_DNS: Final = "https://docs.cilium.io/en/stable/security/policy/language/#dns-based"


def _reached(context: LintContext) -> Iterator[tuple[ItemView, Spot, FqdnSelector]]:
    for view in context.items("egress", nodes=True):
        for index, each in enumerate(getattr(view.item, "to_fqdns", None) or ()):
            yield view, view.spot.at(f"toFQDNs[{index}]"), each


def _all(context: LintContext) -> Iterator[tuple[Spot, FqdnSelector]]:
    """Every name and pattern, of toFQDNs and of DNS rules."""
    for _, spot, each in _reached(context):
        yield spot, each
    for view in context.items("egress", nodes=True):
        for port_rule in view.port_rules:
            rules = getattr(port_rule.rule, "rules", None)
            for index, each in enumerate((rules.dns if rules is not None else None) or ()):
                yield view.spot.at(f"toPorts[{port_rule.index}].rules.dns[{index}]"), each


def _labels(selector: FqdnSelector) -> list[str]:
    return (selector.match_pattern or "").lower().rstrip(".").split(".")


@lint(
    "CNP004",
    "A pattern for subdomains leaves out the domain itself",
    "note",
    "'*.example.com' matches names with exactly one label more: neither example.com nor a.b.example.com.",
    _DNS,
)
def _its_parent_too(context: LintContext) -> Iterator[Hit]:
    for view, spot, each in _reached(context):
        labels = _labels(each)
        # Deeper patterns are mostly of providers, which have nothing at the domain itself.
        if labels[0] not in ("*", "**") or len(labels) != 3 or "*" in "".join(labels[1:]):
            continue
        parent = ".".join(labels[1:])
        named = {(one.match_name or "").lower().rstrip(".") for one in _siblings(view)}
        if parent in named:
            continue
        deep = labels[0] == "**" and _SPANNING.holds(context.version)
        beyond = "" if deep else f", nor a.b.{parent}"
        also = "" if deep or not _SPANNING.holds(context.version) else f", or write '**.{parent}'"
        yield spot.hit(
            f"does not match {parent} itself{beyond}",
            f"add matchName {parent} if that is meant{also}",
            got=repr(each.text),
        )


def _siblings(view: ItemView) -> Iterator[FqdnSelector]:
    for item in view.of.items:
        yield from getattr(item.item, "to_fqdns", None) or ()


@lint(
    "CNP005",
    "Patterns do not match names that anyone can register",
    "warning",
    "'*' may be a part of a label: '*gitlab.com' also matches evilgitlab.com, and lets its owner through.",
    _DNS,
)
def _names_of_others(context: LintContext) -> Iterator[Hit]:
    for _, spot, each in _reached(context):
        labels = _labels(each)
        if labels == ["*"] or not any("*" in label for label in labels[-2:]):
            continue
        domain = ".".join(labels[-2:]).replace("*", "evil")
        yield spot.hit(
            f"must not match names that anyone can register, such as {domain}",
            "write whole labels at the end, such as '*.example.com'",
            got=repr(each.text),
        )


@lint(
    "CNP006",
    "A wildcard within a label is intended",
    "note",
    "'*' stands for any characters except a dot, also for no character: 'api*.example.com' matches "
    "api.example.com and apixyz.example.com.",
    _DNS,
)
def _within_a_label(context: LintContext) -> Iterator[Hit]:
    for _, spot, each in _reached(context):
        labels = _labels(each)
        if any("*" in label for label in labels[-2:]):
            continue
        partial = next((one for one in labels if "*" in one and one.strip("*")), None)
        if partial is not None:
            yield spot.hit(
                "stands for any characters except a dot, also for no character",
                f"check that labels such as {partial.replace('*', '')} and {partial.replace('*', 'x')} are "
                "yours",
                got=repr(each.text),
            )


@lint(
    "CNP007",
    "'**' stands only where it spans labels",
    "warning",
    f"'**.' at the start of a pattern stands for one or more labels, from Cilium {_SPANNING.since} on. "
    f"Anywhere else, and before {_SPANNING.since}, it is a plain '*'.",
    _DNS,
)
def _two_stars(context: LintContext) -> Iterator[Hit]:
    for spot, each in _all(context):
        text = (each.match_pattern or "").lower()
        if "**" not in text:
            continue
        if not text.startswith("**.") or "**" in text[3:]:
            yield spot.hit(
                "must have '**' only as '**.' at the start, elsewhere it is the same as '*'",
                "write '*', or '**.' at the start",
                got=repr(each.text),
            )
        elif not _SPANNING.holds(context.version):
            yield spot.hit(
                f"must have no '**.' before Cilium {_SPANNING.since}, where it is the same as '*.' (this is "
                f"for {context.version})",
                "list the depths one by one: '*.example.com', '*.*.example.com'",
                got=repr(each.text),
            )


@lint(
    "CNP008",
    "Names are written as Cilium reads them",
    "note",
    "Cilium reads names in lower case and without the dot at the end. Two spellings of one name hide "
    "that they are the same.",
    _DNS,
)
def _spelling(context: LintContext) -> Iterator[Hit]:
    for spot, each in _all(context):
        plain = each.text.lower().rstrip(".")
        if plain != each.text and not re.fullmatch(r"\.*", each.text):
            yield spot.hit(
                "is read without its last dot and in lower case",
                f"write {plain!r}",
                got=repr(each.text),
            )
