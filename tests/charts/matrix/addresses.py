"""Network interfaces, what a node keeps in stock, and the way out."""

from __future__ import annotations

import json
from typing import Any

from cdk_eks_cilium.values import Egress, Eni, Ipam
from cdk_eks_cilium.values.rendering.cni_config import ANNOTATION
from tests.charts.matrix.case import AGENT_POD, MAINTAINED, REPLACED, Case
from tests.charts.versions import REFS

TAGS = {
    "io.cilium/cilium-managed": "true",
    "io.cilium/cluster-name": REFS.cluster_name,
    "team": "web",
}
SUBNETS = list(REFS.subnet_ids)


def cni_file(eni: dict[str, Any] | None = None, ipam: dict[str, Any] | None = None) -> dict[str, str]:
    """The CNI file of agents below 1.19: the annotation has the same text as the ConfigMap."""
    subnets = {"first-interface-index": 1, "subnet-ids": SUBNETS}
    plugin = {"cniVersion": "0.3.1", "type": "cilium-cni", "eni": subnets | (eni or {})}
    whole = {"cniVersion": "0.3.1", "name": "cilium", "plugins": [plugin | ({"ipam": ipam} if ipam else {})]}
    return {
        f"{AGENT_POD}.metadata.annotations[{ANNOTATION}]": json.dumps(whole, separators=(",", ":")),
    }


LAST = {"eni": Eni(first_interface_index=2)}
GROUPS = {"eni": Eni(security_group_ids=("sg-1", "sg-2"))}
PRIMARY = {"eni": Eni(prefix_delegation=False, use_primary_address=True)}
STOCK = {"ipam": Ipam(min_allocate=10, pre_allocate=4)}
ELASTIC = {"ipam": Ipam(static_ip_tags={"pool": "a", "team": "b"})}

CASES = [
    Case(
        "addresses are taken one by one",
        {"eni": Eni(prefix_delegation=False)},
        config={"aws-enable-prefix-delegation": None},
    ),
    Case(
        "unused addresses are kept",
        {"eni": Eni(release_excess_ips=False)},
        config={"aws-release-excess-ips": None},
    ),
    Case(
        "interfaces have more tags",
        {"eni": Eni(tags={"team": "web"})},
        config={"eni-tags": json.dumps(TAGS, separators=(",", ":"))},
    ),
    Case("pods begin at interface 2", LAST, config={"eni-first-interface-index": "2"}, since="1.19"),
    Case(
        "pods begin at interface 2, by the file",
        LAST,
        fields=cni_file({"first-interface-index": 2}),
        before="1.19",
    ),
    Case(
        "interfaces have groups of their own",
        GROUPS,
        config={"eni-security-groups": "sg-1,sg-2"},
        since="1.19",
    ),
    Case(
        "interfaces have groups of their own, by the file",
        GROUPS,
        fields=cni_file({"security-groups": ["sg-1", "sg-2"]}),
        before="1.19",
    ),
    Case("primary addresses go to pods", PRIMARY, config={"eni-use-primary-address": "true"}, since="1.19"),
    Case(
        "primary addresses go to pods, by the file",
        PRIMARY,
        fields=cni_file({"use-primary-address": True}),
        before="1.19",
    ),
    Case(
        "nodes keep addresses in stock",
        STOCK,
        config={"ipam-min-allocate": "10", "ipam-pre-allocate": "4"},
        since="1.19",
    ),
    Case(
        "nodes keep addresses in stock, by the file",
        STOCK,
        fields=cni_file(ipam={"min-allocate": 10, "pre-allocate": 4}),
        before="1.19",
    ),
    Case(
        "nodes get no more addresses than that",
        {"ipam": Ipam(max_allocate=64)},
        config={"ipam-max-allocate": "64"},
        since="1.19",
    ),
    Case("nodes get an Elastic IP", ELASTIC, config={"ipam-static-ip-tags": "pool=a,team=b"}, since="1.19"),
    Case(
        "nodes get an Elastic IP, by the file",
        ELASTIC,
        fields=cni_file(ipam={"static-ip-tags": {"pool": "a", "team": "b"}}),
        since=MAINTAINED,
        before="1.19",
    ),
    Case(
        "pods leave by another interface of the node",
        {"egress": Egress.node("ens5")},
        config={"egress-masquerade-interfaces": "ens5"},
    ),
    Case(
        "pods leave with their own address",
        {"egress": Egress.pod()},
        config={"enable-ipv4-masquerade": "false", "egress-masquerade-interfaces": None},
    ),
    Case(
        "addresses are translated in eBPF, on that interface alone",
        {"masquerade": "ebpf", "egress": Egress.node("ens5")},
        beside=REPLACED,
        config={"enable-bpf-masquerade": "true", "devices": "ens5", "egress-masquerade-interfaces": None},
        since=MAINTAINED,
    ),
]
