"""The tables of what agents refuse at their start, and of the known faults of Cilium's releases."""

from __future__ import annotations

import re
from typing import Final

from cdk_eks_cilium.values.rules.agents import CAUTIONS, CONTRADICTIONS
from cdk_eks_cilium.values.rules.agents.rule import Caution, Contradiction
from cdk_eks_cilium.versions.cilium import minors
from cdk_eks_cilium.versions.known_faults import Fault, ReleaseSpan, known_faults
from scripts.schema_words import table

_NUMBER: Final = re.compile(r"/(?:issues|pull)/(\d+)$")


def contradictions() -> str:
    """What agents refuse, by rule."""
    rows = [(_setting(rule), rule.name, _since(rule), f"`{rule.id}`") for rule in CONTRADICTIONS]
    return table(("Value", "Refused", "Releases", "Id"), rows)


def cautions() -> str:
    """What agents take with a catch, by rule."""
    rows = [(_setting(rule), rule.name, _since(rule)) for rule in CAUTIONS]
    return table(("Value", "Warned of", "Releases"), rows)


def faults() -> str:
    """The known faults of releases."""
    rows = [
        (
            f"`{fault.about}`",
            ", ".join(map(_span, fault.affects)),
            f"{fault.symptom[0].upper()}{fault.symptom[1:]}.",
            f"{fault.way[0].upper()}{fault.way[1:]}.",
            _links(fault),
        )
        for fault in known_faults()
    ]
    return table(("Setting", "Releases", "What happens", "What to do", "Source"), rows)


def _setting(rule: Contradiction | Caution) -> str:
    return ", ".join(f"`{path}`" for path in rule.setting.split())


def _since(rule: Contradiction | Caution) -> str:
    since, until = rule.releases.since, rule.releases.until
    words = [f"from {since}"] if since != minors()[0] else []
    return ", ".join([*words, f"below {until}"] if until else words) or "all"


def _span(span: ReleaseSpan) -> str:
    return f"from {span.since} below {span.until}" if span.until else f"from {span.since}"


def _links(fault: Fault) -> str:
    return ", ".join(f"[{_label(link)}]({link})" for link in fault.links)


def _label(link: str) -> str:
    number = _NUMBER.search(link)
    return f"#{number[1]}" if number else link.rpartition("/")[2]
