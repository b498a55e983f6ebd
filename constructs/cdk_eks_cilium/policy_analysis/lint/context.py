"""The input of lints: the rules of all policies with the pods that they select, and the known cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final

from cdk_eks_cilium.policy.agent_options import AgentOptions
from cdk_eks_cilium.policy.model import CiliumNetworkPolicy, Item, Policy, Rule
from cdk_eks_cilium.policy.model.rules import spelled_field
from cdk_eks_cilium.policy_analysis.evaluation import Direction, Enforcement
from cdk_eks_cilium.policy_analysis.evaluation.compiled import place_in, subject_selector
from cdk_eks_cilium.policy_analysis.evaluation.labels import is_reserved
from cdk_eks_cilium.policy_analysis.evaluation.selectors import Surroundings, means_the_world, peer_selector
from cdk_eks_cilium.policy_analysis.evaluation.services import services_of
from cdk_eks_cilium.policy_analysis.workloads import Inventory
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .finding import Spot
from .pods import PodIndex
from .port_rules import PortRuleView, port_rules
from .selector_terms import SelectorTerms, disjoint, implies, selector_terms

_WHOLE_CLUSTER: Final = frozenset({"all", "cluster", "cluster-mesh"})
"""The entities that mean every pod of the cluster."""


@dataclass(frozen=True, eq=False)
class RuleView:
    """A rule with the pods that it selects.

    Attributes:
        spot: Where it is.
        policy: Its policy.
        rule: The rule.
        namespace: The namespace of its policy; None if it is clusterwide.
        selector_terms: Its selector, as Cilium reads it.
        pods: The known pods that it is known to select; 0 without known pods.
        possible_pods: The known pods that it selects, or may select.
        around: What the meaning of its peers depends on.
    """

    spot: Spot
    policy: Policy
    rule: Rule
    namespace: str | None
    selector_terms: SelectorTerms
    pods: int
    possible_pods: int
    around: Surroundings

    @cached_property
    def items(self) -> tuple[ItemView, ...]:
        """Its items, also of a rule for nodes."""
        return tuple(
            ItemView(self, self.spot.at(f"{spelled_field(Rule, section)}[{index}]"), section, item)
            for section, index, item in self.rule.items()
        )

    @property
    def selector_spot(self) -> Spot:
        """Where its selector is."""
        return self.spot.at("endpointSelector" if self.rule.node_selector is None else "nodeSelector")


@dataclass(frozen=True, eq=False)
class ItemView:
    """An item with its rule.

    Attributes:
        of: The rule.
        spot: Where it is.
        section: The field of the rule: ``ingress``, ``ingress_deny``, ``egress`` or ``egress_deny``.
        item: The item.
    """

    of: RuleView
    spot: Spot
    section: str
    item: Item

    @property
    def denies(self) -> bool:
        """Whether it denies what it means."""
        return self.section.endswith("_deny")

    @property
    def direction(self) -> Direction:
        """The direction."""
        return "ingress" if self.section.startswith("ingress") else "egress"

    @cached_property
    def port_rules(self) -> tuple[PortRuleView, ...]:
        """What it lets through, or denies."""
        return port_rules(self.item)

    @cached_property
    def kind(self) -> str:
        """The kind of its peers without the direction: ``endpoints``, ``cidr_set``; empty for anyone."""
        return (self.item.peer_kind or "").partition("_")[2]

    @cached_property
    def peers(self) -> tuple[Any, ...]:
        """Its peers as the policy lists them."""
        kind = self.item.peer_kind
        return tuple(getattr(self.item, kind)) if kind else ()

    @cached_property
    def peer_terms(self) -> tuple[SelectorTerms, ...]:
        """Its selectors of peers, as Cilium reads them; empty for other kinds of peers."""
        if self.kind != "endpoints":
            return ()
        return tuple(
            selector_terms(*peer_selector(each, self.of.namespace, self.of.around)) for each in self.peers
        )

    @cached_property
    def means_the_world(self) -> tuple[int, ...]:
        """The indexes of its selectors of pods that mean the world and nodes, too."""
        if self.kind != "endpoints":
            return ()
        namespace, around = self.of.namespace, self.of.around
        return tuple(
            index for index, each in enumerate(self.peers) if means_the_world(each, namespace, around)
        )

    @property
    def peers_spot(self) -> Spot:
        """Where its peers are; without peers, the item."""
        kind = self.item.peer_kind
        return self.spot.at(spelled_field(type(self.item), kind)) if kind else self.spot


class LintContext:
    """The input of lints; arguments as in `review`. Without an inventory the cluster is unknown."""

    def __init__(
        self,
        policies: Sequence[Policy],
        inventory: Inventory | None = None,
        version: CiliumVersion | None = None,
        enforcement: Enforcement = "default",
        pod_ranges: Iterable[str] = (),
        options: AgentOptions | None = None,
        complete: bool = True,
        tiers: bool | None = None,
        unrendered: Sequence[str] = (),
    ) -> None:
        self.policies = tuple(policies)
        self.inventory = inventory
        self.version = version
        self.enforcement = enforcement
        self.options = options
        self.complete = complete
        self.tiers = tiers
        self.unrendered = tuple(unrendered)
        self.pod_ranges: list[IPv4Network | IPv6Network] = [ip_network(text) for text in pod_ranges]
        known = inventory or Inventory()
        if options is not None:
            known = replace(known, ranges_mean=known.ranges_mean | options.ranges_mean)
        self.around = Surroundings(known, version)
        self.index = PodIndex(self.around) if inventory is not None else None
        self.all_rules = tuple(self._views())
        self._near = cache(self._find_near)
        self._meant = cache(self._find_meant)
        self.plain_beside: dict[tuple[ItemView, PortRuleView], list[ItemView]] = {}

    def _views(self) -> Iterator[RuleView]:
        for index, policy in enumerate(self.policies):
            namespace = policy.namespace if isinstance(policy, CiliumNetworkPolicy) else None
            for path, rule in policy.rules():
                chosen = subject_selector(rule, namespace)
                of_pods = rule.node_selector is None and not is_reserved(rule.selector)
                known = self.index is not None and of_pods
                sure, possible = self.index.both(*chosen) if self.index and known else (0, 0)
                spot = Spot(index, place_in(policy, path))
                terms = selector_terms(*chosen)
                yield RuleView(spot, policy, rule, namespace, terms, sure, possible, self.around)

    def fix_of_labels(self, otherwise: str) -> str:
        """What to do about a selector of unknown pods, which something that nobody rendered may make."""
        if self.unrendered:
            makers = ", ".join(self.unrendered)
            return f"correct the labels, or add the pods, if something unrendered ({makers}) makes them"
        return f"correct the labels, or {otherwise}"

    @cached_property
    def rules(self) -> tuple[RuleView, ...]:
        """The rules for pods."""
        return tuple(each for each in self.all_rules if each.rule.node_selector is None)

    def items(self, *sections: str, nodes: bool = False) -> Iterator[ItemView]:
        """The items of some sections of rules for pods; with *nodes*, of rules for nodes, too."""
        for rule in self.all_rules if nodes else self.rules:
            for item in rule.items:
                if item.section in sections:
                    yield item

    def near(self, rule: RuleView, section: str) -> Iterator[ItemView]:
        """The items of a section whose rules, alone or together, may select all that *rule* selects."""
        return (item for other in self._near(rule) for item in other.items if item.section == section)

    def overlapping(self, rule: RuleView, has: Callable[[ItemView], bool]) -> Iterator[RuleView]:
        """Rules with an egress item that may select the same pods, where the pods are unknown.

        A rule for some of them is not for all.
        """
        for other in self.rules if not rule.pods else ():
            terms = other.selector_terms
            if disjoint(rule.selector_terms, terms) or implies(terms, rule.selector_terms):
                continue
            if any(item.section == "egress" and has(item) for item in other.items):
                yield other

    def _find_near(self, rule: RuleView) -> list[RuleView]:
        pods = rule.possible_pods
        if pods:
            return [other for other in self.rules if other.possible_pods & pods]
        candidates = [*self._by_label.get(None, ())]
        for pair in rule.selector_terms.exact.items():
            candidates += self._by_label.get(pair, ())
        # In the order of the policies, for texts.
        wider = {
            id(other)
            for other in candidates
            if other is rule or implies(rule.selector_terms, other.selector_terms)
        }
        return [other for other in self.rules if id(other) in wider] if len(wider) > 1 else [rule]

    @cached_property
    def _by_label(self) -> dict[tuple[str, str] | None, list[RuleView]]:
        """The rules, each under one of its labels; under None without labels."""
        groups: dict[tuple[str, str] | None, list[RuleView]] = {}
        for rule in self.rules:
            # The last label is the namespace, which many rules share.
            groups.setdefault(next(iter(rule.selector_terms.exact.items()), None), []).append(rule)
        return groups

    def pods_meant(self, view: ItemView) -> int:
        """The known pods that an item is known to mean."""
        return self._meant(view)[0]

    def pods_possibly_meant(self, view: ItemView) -> int:
        """The known pods that an item means, or may mean."""
        return self._meant(view)[1]

    def _find_meant(self, view: ItemView) -> tuple[int, int]:
        if self.index is None or view.item.is_empty:
            return 0, 0
        sure = possible = 0
        if view.kind == "endpoints":
            for selector in view.peers:
                chosen, maybe = self.index.both(*peer_selector(selector, view.of.namespace, self.around))
                sure, possible = sure | chosen, possible | maybe
        elif view.kind == "services" and not view.denies:
            for selector in services_of(view.peers, self.around.inventory, self.version).pods:
                chosen, maybe = self.index.matching(selector)
                sure, possible = sure | chosen, possible | maybe
        elif not view.kind or (view.kind == "entities" and _WHOLE_CLUSTER & set(view.peers)):
            sure = possible = self.index.everyone
        return sure, possible

    def left(self, rule: RuleView, others: Iterable[RuleView]) -> int:
        """The known pods of a rule that the other rules do not select, as far as that is known."""
        found = rule.pods
        for other in others:
            found &= ~other.possible_pods
        return found

    def possibly_left(self, rule: RuleView, others: Iterable[RuleView]) -> int:
        """The known pods of a rule that the other rules do not select, or may not select."""
        found = rule.possible_pods
        for other in others:
            found &= ~other.pods
        return found

    def within(self, rule: RuleView, others: Iterable[RuleView]) -> bool:
        """Whether other rules are known to select all that a rule selects.

        That is judged by its known pods, or else by terms.
        """
        some = tuple(others)
        if rule.possible_pods:
            return _is_implied(rule, some) or not self.possibly_left(rule, some)
        return _is_implied(rule, some)

    def may_be_within(self, rule: RuleView, others: Iterable[RuleView]) -> bool:
        """Whether other rules select, or may select, all that a rule selects; judged as in `within`."""
        some = tuple(others)
        if rule.possible_pods:
            return _is_implied(rule, some) or not self.left(rule, some)
        return _is_implied(rule, some)


def _is_implied(rule: RuleView, others: Iterable[RuleView]) -> bool:
    return any(other is rule or implies(rule.selector_terms, other.selector_terms) for other in others)
