"""What agents refuse when they start in ENI mode, and what they take and then do otherwise.

Charts check little of this. An agent that does not start keeps its node from becoming ready, and the deploy
of the nodes fails after half an hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.versions.cilium import CiliumVersion

from . import (
    ec2,
    encryption,
    hubble,
    identities,
    maps,
    masquerading,
    operator,
    ports,
    routing,
    services,
    words,
)
from .configuration import Configuration
from .rule import Caution, Contradiction

_THEMES: Final = (
    masquerading,
    routing,
    services,
    ec2,
    encryption,
    identities,
    operator,
    maps,
    hubble,
    ports,
    words,
)

CONTRADICTIONS: Final[tuple[Contradiction, ...]] = tuple(
    rule for theme in _THEMES for rule in theme.CONTRADICTIONS
)
CAUTIONS: Final[tuple[Caution, ...]] = tuple(rule for theme in _THEMES for rule in theme.CAUTIONS)


def agent_problems(values: CiliumValues, effective: EffectiveValues, where: str) -> Iterator[Problem]:
    """Why agents do not do what *values* ask for; *effective* is what these install."""
    given = Configuration(values, effective.version, effective)
    for rule in CONTRADICTIONS:
        problem = rule.judged(given, where)
        if problem is not None:
            yield problem


def agent_warnings(values: CiliumValues, version: CiliumVersion) -> Iterator[str]:
    """What agents of *version* take with *values*, but with a catch."""
    given = Configuration(values, version)
    for caution in CAUTIONS:
        warning = caution.warning(given)
        if warning is not None:
            yield warning
