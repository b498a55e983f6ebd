"""Whether security groups let nodes, pods and the control plane reach each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations

from cdk_eks_cilium.doctor.checks.views.subnets import tags_of
from cdk_eks_cilium.doctor.engine.aws_kinds import CLUSTER, INTERFACES, SECURITY_GROUPS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Unknown
from cdk_eks_cilium.doctor.engine.kinds import NODES
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

_ALL = "-1"
_ANYWHERE = "0.0.0.0/0"
Rules = Mapping[str, Object]


@check(
    "groups-let-traffic-through",
    "security groups let nodes, pods and the control plane reach each other",
    reads=(CLUSTER, SECURITY_GROUPS, INTERFACES, NODES),
    symptom="some pods do not reach others, nodes turn NotReady, or webhooks time out",
    links=(
        "https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html",
        "https://docs.cilium.io/en/stable/network/concepts/ipam/eni/",
    ),
)
def groups_let_traffic_through(seen: Seen) -> Iterator[Outcome]:
    """EKS makes a security group that control plane, nodes and pods share, with a rule that lets all traffic
    from itself in. Cilium's policies decide the rest. Whoever takes the rule away, or gives interfaces other
    groups, cuts them off.

    Rules that name ranges or ports are not followed: where only such rules connect two sides, it says so.
    """
    rules: Rules = {str(each.get("GroupId")): each for each in seen.list(SECURITY_GROUPS)}
    clusters = seen.list(CLUSTER)
    shared = str(at(clusters[0], "resourcesVpcConfig.clusterSecurityGroupId", "")) if clusters else ""
    if not shared or shared not in rules:
        yield Unknown("EKS or EC2 does not tell the security group of the cluster")
        return
    cut = []
    sides = _sides(seen, shared, at(clusters[0], "resourcesVpcConfig.securityGroupIds") or ())
    kinds = {*sides.values()}
    for one, other in [*permutations(sorted(kinds), 2), *((each, each) for each in sorted(kinds))]:
        if not _reaches(one, other, rules):
            cut.append((one, other))
    names = {
        groups: "/".join(sorted(name for name, own in sides.items() if own == groups)) for groups in kinds
    }
    if cut:
        evidence = tuple(
            Evidence(
                f"ec2 {', '.join(other)} of {names[other]}",
                "IpPermissions",
                f"without all traffic from {', '.join(one)} of {names[one]}",
                "all traffic",
            )
            for one, other in cut
        )
        fix = "\n".join(
            f"aws ec2 authorize-security-group-ingress --group-id {other[0]} --protocol all "
            f"--source-group {one[0]}"
            for one, other in cut
        )
        yield Finding(
            Severity.ERROR,
            "security groups do not let all traffic between nodes, pods and control plane through",
            evidence,
            f"# Unless rules with ranges let all of it through:\n{fix}\n"
            "# The group's outgoing rules must let all traffic out, too.",
        )
        return
    yield Fine(f"{shared} lets everything from itself in")


def _sides(seen: Seen, shared: str, further: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """The security groups of control plane, nodes and pods, each by a name; several where they differ."""
    found: dict[str, tuple[str, ...]] = {"control plane": tuple(sorted({shared, *further}))}
    instances = {str(at(node, "spec.providerID", "")).rpartition("/")[2] for node in seen.list(NODES)}
    for interface in seen.list(INTERFACES):
        if at(interface, "Attachment.InstanceId") not in instances:
            continue
        groups = tuple(sorted(str(each.get("GroupId")) for each in interface.get("Groups") or ()))
        what = "pods" if tags_of(interface, "TagSet").get("io.cilium/cilium-managed") else "nodes"
        number = sum(name.startswith(what) for name in found)
        if groups not in [own for name, own in found.items() if name.startswith(what)]:
            found[what if not number else f"{what} ({interface.get('NetworkInterfaceId')})"] = groups
    return found


def _reaches(one: tuple[str, ...], other: tuple[str, ...], rules: Rules) -> bool:
    """Whether all traffic from interfaces with the groups *one* gets to those with the groups *other*."""
    out = any(_allows(rule, other) for name in one for rule in _of(rules, name, "IpPermissionsEgress"))
    into = any(_allows(rule, one) for name in other for rule in _of(rules, name, "IpPermissions"))
    return out and into


def _of(rules: Rules, name: str, field: str) -> Sequence[Object]:
    found: Sequence[Object] = (rules.get(name) or {}).get(field) or ()
    return found


def _allows(rule: Object, groups: tuple[str, ...]) -> bool:
    if str(rule.get("IpProtocol")) != _ALL:
        return False
    if any(each.get("CidrIp") == _ANYWHERE for each in rule.get("IpRanges") or ()):
        return True
    return any(each.get("GroupId") in groups for each in rule.get("UserIdGroupPairs") or ())
