"""What nobody described is unknown: exactly where different descriptions lead to different answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.policy.documents import parse
from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, Flow, Matrix
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload

TEAM = "k8s:io.cilium.k8s.namespace.labels.team"
STAGE = "io.cilium.k8s.namespace.labels.stage"
OWN = "io.kubernetes.pod.namespace"

#: Whether a namespace has the labels, and which value: all that the drawn policies can tell apart.
COMPLETIONS = [
    {key: value for key, value in zip(("team", "stage"), values, strict=True) if value is not None}
    for values in product((None, "one", "two"), repeat=2)
]

INVENTORY = Inventory(
    (
        Workload("known", "web", {"app": "x"}),
        Workload("open", "web", {"app": "x"}),
        Workload("other", "api", {"app": "y"}),
    ),
    {"known": {"team": "one"}},
)


def terms(keys: tuple[str, ...] = (TEAM, STAGE)) -> st.SearchStrategy[dict[str, Any]]:
    """A term about a namespace's label, each of which a description can make true or false."""
    return st.one_of(
        st.fixed_dictionaries(
            {
                "key": st.sampled_from(keys),
                "operator": st.sampled_from(["In", "NotIn"]),
                "values": st.lists(st.sampled_from(["one", "two"]), min_size=1, max_size=2, unique=True),
            }
        ),
        st.fixed_dictionaries(
            {"key": st.sampled_from(keys), "operator": st.sampled_from(["Exists", "DoesNotExist"])}
        ),
    )


def selectors(some: st.SearchStrategy[list[dict[str, Any]]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"matchLabels": st.sampled_from([{}, {}, {"app": "x"}, {OWN: "open"}]), "matchExpressions": some}
    )


PORTS = st.sampled_from(
    [
        [],
        [],
        [{"ports": [{"port": "80", "protocol": "TCP"}]}],
        [{"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": [{"method": "GET"}]}}],
        [{"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": [{"method": "PUT"}]}}],
    ]
)
PLAIN = st.sampled_from([[], [{"ports": [{"port": "80", "protocol": "TCP"}]}]])


def made(number: int, namespace: str | None, spec: dict[str, Any]) -> Policy:
    kind = "CiliumNetworkPolicy" if namespace else "CiliumClusterwideNetworkPolicy"
    metadata = {"name": f"p{number}"} | ({"namespace": namespace} if namespace else {})
    return parse({"kind": kind, "metadata": metadata, "spec": spec})


@cache
def some_items(section: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    side = "from" if section.startswith("ingress") else "to"
    items = st.fixed_dictionaries(
        {
            f"{side}Endpoints": st.lists(CHOSEN, min_size=1, max_size=2),
            "toPorts": PLAIN if section.endswith("Deny") else PORTS,
        }
    )
    return st.lists(items, min_size=1, max_size=2)


CHOSEN = selectors(st.lists(terms(), max_size=2))
NAMESPACES = st.sampled_from(["known", "open", None])


@st.composite
def policies(draw: st.DrawFn) -> list[Policy]:
    found = []
    for number in range(draw(st.integers(1, 3))):
        spec: dict[str, Any] = {"endpointSelector": draw(CHOSEN)}
        for section in ("ingress", "ingressDeny", "egress", "egressDeny"):
            if draw(st.booleans()):
                spec[section] = draw(some_items(section))
        if len(spec) > 1:
            found.append(made(number, draw(NAMESPACES), spec))
    return found


def completed() -> Iterator[Inventory]:
    for one, other in product(COMPLETIONS, repeat=2):
        yield replace(INVENTORY, namespaces={**INVENTORY.namespaces, "open": one, "other": other})


def pairs() -> Iterator[tuple[Endpoint, Endpoint]]:
    ends = [Endpoint.pod(each) for each in INVENTORY.workloads]
    return ((one, other) for one in ends for other in ends if one != other)


def verdicts(some: list[Policy], described: Inventory) -> dict[tuple[str, str, str], str]:
    evaluation = Evaluation(some, described)
    return {
        (str(source), str(destination), ruling.direction): ruling.verdict
        for source, destination in pairs()
        for ruling in evaluation.explain(Flow(source, destination, 80)).verdicts
    }


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policies())
def test_a_known_answer_holds_however_namespaces_are_described(some: list[Policy]) -> None:
    found = verdicts(some, INVENTORY)
    for each in completed():
        for place, verdict in verdicts(some, each).items():
            assert found[place] in (verdict, "unknown"), place


@st.composite
def independent(draw: st.DrawFn) -> list[Policy]:
    """Policies of which each term asks for a label of its own, so that no term decides another."""
    keys = iter([f"{TEAM}{number}" for number in range(4)])

    def term() -> list[dict[str, Any]]:
        key = next(keys, None)
        return [draw(terms((key,)))] if key is not None and draw(st.booleans()) else []

    found = []
    for number in range(draw(st.integers(1, 2))):
        spec: dict[str, Any] = {"endpointSelector": {"matchExpressions": term()}}
        for section in draw(
            st.lists(st.sampled_from(["ingress", "ingressDeny"]), min_size=1, max_size=2, unique=True)
        ):
            spec[section] = [
                {
                    "fromEndpoints": [{"matchExpressions": [*term(), {"key": OWN, "operator": "Exists"}]}],
                    "toPorts": draw(PLAIN if section.endswith("Deny") else PORTS),
                }
                for _ in range(draw(st.integers(1, 2)))
            ]
        found.append(made(number, draw(st.sampled_from(["open", None])), spec))
    return found


def described(values: tuple[str | None, ...]) -> dict[str, str]:
    return {f"team{number}": value for number, value in enumerate(values) if value is not None}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(independent())
def test_an_answer_is_known_exactly_where_all_descriptions_give_it(some: list[Policy]) -> None:
    web, api = INVENTORY.workloads[1:]
    flow = Flow(Endpoint.pod(api), Endpoint.pod(web), 80)
    answers = set()
    for values in product((None, "one", "two", "three"), repeat=4):
        labels = described(values)
        inventory = replace(INVENTORY, namespaces={"open": labels, "other": labels})
        answers.add(Evaluation(some, inventory).explain(flow).verdict)
    expected = answers.pop() if len(answers) == 1 else "unknown"
    assert Evaluation(some, INVENTORY).explain(flow).verdict == expected


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policies())
def test_the_matrix_knows_as_much_as_explanations(some: list[Policy]) -> None:
    evaluation = Evaluation(some, INVENTORY)
    matrix = Matrix(evaluation)
    for source, destination in pairs():
        reach = matrix.reach(source, destination)
        for port in (80, 81):
            found = evaluation.explain(Flow(source, destination, port))
            point = ("TCP", port)
            there = [name for name in ("ports", "limited", "unknown") if point in getattr(reach, name)]
            known = ["limited" if found.limits else "ports"] if found.allowed else []
            assert there == (["unknown"] if found.verdict == "unknown" else known)
            assert bool(found.missing) == (found.verdict == "unknown")
            assert set(found.missing) <= set(reach.missing)
