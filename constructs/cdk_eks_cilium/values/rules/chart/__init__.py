"""What Cilium's chart itself refuses, told before the deployment.

Helm finds these only when it installs: after the control plane, and with a rollback of everything. Each rule
has the condition of the chart's own, and the releases whose charts have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.rendering.effective import EffectiveValues

from . import agents, crds, hubble, mesh, proxy
from .blame import Blame
from .names import authority_problems, name_problems
from .needs import need_problems
from .refusal import Refusal

REFUSALS: tuple[Refusal, ...] = (
    *hubble.REFUSALS,
    *proxy.REFUSALS,
    *agents.REFUSALS,
    *mesh.REFUSALS,
)
"""Every condition on which a chart fails by itself."""


def chart_problems(
    values: CiliumValues, effective: EffectiveValues, where: str, reported: Iterable[Problem] = ()
) -> list[Problem]:
    """Why the chart does not render with *values*, or Helm does not install what it renders.

    Args:
        effective: What *values* install.
        reported: Problems found before. A refusal about a value that they blame is not repeated.
    """
    blamed = {problem.where for problem in reported}
    blame = Blame(values, where)
    found: list[Problem] = []
    for problem, about in _found(values, effective, blame):
        if not blamed & about:
            found.append(problem)
            blamed |= about
    return found


def _found(
    values: CiliumValues, effective: EffectiveValues, blame: Blame
) -> Iterator[tuple[Problem, frozenset[str]]]:
    """Each problem, and the settings that it is about."""
    for problem, paths in need_problems(effective, blame):
        yield problem, blame.settings(paths)
    for problem, paths in (*name_problems(effective, blame), *authority_problems(effective, blame)):
        yield problem, blame.settings(paths)
    for refusal in REFUSALS:
        if refusal.releases.holds(effective.version) and refusal.when(effective):
            yield refusal.told(effective.version, blame), blame.settings(refusal.paths)
    for problem, paths in crds.crd_problems(values, effective, blame):
        yield problem, blame.settings(paths)
