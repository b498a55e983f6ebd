"""A rule, and its findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cdk_eks_cilium.checks.rules.templates import Template
from cdk_eks_cilium.checks.template_graph import TemplateGraph


@dataclass(frozen=True)
class RuleFinding:
    """One breach of a rule.

    Attributes:
        resource: Logical id of the resource at fault.
        text: What is wrong.
        fix: What to do.
    """

    resource: str
    text: str
    fix: str


@dataclass(frozen=True)
class TemplateRule:
    """A rule with its id and the reason it exists.

    Attributes:
        id: Its id.
        reason: What holds where nothing is found.
        find: Its findings in the resources and the graph of one place.
        everywhere: Whether it is about any template, not only about clusters with Cilium.
    """

    id: str
    reason: str
    find: Callable[[Template, TemplateGraph], Iterator[RuleFinding]]
    everywhere: bool = False
