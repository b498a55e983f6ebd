"""Whether Cilium's own pods still get onto new nodes, which start with a taint that only Cilium takes off.

The taint is there before the agent. Agents that do not tolerate it never start, and the taint stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cdk_eks_cilium.nodes import AGENT_NOT_READY
from cdk_eks_cilium.problems import MISSING, Problem


def toleration_problems(overrides: Mapping[str, Any], at: str, *, operator: bool) -> Iterator[Problem]:
    """Why agents or the operator cannot run on new nodes with the tolerations in *overrides*.

    Args:
        overrides: Raw chart values.
        at: Path of the overrides.
        operator: Whether the operator's tolerations are raw values too, which the chart does not extend.
    """
    yield from _problems(overrides, f"{at}.tolerations", "agent")
    section = overrides.get("operator")
    if operator and isinstance(section, Mapping):
        yield from _problems(section, f"{at}.operator.tolerations", "operator")


def _problems(section: Mapping[str, Any], where: str, process: str) -> Iterator[Problem]:
    given = section.get("tolerations", MISSING)
    # The rules of keys refuse what is not a list.
    if given is None or (isinstance(given, list | tuple) and not any(map(_tolerates, given))):
        yield Problem(
            where,
            f"must tolerate the taint {AGENT_NOT_READY} of new nodes: otherwise neither the "
            f"{process} nor any pod runs there",
            given,
            "remove it to tolerate every taint, or add {'operator': 'Exists'}",
            id="CEK2067",
        )


def _tolerates(toleration: Any) -> bool:
    """Whether one toleration covers the taint, by the rules of Kubernetes."""
    if not isinstance(toleration, Mapping) or toleration.get("effect") not in (
        None,
        "",
        AGENT_NOT_READY.effect,
    ):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", AGENT_NOT_READY.key)
    return (toleration.get("key"), toleration.get("value")) == (AGENT_NOT_READY.key, AGENT_NOT_READY.value)
