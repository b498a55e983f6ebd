"""What the construct can be asked for, and the rights it then ships."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from cdk_eks_cilium.cluster.removal_rights import kept_off_rules, rbac_manifests, removal_rules


@dataclass(frozen=True)
class Case:
    """One combination of strategy and options."""

    strategy: str = "remove"
    daemon_sets: tuple[str, ...] = ("aws-node",)
    extras: bool = False
    refuse_nodes: bool = False
    kept_off: tuple[str, ...] = ()

    @property
    def properties(self) -> dict[str, str]:
        """What the custom resource tells the function."""
        return {
            "Strategy": self.strategy,
            "DaemonSets": json.dumps(self.daemon_sets),
            "RemoveExtras": str(self.extras).lower(),
            "RefuseNodes": str(self.refuse_nodes).lower(),
            **({"KeptOff": json.dumps(self.kept_off)} if self.kept_off else {}),
        }

    def manifests(self, name: str, group: str) -> list[dict[str, Any]]:
        """The roles and bindings, as the construct makes them."""
        rules = removal_rules(
            self.strategy, self.daemon_sets, extras=self.extras, list_nodes=self.refuse_nodes
        )
        manifests = rbac_manifests(name, group, rules)
        if self.kept_off:
            manifests += rbac_manifests(f"{name}-kept-off", group, kept_off_rules(self.kept_off))
        return manifests


#: Another DaemonSet that is to be removed gets a line here, and the suite proves its rights, too.
CASES = {
    "remove": Case(),
    "remove-two": Case(daemon_sets=("aws-node", "kube-proxy")),
    "remove-extras": Case(extras=True),
    "refuse-nodes": Case(refuse_nodes=True),
    "remove-everything": Case(extras=True, refuse_nodes=True),
    "patch": Case("patch"),
    "remove-without-kube-proxy": Case(kept_off=("kube-proxy",)),
}
