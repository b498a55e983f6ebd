"""Where Cilium keeps identities, and what people see of policies."""

from __future__ import annotations

from typing import Final

from cdk_eks_cilium.versions import behaviour

from .configuration import Configuration
from .rule import Caution, Contradiction

_MODES: Final = ("crd", "kvstore")
_MODES_IN_BOTH: Final = ("doublewrite-readkvstore", "doublewrite-readcrd")
_LEVELS: Final = ("none", "disabled", "lowest", "low", "medium", "max", "maximum")


def _unknown_mode(given: Configuration) -> bool:
    in_both = behaviour.agents.IDENTITIES_IN_BOTH.holds(given.version)
    known = (*_MODES, *_MODES_IN_BOTH) if in_both else _MODES
    return given.text("identityAllocationMode") not in ("", *known)


def _etcd_is_a_placeholder(given: Configuration) -> bool:
    endpoints = given.get("etcd.endpoints")
    return given.on("etcd.enabled") and "CHANGE-ME" in str(endpoints)


CONTRADICTIONS: Final = (
    Contradiction(
        id="CEK2370",
        name="unknown place of identities",
        setting="identityAllocationMode",
        broken=_unknown_mode,
        rule=f"must be one of {', '.join(_MODES)}, and from Cilium "
        f"{behaviour.agents.IDENTITIES_IN_BOTH.since} on {', '.join(_MODES_IN_BOTH)}: agents do not start "
        "with another one",
        fix="remove it",
        source="Populate in pkg/option/config.go",
    ),
    Contradiction(
        id="CEK2371",
        name="etcd without an address",
        setting="etcd.enabled",
        broken=_etcd_is_a_placeholder,
        rule="needs etcd.endpoints: agents wait for the chart's example, https://CHANGE-ME:2379, and do not "
        "start",
        fix="set etcd.endpoints, or remove it",
        source="the default of etcd.endpoints; initKVStore in daemon/cmd/daemon_main.go",
    ),
    Contradiction(
        id="CEK2372",
        name="unknown aggregation of events",
        setting="bpf.monitorAggregation",
        broken=lambda given: given.text("bpf.monitorAggregation").lower() not in ("", *_LEVELS),
        rule="must be one of none, lowest, low, medium, maximum: agents do not start with another one",
        fix="remove it",
        source="ParseMonitorAggregationLevel in pkg/option/monitor.go",
    ),
)

CAUTIONS: Final = (
    Caution(
        name="SPIRE without a volume",
        setting="authentication.mutual.spire.install.server.dataStorage.enabled",
        met=lambda given: (
            all(
                given.on(f"authentication.mutual.spire.{name}")
                for name in ("enabled", "install.enabled", "install.server.dataStorage.enabled")
            )
            and not given.text("authentication.mutual.spire.install.server.dataStorage.storageClass")
        ),
        text="the server of SPIRE waits for a volume of the default StorageClass, and a new EKS cluster has "
        "neither one nor a driver that makes volumes: add the EBS CSI driver, and set storageClass beside it",
        source="templates/spire/server/statefulset.yaml of the charts; "
        "https://docs.aws.amazon.com/eks/latest/userguide/ebs-csi.html",
    ),
    Caution(
        name="policies that are only logged",
        setting="policyAuditMode",
        met=lambda given: given.on("policyAuditMode"),
        text="no network policy is enforced: agents only log what they would refuse; turn it off before you "
        "rely on a policy",
        source="daemon/cmd/daemon_main.go",
    ),
)
