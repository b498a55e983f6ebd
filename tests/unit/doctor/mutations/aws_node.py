"""aws-node and kube-proxy come back, or are not what the settings want."""

from __future__ import annotations

from cdk_eks_cilium.doctor.checks.views.moving_nodes import NEW_NODES
from cdk_eks_cilium.doctor.engine import aws_kinds, kinds
from tests.unit.doctor.mutations import Mutation
from tests.unit.doctor.mutations.changes import configure
from tests.unit.doctor.world import Thing, World, thing

KEPT_OFF = {"io.cilium/aws-node-enabled": "true"}


def daemon_set(world: World, name: str, selector: dict[str, str] | None = None) -> Thing:
    pod: Thing = {"containers": [{"name": name, "image": f"{name}:v1.21.1"}]}
    if selector is not None:
        pod["nodeSelector"] = selector
    status = {"numberReady": 0 if selector else 3, "desiredNumberScheduled": 0 if selector else 3}
    found = thing(kinds.DAEMON_SETS, name, "kube-system", spec={"template": {"spec": pod}}, status=status)
    world.add(kinds.DAEMON_SETS, found)
    return found


def add_on(world: World, name: str, status: str = "ACTIVE") -> None:
    world.add(aws_kinds.ADD_ONS, {"addonName": name, "clusterName": "platform", "status": status})


def _aws_node(world: World) -> None:
    daemon_set(world, "aws-node")


def _parked(world: World) -> None:
    daemon_set(world, "aws-node", KEPT_OFF)


def _deleted(world: World) -> None:
    world.planned(aws_node="patch")


def _other_selector(world: World) -> None:
    world.planned(aws_node="patch")
    daemon_set(world, "aws-node", {"no-such-node": "true"})


def _add_on(world: World) -> None:
    add_on(world, "vpc-cni")


def _beside(world: World) -> None:
    daemon_set(world, "kube-proxy")


def _no_proxy(world: World) -> None:
    configure(world, kube_proxy_replacement="false")


def _parked_proxy(world: World) -> None:
    configure(world, kube_proxy_replacement="false")
    daemon_set(world, "kube-proxy", {"io.cilium/kube-proxy-enabled": "true"})


def _eni_config(world: World) -> None:
    world.add(kinds.ENI_CONFIGS, thing(kinds.ENI_CONFIGS, "eu-west-1a"))


def _security_group_policy(world: World) -> None:
    world.add(kinds.POD_SECURITY_GROUPS, thing(kinds.POD_SECURITY_GROUPS, "db", "team-a"))


def _moving(world: World, *, image: str = "v1.21.1", ready: int = 1) -> Thing:
    """A migration under way: Cilium has all nodes but one, which aws-node keeps."""
    for node in world.all(kinds.NODES)[1:]:
        node["metadata"]["labels"][NEW_NODES] = "true"
    agents = world.one(kinds.DAEMON_SETS, "cilium")
    agents["spec"]["template"]["spec"]["nodeSelector"] = {NEW_NODES: "true"}
    agents["status"].update(dict.fromkeys(agents["status"], 2) | {"observedGeneration": 1})
    found = daemon_set(world, "aws-node")
    expression = {"key": NEW_NODES, "operator": "DoesNotExist"}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    found["spec"]["template"]["spec"] = {
        "containers": [{"name": "aws-node", "image": f"602401143452.dkr.ecr/amazon-k8s-cni:{image}"}],
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}},
    }
    found["status"] = {"numberReady": ready, "desiredNumberScheduled": 1}
    return found


def _not_ready(world: World) -> None:
    _moving(world, ready=0)


def _old(world: World) -> None:
    _moving(world, image="v1.6.3")


MUTATIONS = (
    Mutation(
        "aws-node is not ready on an old node in a migration",
        _not_ready,
        ("aws-node-knows-ranges",),
        (
            "aws-node may translate traffic to new pods on 1 old node",
            "DaemonSet kube-system/aws-node: status.numberReady is 0, expected 1",
        ),
    ),
    Mutation(
        "aws-node is too old to read the ranges again",
        _old,
        ("aws-node-knows-ranges",),
        ("image is 602401143452.dkr.ecr/amazon-k8s-cni:v1.6.3, expected 1.7 or later",),
    ),
    Mutation(
        "aws-node is installed again",
        _aws_node,
        ("aws-node-runs",),
        (
            "aws-node runs on 3 of 3 nodes",
            "aws eks delete-addon --cluster-name platform --addon-name vpc-cni",
        ),
    ),
    Mutation(
        "aws-node is back, and runs nowhere",
        _parked,
        ("aws-node-strategy",),
        ("the settings want 'remove'", "delete daemonset aws-node"),
    ),
    Mutation(
        "aws-node was deleted where it should be kept off",
        _deleted,
        ("aws-node-strategy",),
        ("aws-node was deleted", "aws_node: remove"),
    ),
    Mutation(
        "another selector keeps aws-node off",
        _other_selector,
        ("aws-node-strategy",),
        ("another selector than the deployment's", "io.cilium/aws-node-enabled=true"),
    ),
    Mutation(
        "somebody installs the add-on vpc-cni",
        _add_on,
        ("vpc-cni-add-on",),
        ("error: EKS's add-on vpc-cni is installed", "--addon-name vpc-cni"),
    ),
    Mutation(
        "kube-proxy runs beside its replacement",
        _beside,
        ("kube-proxy",),
        ("warning: kube-proxy runs beside", "which matches 3 of 3 nodes", "kube-proxy-enabled"),
    ),
    Mutation(
        "nothing serves Services",
        _no_proxy,
        ("kube-proxy",),
        ("error: neither kube-proxy nor Cilium", "--addon-name kube-proxy"),
    ),
    Mutation(
        "kube-proxy is kept off, and needed",
        _parked_proxy,
        ("kube-proxy",),
        ("neither kube-proxy nor Cilium", '"op":"remove"'),
    ),
    Mutation(
        "an ENIConfig is left",
        _eni_config,
        ("aws-node-leftovers",),
        ("1 ENIConfig without effect", "ENIConfig eu-west-1a"),
    ),
    Mutation(
        "a SecurityGroupPolicy is left",
        _security_group_policy,
        ("aws-node-leftovers",),
        ("1 SecurityGroupPolicy without effect", "SecurityGroupPolicy team-a/db"),
    ),
)
