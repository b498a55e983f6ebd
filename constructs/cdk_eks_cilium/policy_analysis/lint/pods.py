"""An index of pods for selectors: a set of pods is a number with one bit for each pod."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cdk_eks_cilium.policy.model import LabelSelector
from cdk_eks_cilium.policy_analysis.evaluation.index import LabelIndex, Masks, members
from cdk_eks_cilium.policy_analysis.evaluation.labels import Matcher, matcher, workload_labels
from cdk_eks_cilium.policy_analysis.evaluation.selectors import Surroundings, peer_selector
from cdk_eks_cilium.policy_analysis.workloads import Workload


class PodIndex:
    """Pods by their labels. Pods on their node's network are left out: Cilium sees nodes."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.inventory = inventory = around.inventory
        self.pods: tuple[Workload, ...] = tuple(each for each in inventory.workloads if not each.host_network)
        self.everyone = (1 << len(self.pods)) - 1
        self._index = LabelIndex([workload_labels(each, inventory) for each in self.pods])
        self.namespaces = {*inventory.namespaces, *(each.namespace for each in inventory.workloads)}

    def chosen(self, selector: LabelSelector, further: Mapping[str, str]) -> int:
        """The pods that a selector and some further labels are known to choose."""
        return self.both(selector, further)[0]

    def both(self, selector: LabelSelector, further: Mapping[str, str]) -> Masks:
        """The pods that a selector and further labels choose for sure, and all that they may choose."""
        return self.matching(matcher(selector, further))

    def matching(self, compiled: Matcher) -> Masks:
        """The pods that a compiled selector chooses for sure, and all that it may choose."""
        return self._index.choose(compiled)

    def may_be_peers(self, selector: LabelSelector, namespace: str | None) -> int:
        """The pods that a selector of peers chooses, or may choose, in a policy of a namespace."""
        return self.both(*peer_selector(selector, namespace, self.around))[1]

    def of(self, mask: int) -> Iterator[Workload]:
        """The pods of a set."""
        return (self.pods[number] for number in members(mask))

    def names(self, mask: int) -> list[str]:
        """The names of a set's pods."""
        return [str(each) for each in self.of(mask)]
