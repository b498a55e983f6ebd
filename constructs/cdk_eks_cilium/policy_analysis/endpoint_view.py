"""NetworkPolicies of Kubernetes as Cilium enforces them, which is not always as Kubernetes means them.

Cilium reads them into rules of its own (``pkg/k8s/network_policy.go``), and agents enforce those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from pydantic import Field

from cdk_eks_cilium.policy.builders.peer import NAMESPACE, NAMESPACE_LABELS
from cdk_eks_cilium.policy.documents import Document, make_each
from cdk_eks_cilium.policy.model import CiliumNetworkPolicy, Item, LabelSelector, Requirement, Rule, not_none
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .convert import SECTIONS, as_read, is_ciliums, unknown_labels
from .kubernetes import (
    KubernetesEgressRule,
    KubernetesIngressRule,
    KubernetesNetworkPolicy,
    is_network_policy,
    network_policy,
)
from .source_paths import ItemSource, item_sources, source_path

_KubernetesRule = TypeVar("_KubernetesRule", KubernetesIngressRule, KubernetesEgressRule)


@dataclass(frozen=True)
class Deviation:
    """A place where Cilium deviates from Kubernetes.

    Attributes:
        path: Where in the NetworkPolicy.
        rule: What must hold so that both agree, as a clause.
        fix: What to do, as a clause.
    """

    path: str
    rule: str
    fix: str


class EndpointView(CiliumNetworkPolicy):
    """A NetworkPolicy as Cilium enforces it.

    Attributes:
        deviations: Where Cilium deviates from Kubernetes.
        sources: Where the items of each section come from.
    """

    deviations: tuple[Deviation, ...] = Field(default=(), exclude=True)
    sources: dict[str, tuple[ItemSource, ...]] = Field(default={}, exclude=True)

    @property
    def written_as(self) -> str:
        """The kind that people know it by."""
        return "NetworkPolicy"

    def source_path(self, path: str) -> str:
        """The path in the NetworkPolicy."""
        return source_path(path, self.sources)


def endpoint_views(documents: Iterable[Document], version: CiliumVersion | None = None) -> list[EndpointView]:
    """What Cilium makes of every NetworkPolicy among some documents: it enforces NetworkPolicies, too.

    Raises:
        InputError: For everything wrong in them.
    """
    named = [document for document in documents if is_network_policy(document)]
    return make_each(named, lambda document: endpoint_view(network_policy(document), version))


def endpoint_view(policy: KubernetesNetworkPolicy, version: CiliumVersion | None = None) -> EndpointView:
    """What a release of Cilium, by default the newest, makes of a NetworkPolicy."""
    ranges = behaviour.policy.PORT_RANGES.holds(version)
    read = as_read(_read(policy, ranges)).policy
    rule = read.spec
    assert rule is not None
    # Only pods have the label of the cluster, so it limits a selector to pods.
    if not behaviour.policy.LOCAL_CLUSTER.holds(version):
        rule = _unbounded(rule)
    deviations = [*_unnamed(policy), *_labels(policy), *([] if ranges else _single_ports(policy, version))]
    sources = {section: tuple(item_sources(policy, section)) for section, _ in SECTIONS}
    if behaviour.policy.NEIGHBOURS_LET_IN.holds(version):
        rule, blocks = _with_neighbours(rule, policy)
        deviations += blocks
        if blocks:
            # A range has a second item, for the neighbours.
            sources["ingress"] = tuple(
                each for each in sources["ingress"] for _ in range(1 + each.peer.endswith(".ipBlock"))
            )
    return EndpointView(metadata=read.metadata, spec=rule, deviations=tuple(deviations), sources=sources)


def _read(policy: KubernetesNetworkPolicy, ranges: bool) -> KubernetesNetworkPolicy:
    """The policy with every section that has rules; without *ranges* a range is its first port."""
    spec = policy.spec
    types = dict.fromkeys((*spec.types, *(name for section, name in SECTIONS if getattr(spec, section))))
    update: dict[str, object] = {"policy_types": tuple(types)}
    if not ranges:
        update |= {
            section: tuple(_first_ports(rule) for rule in getattr(spec, section) or ())
            for section, _ in SECTIONS
        }
    return policy.model_copy(update={"spec": spec.model_copy(update=update)})


def _first_ports(rule: _KubernetesRule) -> _KubernetesRule:
    ports = tuple(port.model_copy(update={"end_port": None}) for port in rule.ports or ())
    return rule.model_copy(update={"ports": ports})


def _unbounded(rule: Rule) -> Rule:
    """The rule without the requirement that limits labels of namespaces to pods.

    https://github.com/cilium/cilium/issues/46949
    """
    return rule.model_copy(
        update={
            section: tuple(_unbounded_item(item) for item in getattr(rule, section) or ())
            for section, _ in SECTIONS
            if getattr(rule, section) is not None
        }
    )


def _unbounded_item(item: Item) -> Item:
    kind = item.peer_kind
    if kind not in ("from_endpoints", "to_endpoints"):
        return item
    return item.model_copy(update={kind: tuple(_unbounded_selector(each) for each in getattr(item, kind))})


def _unbounded_selector(selector: LabelSelector) -> LabelSelector:
    if not any(key.startswith(NAMESPACE_LABELS) for key in selector.keys):
        return selector
    # No namespace has that name. Without the key, releases before 1.16 would add the policy's own.
    any_namespace = Requirement(key=NAMESPACE, operator="NotIn", values=("",))
    expressions = tuple(
        any_namespace if one.key == NAMESPACE else one for one in selector.match_expressions or ()
    )
    return LabelSelector(**not_none(match_labels=selector.match_labels, match_expressions=expressions))


def _with_neighbours(rule: Rule, policy: KubernetesNetworkPolicy) -> tuple[Rule, list[Deviation]]:
    """The rule with the pods of its namespace wherever ingress has a range."""
    own = LabelSelector(match_labels={NAMESPACE: policy.namespace})
    items: list[Item] = []
    for item in rule.ingress or ():
        items.append(item)
        if item.from_cidr_set:
            items.append(item.model_copy(update={"from_cidr_set": None, "from_endpoints": (own,)}))
    if len(items) == len(rule.ingress or ()):
        return rule, []
    fixed = behaviour.policy.NEIGHBOURS_LET_IN.until
    deviations = [
        Deviation(
            f"spec.ingress[{index}].from[{number}].ipBlock",
            f"must not be in ingress before Cilium {fixed}, which also lets in all pods "
            f"of {policy.namespace}",
            f"install {fixed} or later",
        )
        for index, each in enumerate(policy.spec.ingress or ())
        for number, peer in enumerate(each.from_ or ())
        if peer.ip_block is not None
    ]
    return rule.model_copy(update={"ingress": tuple(items)}), deviations


def _unnamed(policy: KubernetesNetworkPolicy) -> Iterator[Deviation]:
    """Sections that Kubernetes ignores: https://github.com/cilium/cilium/issues/48703."""
    spec = policy.spec
    for section, name in SECTIONS:
        if getattr(spec, section) and name not in spec.types:
            yield Deviation(
                f"spec.{section}",
                f"must have no rules while policyTypes does not name {name}: Kubernetes ignores them, and "
                "Cilium enforces them",
                f"remove them, or add {name} to policyTypes",
            )


def _labels(policy: KubernetesNetworkPolicy) -> Iterator[Deviation]:
    """Labels that Cilium takes for its own, or does not identify pods by."""
    for path, key in unknown_labels(policy):
        if is_ciliums(key):
            yield Deviation(
                f"{path} ({key})",
                "must select pods by labels that pods have: Kubernetes finds no pod with this label, and "
                "Cilium takes it for its own",
                "use namespaceSelector, or write a CiliumNetworkPolicy",
            )
        else:
            yield Deviation(
                f"{path} ({key})",
                "must select pods by labels that Cilium identifies pods by: to Cilium no pod has this label",
                "use a label of their application",
            )


def _single_ports(policy: KubernetesNetworkPolicy, version: CiliumVersion | None) -> Iterator[Deviation]:
    for section, _ in SECTIONS:
        for index, rule in enumerate(getattr(policy.spec, section) or ()):
            for number, port in enumerate(rule.ports or ()):
                if port.end_port is not None:
                    yield Deviation(
                        f"spec.{section}[{index}].ports[{number}].endPort",
                        f"must not be set before Cilium {behaviour.policy.PORT_RANGES.since} (this is for "
                        f"{version}), which reads only port {port.port}",
                        "list the ports one by one",
                    )
