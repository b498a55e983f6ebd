from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.nodes import AGENT_NOT_READY
from cdk_eks_cilium.values import CiliumValues, problems
from cdk_eks_cilium.versions import CiliumVersion

TAINT = AGENT_NOT_READY.key
DEDICATED = {"key": "dedicated", "operator": "Exists"}


def texts(overrides: dict[str, Any], number: str = "1.19.6") -> list[str]:
    return [str(each) for each in problems(CiliumValues(overrides=overrides), CiliumVersion.of(number))]


def refusal(where: str, process: str, got: str) -> str:
    return (
        f"cilium.overrides.{where}: must tolerate the taint node.cilium.io/agent-not-ready=true:NoExecute "
        f"of new nodes: otherwise neither the {process} nor any pod runs there, got {got}; remove it to "
        "tolerate every taint, or add {'operator': 'Exists'}"
    )


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        [DEDICATED],
        [{"key": TAINT, "operator": "Exists", "effect": "NoSchedule"}],
        [{"key": TAINT, "operator": "Equal", "value": "false"}],
        [{"key": TAINT}],
        ["text"],
    ],
)
def test_agents_that_do_not_tolerate_the_taint_of_new_nodes_are_refused(given: Any) -> None:
    assert texts({"tolerations": given})[0] == refusal("tolerations", "agent", repr(given))


@pytest.mark.parametrize(
    "given",
    [
        {"operator": "Exists"},
        {"operator": "Exists", "effect": "NoExecute"},
        {"key": TAINT, "operator": "Exists"},
        {"key": TAINT, "value": "true"},
        {"key": TAINT, "operator": "Equal", "value": "true", "effect": "NoExecute"},
    ],
)
def test_agents_that_tolerate_it_may_have_other_tolerations(given: dict[str, str]) -> None:
    assert texts({"tolerations": [DEDICATED, given]}) == []


def test_the_operator_is_looked_at_where_its_tolerations_are_raw_values() -> None:
    given = {"operator": {"tolerations": [DEDICATED]}}
    assert texts(given, "1.17.18") == [refusal("operator.tolerations", "operator", repr([DEDICATED]))]
    assert texts(given) == [
        f"cilium.overrides.operator.tolerations: must not be set: it is a typed value, got {[DEDICATED]!r}; "
        "use operator=Operator(tolerations=...)"
    ]


def test_tolerations_of_another_type_are_reported_once() -> None:
    assert texts({"tolerations": "all"}) == [
        "cilium.overrides.tolerations: must be a list in Cilium's chart 1.19.6, got 'all'; "
        "write a list: ['all']"
    ]
