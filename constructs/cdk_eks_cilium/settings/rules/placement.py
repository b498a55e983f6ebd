"""Rules over where Cilium's own pods run: some node must fit each of them, and every node the agents.

An operator that no node fits gives no node an address, and agents that do not run everywhere leave nodes that
never become ready.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cdk_eks_cilium.nodes import Taint
from cdk_eks_cilium.problems import MISSING, InputError, Problem
from cdk_eks_cilium.settings.address_plan import node_addressing
from cdk_eks_cilium.settings.conversion import cilium_values, cilium_version
from cdk_eks_cilium.settings.model import Settings
from cdk_eks_cilium.settings.node_group import NodeGroupSettings
from cdk_eks_cilium.settings.node_labels import NodeLabels, node_labels
from cdk_eks_cilium.values.rendering.effective import EffectiveValues

from .rule import Rule

_TERMS: Final = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"


@dataclass(frozen=True)
class _Pods:
    """Pods of Cilium's chart.

    Attributes:
        name: What people call them.
        section: Their section of the chart's values; empty for the agents.
        needs: The values that must be on for them to exist, or have the value behind the sign of equality.
        everywhere: Whether each node must have one.
    """

    name: str
    section: str
    needs: tuple[str, ...] = ()
    everywhere: bool = False

    def path(self, key: str) -> str:
        """The path of one of their values."""
        return f"{self.section}.{key}" if self.section else key


_ALL: Final = (
    _Pods("the agents", "", everywhere=True),
    _Pods("Envoy", "envoy", ("envoy.enabled", "l7Proxy"), everywhere=True),
    _Pods("node-init", "nodeinit", ("nodeinit.enabled",), everywhere=True),
    _Pods("the operator", "operator"),
    _Pods("Hubble's relay", "hubble.relay", ("hubble.relay.enabled",)),
    _Pods("Hubble's UI", "hubble.ui", ("hubble.ui.enabled",)),
    _Pods("the job of certificates", "certgen", ("hubble.enabled", "hubble.tls.auto.method=cronJob")),
    _Pods("the API server of the mesh", "clustermesh.apiserver", ("clustermesh.useAPIServer",)),
    _Pods(
        "the SPIRE server",
        "authentication.mutual.spire.install.server",
        ("authentication.mutual.spire.enabled",),
    ),
    _Pods(
        "SPIRE's agents",
        "authentication.mutual.spire.install.agent",
        ("authentication.mutual.spire.enabled",),
    ),
)


@dataclass(frozen=True)
class _Nodes:
    """A node group, with the labels of its nodes."""

    group: NodeGroupSettings
    labels: tuple[NodeLabels, ...]


def _placed(settings: Settings) -> Iterator[Problem]:
    try:
        addressing = node_addressing(settings)
    except InputError:
        return
    groups = [
        _Nodes(group, tuple(node_labels(settings, group, addressing))) for group in settings.node_groups
    ]
    given = EffectiveValues.of(cilium_values(settings), cilium_version(settings))
    for pods in _ALL:
        if all(_has(given, need) for need in pods.needs):
            check = _everywhere if pods.everywhere else _somewhere
            yield from check(pods, given, groups, settings)


def _has(given: EffectiveValues, need: str) -> bool:
    path, equals, value = need.partition("=")
    return given.get(path) == value if equals else given.on(path)


def _somewhere(
    pods: _Pods, given: EffectiveValues, groups: Sequence[_Nodes], settings: Settings
) -> Iterator[Problem]:
    """A group must fit by its labels, and one of these by its taints."""
    fitting = groups
    for key in ("nodeSelector", _TERMS):
        chosen = [
            each for each in fitting if any(_fits(given.get(pods.path(key)), one) for one in each.labels)
        ]
        if not chosen:
            yield Problem(
                _place(pods, key, settings),
                f"must fit the nodes of a group: no group has these labels, and {pods.name} would never run",
                given.get(pods.path(key)),
                "give a group in node_groups these labels, or remove it",
                id="CEK1300",
            )
            return
        fitting = chosen
    if not any(each.group.takes_any_pod for each in groups):
        # Another rule asks for a group without taints.
        return
    tolerations = given.get(pods.path("tolerations"))
    if not any(_tolerated(tolerations, each.group) for each in fitting):
        names = ", ".join(each.group.name for each in fitting)
        taints = ", ".join(str(taint) for taint in _taints(fitting[0].group))
        yield Problem(
            _place(pods, "tolerations", settings),
            f"must tolerate the taints of a group that {pods.name} may run on, which are {names}",
            tolerations,
            f"tolerate {taints}, or choose other nodes for it",
            id="CEK1301",
        )


def _everywhere(
    pods: _Pods, given: EffectiveValues, groups: Sequence[_Nodes], settings: Settings
) -> Iterator[Problem]:
    """Every node of every group must fit."""
    for key in ("nodeSelector", _TERMS):
        selector = given.get(pods.path(key))
        missed = [each.group.name for each in groups if not all(_fits(selector, one) for one in each.labels)]
        if missed:
            yield Problem(
                _place(pods, key, settings),
                f"must fit every node: {pods.name} would be missing on nodes of {', '.join(missed)}",
                selector,
                "remove it, or give every group these labels",
                id="CEK1302",
            )
    tolerations = given.get(pods.path("tolerations"))
    for each in groups:
        if not _tolerated(tolerations, each.group):
            yield Problem(
                _place(pods, "tolerations", settings),
                f"must tolerate the taints of every group: {pods.name} would be missing on nodes of "
                f"{each.group.name}",
                tolerations,
                f"tolerate {', '.join(str(taint) for taint in _taints(each.group))}, or remove it",
                id="CEK1303",
            )


def _fits(selector: Any, labels: NodeLabels) -> bool:
    """Whether a node selector, or the terms of an affinity, may fit a node. Other forms fit."""
    if isinstance(selector, Mapping):
        wanted = [(key, value) for key, value in selector.items() if value is not None]
        return all(labels.may_match(key, "In", (str(value),)) for key, value in wanted)
    if isinstance(selector, list) and selector:
        return any(_fits_term(term, labels) for term in selector)
    return True


def _fits_term(term: Any, labels: NodeLabels) -> bool:
    expressions = term.get("matchExpressions") if isinstance(term, Mapping) else None
    if not isinstance(expressions, list):
        return True
    return all(
        labels.may_match(
            str(each.get("key")), str(each.get("operator")), tuple(map(str, each.get("values") or ()))
        )
        for each in expressions
        if isinstance(each, Mapping)
    )


def _taints(group: NodeGroupSettings) -> list[Taint]:
    return [taint for taint in group.props.taints if taint.keeps_pods_off]


def _tolerated(tolerations: Any, group: NodeGroupSettings) -> bool:
    given = tolerations if isinstance(tolerations, list) else []
    return all(any(_tolerates(each, taint) for each in given) for taint in _taints(group))


def _tolerates(toleration: Any, taint: Taint) -> bool:
    """https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/."""
    if not isinstance(toleration, Mapping) or toleration.get("effect") not in (None, "", taint.effect):
        return False
    key = toleration.get("key")
    if toleration.get("operator") == "Exists":
        return key in (None, "", taint.key)
    return bool(key == taint.key and (toleration.get("value") or "") == taint.value)


def _place(pods: _Pods, key: str, settings: Settings) -> str:
    """Where the value stands: in the overrides, or typed."""
    given: Any = settings.cilium.overrides
    for name in pods.path(key).split("."):
        given = given.get(name, MISSING) if isinstance(given, Mapping) else MISSING
    if given is MISSING and key == "tolerations":
        typed = {"operator": "cilium.operator.tolerations", "hubble.relay": "cilium.hubble.tolerations"}
        return typed.get(pods.section, "cilium.hubble.tolerations")
    return f"cilium.overrides.{pods.path(key)}"


RULES: Final[tuple[Rule, ...]] = (_placed,)
