"""Small clusters and policies about them, as text, and drawn by hypothesis."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from hypothesis import strategies as st

from cdk_eks_cilium.policy.documents import load_policies, parse, read_text
from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, Flow
from cdk_eks_cilium.policy_analysis.inventories import inventory
from cdk_eks_cilium.policy_analysis.workloads import Inventory, NamedPort, Workload
from cdk_eks_cilium.versions.cilium import CiliumVersion


def cluster(text: str, **options: Any) -> Evaluation:
    """The evaluation of YAML with policies and pods."""
    documents = read_text(text, "world.yaml")
    return Evaluation(load_policies(documents), inventory(documents), **options)


def pod(name: str, *, labels: str = "", more: str = "") -> str:
    """The YAML of a pod called ``NAMESPACE/NAME``; labels like ``app: web, tier: front``."""
    namespace, _, own = name.partition("/")
    return (
        "---\napiVersion: v1\nkind: Pod\n"
        f"metadata: {{name: {own}, namespace: {namespace}, labels: {{{labels or f'app: {own}'}}}}}\n"
        f"spec: {{{more}}}\n"
    )


def policy(name: str, spec: str, kind: str = "CiliumNetworkPolicy") -> str:
    """The YAML of a policy; *spec* is flow style or indented by two."""
    namespace, _, own = name.rpartition("/")
    within = f", namespace: {namespace}" if namespace else ""
    return (
        f"---\napiVersion: cilium.io/v2\nkind: {kind}\nmetadata: {{name: {own}{within}}}\nspec:\n"
        + "".join(f"  {line}\n" for line in spec.strip("\n").splitlines())
    )


def side(evaluation: Evaluation, name: str) -> Endpoint:
    """``NAMESPACE/POD``, ``fqdn:NAME``, ``cidr:ADDRESS`` or ``entity:NAME``."""
    kind, _, rest = name.partition(":")
    if rest:
        makers: dict[str, Callable[[str], Endpoint]] = {
            "fqdn": Endpoint.fqdn,
            "cidr": Endpoint.address,
            "entity": Endpoint.entity,
        }
        return makers[kind](rest)
    workload = evaluation.inventory.find(name)
    assert workload is not None, name
    return Endpoint.pod(workload)


def flow(
    evaluation: Evaluation, source: str, destination: str, port: int = 80, protocol: str = "TCP", **more: Any
) -> Flow:
    """A flow between sides called as in `side`."""
    return Flow(side(evaluation, source), side(evaluation, destination), port, protocol, **more)


_NAMESPACES = ("a", "b")
_APPS = ("x", "y")
_ANY_NAMESPACE = st.sampled_from(_NAMESPACES)
_DIRECTIONS = st.sampled_from(["ingress", "egress"])

POD = "k8s:io.kubernetes.pod.namespace"


# Hypothesis examines each strategy that it meets: made anew for each draw, they took half of the time.
@cache
def selectors() -> st.SearchStrategy[dict[str, Any]]:
    """Selectors that mean some of the pods of `drawn`."""
    return st.sampled_from(
        [
            {},
            {"matchLabels": {"app": "x"}},
            {"matchLabels": {"k8s:app": "y"}},
            {"matchLabels": {POD: "b"}},
            {"matchLabels": {POD: "b", "app": "x"}},
            {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["x"]}]},
            {"matchExpressions": [{"key": "role", "operator": "Exists"}]},
            {"matchLabels": {"reserved:host": ""}},
            {"matchLabels": {"k8s:io.cilium.k8s.namespace.labels.team": "one"}},
            {"matchExpressions": [{"key": POD, "operator": "NotIn", "values": ["b"]}]},
        ]
    )


@cache
def _ports() -> st.SearchStrategy[list[dict[str, Any]]]:
    one = st.sampled_from(
        [
            {"port": "80", "protocol": "TCP"},
            {"port": "80"},
            {"port": "web", "protocol": "TCP"},
            {"port": "79", "endPort": 81, "protocol": "TCP"},
            {"port": "0", "protocol": "UDP"},
            {"port": "53", "protocol": "ANY"},
        ]
    )
    return st.lists(st.fixed_dictionaries({"ports": st.lists(one, min_size=1, max_size=2)}), max_size=2)


@cache
def _lists(direction: str, deny: bool) -> st.SearchStrategy[list[dict[str, Any]] | None]:
    return st.none() | st.lists(_items(direction, deny), max_size=2)


def _items(direction: str, deny: bool) -> st.SearchStrategy[dict[str, Any]]:
    prefix = "from" if direction == "ingress" else "to"
    peers: list[st.SearchStrategy[dict[str, Any]]] = [
        st.just({}),
        st.fixed_dictionaries({f"{prefix}Endpoints": st.lists(selectors(), max_size=2)}),
        st.fixed_dictionaries(
            {
                f"{prefix}Entities": st.lists(
                    st.sampled_from(["all", "world", "cluster", "host", "remote-node", "kube-apiserver"]),
                    min_size=1,
                    max_size=2,
                )
            }
        ),
        st.fixed_dictionaries(
            {
                f"{prefix}CIDRSet": st.just(
                    [{"cidr": "203.0.113.0/24", "except": ["203.0.113.128/25"]}, {"cidr": "198.51.100.0/24"}]
                )
            }
        ),
    ]
    if direction == "egress" and not deny:
        peers.append(st.just({"toFQDNs": [{"matchPattern": "*.example.com"}]}))
    ports: st.SearchStrategy[list[dict[str, Any]]] = st.one_of(st.just([]), _ports())
    if not deny:
        http: list[dict[str, Any]] = [
            {"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": [{"method": "GET"}]}}
        ]
        names: list[dict[str, Any]] = [
            {"ports": [{"port": "80", "protocol": "TCP"}], "serverNames": ["a.example.com"]}
        ]
        ports = st.one_of(ports, st.just(http), st.just(names))
        if direction == "egress":
            dns: list[dict[str, Any]] = [
                {"ports": [{"port": "53", "protocol": "ANY"}], "rules": {"dns": [{"matchPattern": "*"}]}}
            ]
            ports = st.one_of(ports, st.just(dns))

    # One in four.
    proofs = st.just({}) if deny else st.sampled_from([{}, {}, {}, {"authentication": {"mode": "required"}}])

    def whole(parts: tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        return {**parts[0], **({"toPorts": parts[1]} if parts[1] else {}), **parts[2]}

    return st.tuples(st.one_of(peers), ports, proofs).map(whole)


@st.composite
def drawn_policy(draw: st.DrawFn, number: int) -> Policy:
    """A policy about the pods of `drawn`."""
    clusterwide = draw(st.booleans()) and draw(st.booleans())
    spec: dict[str, Any] = {"endpointSelector": draw(selectors())}
    for direction in ("ingress", "egress"):
        for deny in (False, True):
            items = draw(_lists(direction, deny))
            if items is not None:
                spec[direction + ("Deny" if deny else "")] = items
    if draw(st.booleans()) and draw(st.booleans()):
        spec["enableDefaultDeny"] = {draw(_DIRECTIONS): draw(st.booleans())}
    metadata = {"name": f"p{number}"}
    if clusterwide:
        return parse(
            {"kind": "CiliumClusterwideNetworkPolicy", "metadata": metadata, "spec": spec}, "drawn policy"
        )
    metadata["namespace"] = draw(_ANY_NAMESPACE)
    return parse({"kind": "CiliumNetworkPolicy", "metadata": metadata, "spec": spec}, "drawn policy")


_POLICIES = tuple(drawn_policy(number) for number in range(4))


@st.composite
def drawn_parts(draw: st.DrawFn, kind: str = "Pod") -> tuple[list[Policy], Inventory]:
    """Up to four policies, and the pods of two namespaces that they are about."""
    pods = tuple(
        Workload(
            namespace,
            f"{app}-{role or 'none'}",
            {"app": app, **({"role": role} if role else {})},
            ports=(NamedPort("web", 8080 if app == "x" else 80),),
            kind=kind,
        )
        for namespace in _NAMESPACES
        for app in _APPS
        for role in ("", "r")
    )
    node = Workload("a", "on-node", {"app": "x"}, host_network=True)
    policies = [draw(each) for each in _POLICIES[: draw(st.integers(0, len(_POLICIES)))]]
    return policies, Inventory((*pods, node), {"a": {"team": "one"}})


def drawn() -> st.SearchStrategy[Evaluation]:
    """Up to four policies over the pods of two namespaces, in releases that mean different things by them."""
    return st.builds(
        lambda parts, version: Evaluation(*parts, version=version),
        drawn_parts(),
        st.sampled_from([None, CiliumVersion.V1_18]),
    )
