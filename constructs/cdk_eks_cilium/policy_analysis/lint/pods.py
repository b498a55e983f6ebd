"""An index of pods for selectors: a set of pods is a number with one bit for each pod."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cdk_eks_cilium.policy.model import LabelSelector
from cdk_eks_cilium.policy_analysis.evaluation.labels import (
    NAMESPACE_LABELS,
    normal_key,
    undescribed,
    workload_labels,
)
from cdk_eks_cilium.policy_analysis.evaluation.selectors import Surroundings, peer_selector
from cdk_eks_cilium.policy_analysis.workloads import Workload


class PodIndex:
    """Pods by their labels. Pods on their node's network are left out: Cilium sees nodes."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.inventory = inventory = around.inventory
        self.pods: tuple[Workload, ...] = tuple(each for each in inventory.workloads if not each.host_network)
        self.everyone = (1 << len(self.pods)) - 1
        self._pairs: dict[tuple[str, str], int] = {}
        self._keys: dict[str, dict[str, int]] = {}
        self._undescribed = 0
        for number, workload in enumerate(self.pods):
            labels = workload_labels(workload, inventory)
            self._undescribed |= (undescribed(labels) is not None) << number
            for key, value in labels.items():
                self._pairs[key, value] = self._pairs.get((key, value), 0) | 1 << number
                values = self._keys.setdefault(key, {})
                values[value] = values.get(value, 0) | 1 << number
        self.namespaces = {*inventory.namespaces, *(each.namespace for each in inventory.workloads)}

    def chosen(self, selector: LabelSelector, further: Mapping[str, str]) -> int:
        """The pods that a selector and some further labels are known to choose."""
        return self.both(selector, further)[0]

    def both(self, selector: LabelSelector, further: Mapping[str, str]) -> tuple[int, int]:
        """The pods that a selector and some further labels are known to choose, and those that they may."""
        sure = possible = self.everyone
        terms: list[tuple[str, str, tuple[str, ...]]] = []
        terms += [(key, "In", (value,)) for key, value in (selector.match_labels or {}).items()]
        terms += [(key, "In", (value,)) for key, value in further.items()]
        terms += [(one.key, one.operator, one.values or ()) for one in selector.match_expressions or ()]
        for key, operator, values in terms:
            holding = self._holding(normal_key(key), operator, values)
            unknown = self._unknown(normal_key(key))
            sure, possible = sure & holding & ~unknown, possible & (holding | unknown)
        return sure, possible

    def _unknown(self, key: str) -> int:
        """The pods of namespaces that nobody described, if the key is that of a label of theirs."""
        if not key.removeprefix("k8s:").startswith(NAMESPACE_LABELS):
            return 0
        known = 0
        for pods in self._keys.get(key, {}).values():
            known |= pods
        return self._undescribed & ~known

    def _holding(self, key: str, operator: str, values: tuple[str, ...]) -> int:
        known = self._keys.get(key, {})
        found = 0
        for value in values if operator in ("In", "NotIn") else known:
            found |= known.get(value, 0)
        return found if operator in ("In", "Exists") else self.everyone & ~found

    def may_be_peers(self, selector: LabelSelector, namespace: str | None) -> int:
        """The pods that a selector of peers chooses, or may choose, in a policy of a namespace."""
        return self.both(*peer_selector(selector, namespace, self.around))[1]

    def of(self, mask: int) -> Iterator[Workload]:
        """The pods of a set."""
        while mask:
            bit = mask & -mask
            yield self.pods[bit.bit_length() - 1]
            mask ^= bit

    def names(self, mask: int) -> list[str]:
        """The names of a set's pods."""
        return [str(each) for each in self.of(mask)]
