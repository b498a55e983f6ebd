"""Managed node groups: instances in the node subnets that join the cluster and must become Ready."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Mapping
from typing import Any

from rehearsal.aws import cilium_operator
from rehearsal.aws.account import Cluster, NodeRecord
from rehearsal.aws.handler import (
    Adversary,
    Duration,
    Handler,
    Made,
    Properties,
    ResourceContext,
    ResourceError,
    changed,
    specification,
)
from rehearsal.aws.reach import node_blocked, unreachable
from rehearsal.aws.types.eks_cluster import cluster_named
from rehearsal.aws.user_data import BootData, UserDataError, boot_data, family_of
from rehearsal.kubernetes import NodeSpec

# A node describes itself and the cluster and pulls images, and the operator's calls leave from nodes.
# belief: EKS-nodes-need-services
NODE_SERVICES = ("ec2", "ecr.api", "ecr.dkr", "eks", "s3", "sts")
# "If your launch template uses a custom AMI, then don't specify" them:
# https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html.
_NOT_WITH_AN_IMAGE = ("AmiType", "ReleaseVersion", "Version")


# belief: EKS-node-group-needs-ready-nodes, EKS-node-role-entry
class Nodegroup(Handler):
    """A managed node group."""

    types = ("AWS::EKS::Nodegroup",)
    # belief: NODE-boot-time
    duration = Duration(150, "instances boot and join in about two minutes")
    # belief: EKS-coredns-needs-nodes
    # CoreDNS is the only add-on that needs nodes; the others are DaemonSets.
    adversary = Adversary("AWS::EKS::Addon", lambda properties: properties.get("AddonName") == "coredns")
    precedence = 0
    notable = True

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        cluster = cluster_named(context, properties["ClusterName"])
        # belief: EKS-node-group-sizes
        # https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupScalingConfig.html
        if 0 < len(properties.get("ScalingConfig") or {}) < 3:
            raise ResourceError(
                "InvalidParameterException: a new node group must have all of minSize, maxSize and "
                "desiredSize, or none"
            )
        name = properties.get("NodegroupName") or context.generated_name(63)
        physical_id = f"{cluster.name}/{name}"
        self._register(context, cluster, name, properties)
        try:
            nodes = self._launch(context, cluster, name, properties, _scaling(properties)["desiredSize"])
        # belief: EKS-node-group-needs-ready-nodes
        except UserDataError as error:
            raise ResourceError(_unhealthy([str(error)]), physical_id) from None
        self._await(context, cluster, nodes, physical_id)
        arn = context.account.arn("eks", f"nodegroup/{physical_id}/{context.random_id(8).lower()}")
        return Made(
            physical_id, {"Arn": arn, "ClusterName": cluster.name, "NodegroupName": name, "Id": physical_id}
        )

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        cluster = cluster_named(context, new["ClusterName"])
        name = existing.physical_id.split("/", 1)[1]
        current = [node for node in cluster.nodes.values() if node.group == name]
        scaling = _scaling(new, self._described(context, cluster, name)["scalingConfig"]["desiredSize"])
        size = scaling["desiredSize"]
        context.client("eks").update_nodegroup_config(
            clusterName=cluster.name, nodegroupName=name, scalingConfig=scaling
        )
        if changed(old, new) - {
            "ScalingConfig",
            "UpdateConfig",
            "Tags",
            "NodeRepairConfig",
            "ForceUpdateEnabled",
        }:
            # belief: EKS-node-group-update-rolls
            # A new launch template version, release, label or taint: new nodes first, then the old ones go.
            fresh = self._launch(context, cluster, name, new, size)
            try:
                self._await(context, cluster, fresh, existing.physical_id)
            except ResourceError:
                self._terminate(context, cluster, fresh)
                raise
            self._terminate(context, cluster, current)
        elif (missing := size - len(current)) > 0:
            self._await(
                context, cluster, self._launch(context, cluster, name, new, missing), existing.physical_id
            )
        else:
            self._terminate(context, cluster, current[size:])
        return existing

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        cluster = context.account.clusters.get(properties["ClusterName"])
        if cluster is None:
            return
        name = existing.physical_id.split("/", 1)[1]
        nodes = [node for node in cluster.nodes.values() if node.group == name]
        self._terminate(context, cluster, nodes)
        context.client("eks").delete_nodegroup(clusterName=cluster.name, nodegroupName=name)

    @staticmethod
    def _register(context: ResourceContext, cluster: Cluster, name: str, properties: Properties) -> None:
        """Registers the group in moto, so that DescribeNodegroup and ListNodegroups answer."""
        context.client("eks").create_nodegroup(
            clusterName=cluster.name,
            nodegroupName=name,
            subnets=properties["Subnets"],
            nodeRole=properties["NodeRole"],
            amiType=_image(properties),
            labels=properties.get("Labels") or {},
            scalingConfig=_scaling(properties),
            # belief: EKS-stack-tags-on-node-groups
            tags={
                **(properties.get("Tags") or {}),
                "aws:cloudformation:stack-name": context.stack,
                "aws:cloudformation:stack-id": context.stack_id,
                "aws:cloudformation:logical-id": context.logical_id,
            },
        )

    @staticmethod
    def _described(context: ResourceContext, cluster: Cluster, name: str) -> dict[str, Any]:
        """What EKS says of a group, with the number of nodes that an autoscaler may have changed."""
        answer = context.client("eks").describe_nodegroup(clusterName=cluster.name, nodegroupName=name)
        described: dict[str, Any] = answer["nodegroup"]
        return described

    def _launch(
        self, context: ResourceContext, cluster: Cluster, group: str, properties: Properties, count: int
    ) -> list[NodeRecord]:
        template = launch_template(context.client("ec2"), properties)
        kind = (properties.get("InstanceTypes") or [template.get("InstanceType", "t3.medium")])[0]
        boot = _boot(context, cluster, properties, template, kind)
        subnets = context.client("ec2").describe_subnets(SubnetIds=properties["Subnets"])["Subnets"]
        subnets.sort(key=lambda subnet: subnet["AvailabilityZone"])
        groups = node_groups_of(template, cluster.security_group)
        nodes = []
        for _, subnet in zip(range(count), itertools.cycle(subnets), strict=False):
            instance = self._instance(context, kind, subnet["SubnetId"], groups, cluster.name, group)
            record = NodeRecord(
                name=instance["PrivateDnsName"],
                group=group,
                zone=subnet["AvailabilityZone"],
                instance_id=instance["InstanceId"],
                instance_type=kind,
                max_pods=boot.max_pods or _vpc_cni_max_pods(context, kind),
                subnet_id=subnet["SubnetId"],
                problem=unreachable(context.client("ec2"), [subnet["SubnetId"]], NODE_SERVICES)
                or node_blocked(context.account, subnet["SubnetId"], properties["NodeRole"]),
            )
            with context.account.lock:
                cluster.nodes[record.name] = record
            self._join(cluster, record, properties, boot)
            nodes.append(record)
        return nodes

    @staticmethod
    def _instance(
        context: ResourceContext, kind: str, subnet: str, groups: list[str], cluster: str, group: str
    ) -> Any:
        interface = {"DeviceIndex": 0, "SubnetId": subnet, "Groups": groups, "DeleteOnTermination": True}
        tags = {"eks:cluster-name": cluster, "eks:nodegroup-name": group}
        return context.client("ec2").run_instances(
            ImageId="ami-00000000000000000",
            InstanceType=kind,
            MinCount=1,
            MaxCount=1,
            NetworkInterfaces=[interface],
            **specification("instance", {"Tags": tags}),
        )["Instances"][0]

    @staticmethod
    def _join(cluster: Cluster, record: NodeRecord, properties: Properties, boot: BootData) -> None:
        taints = [
            {key.lower(): str(value) for key, value in taint.items()}
            for taint in properties.get("Taints") or []
        ]
        known = {taint["key"] for taint in boot.taints}
        labels = {key: str(value) for key, value in (properties.get("Labels") or {}).items()}
        cluster.kubernetes.join_node(
            NodeSpec(
                name=record.name,
                group=record.group,
                zone=record.zone,
                instance_type=record.instance_type,
                max_pods=record.max_pods,
                labels={**boot.labels, **labels},
                taints=(*boot.taints, *(taint for taint in taints if taint["key"] not in known)),
            )
        )

    @staticmethod
    def _await(context: ResourceContext, cluster: Cluster, nodes: list[NodeRecord], physical_id: str) -> None:
        """Waits for Ready nodes, then lets Cilium's operator give them interfaces.

        Raises:
            ResourceError: A node is not Ready in time; the error has the node's own reasons.
        """
        kubernetes = cluster.kubernetes
        waiting = list(nodes)

        def ready() -> bool:
            for node in list(waiting):
                state = kubernetes.node_state(node.name)
                if state.ready:
                    if state.cni == "cilium":
                        cilium_operator.attach_pod_interface(context.account, cluster, node)
                    waiting.remove(node)
            return not waiting

        context.runtime.wait(context.runtime.options.node_patience, ready)
        reasons = [f"{node.name}: {'; '.join(kubernetes.node_state(node.name).reasons)}" for node in waiting]
        reasons += [f"{node.name}: {node.problem}" for node in nodes if node.problem]
        # belief: EKS-node-group-needs-ready-nodes
        if reasons:
            raise ResourceError(_unhealthy(reasons), physical_id)

    @staticmethod
    def _terminate(context: ResourceContext, cluster: Cluster, nodes: list[NodeRecord]) -> None:
        ec2 = context.client("ec2")
        for node in nodes:
            cluster.kubernetes.remove_node(node.name)
            cilium_operator.release_interfaces(context.account, node, context.runtime.take_orphan)
            ec2.terminate_instances(InstanceIds=[node.instance_id])
            with context.account.lock:
                del cluster.nodes[node.name]


def _unhealthy(reasons: list[str]) -> str:
    return "NodeCreationFailure: Unhealthy nodes in the kubernetes cluster: " + " | ".join(reasons)


def _image(properties: Properties) -> str:
    return str(properties.get("AmiType", "AL2023_x86_64_STANDARD"))


# belief: EKS-desired-size-left-alone, EKS-desired-size-sent-again
def _scaling(properties: Properties, current: int = 2) -> dict[str, int]:
    """A group's numbers, as EKS names them: a template without a number leaves the current one alone."""
    given = properties.get("ScalingConfig") or {}
    # The answer of a function is text.
    least, most = int(given.get("MinSize", min(current, 1))), int(given.get("MaxSize", max(current, 2)))
    size = int(given.get("DesiredSize", max(least, min(current, most))))
    # belief: EKS-node-group-limits
    wrong = ""
    if size < least:
        wrong = f"Minimum capacity {least} can't be greater than desired size {size}"
    elif size > most:
        wrong = f"desired capacity {size} can't be greater than max size {most}"
    if wrong:
        raise ResourceError(f"InvalidParameterException: {wrong}")
    return {"minSize": least, "maxSize": most, "desiredSize": size}


def _boot(
    context: ResourceContext, cluster: Cluster, properties: Properties, template: dict[str, Any], kind: str
) -> BootData:
    """What a node boots with. Without an image in the launch template, EKS decides the pods of a node.

    Raises:
        ResourceError: EKS refuses the group.
        UserDataError: The node would not boot, or not join.
    """
    text = base64.b64decode(template.get("UserData", "")).decode()
    image_id = template.get("ImageId")
    if image_id is None:
        # belief: EKS-max-pods-cap
        # EKS merges its own data into the user data, and its cap wins:
        # https://docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html#max-pods-precedence.
        boot_data(text, _family(_image(properties)))
        return BootData(max_pods=110 if _vcpus(context, kind) < 30 else 250)
    # belief: EKS-custom-ami-refuses-versions
    if given := [name for name in _NOT_WITH_AN_IMAGE if name in properties]:
        raise ResourceError(
            f"InvalidParameterException: {', '.join(given)} cannot be specified with a custom AMI in the "
            "launch template"
        )
    image = context.account.images.by_id(image_id)
    boot = boot_data(text, image.family if image else family_of(text))
    # belief: EKS-custom-ami-merges-nothing
    if boot.missing:
        raise UserDataError(f"the node does not join: its user data lacks {', '.join(boot.missing)}")
    # belief: EKS-custom-ami-merges-nothing
    if cluster.name not in boot.cluster.values():
        raise UserDataError(f"the node does not join {cluster.name}: its user data names another cluster")
    # belief: EKS-kubelet-skew
    if image and (reason := _skew(context, cluster, image.kubernetes)):
        raise UserDataError(reason)
    return boot


def _skew(context: ResourceContext, cluster: Cluster, kubelet: str) -> str | None:
    """Why a kubelet is too new or too old for the control plane: https://kubernetes.io/releases/version-skew-policy/."""
    plane = context.client("eks").describe_cluster(name=cluster.name)["cluster"]["version"]
    behind = int(plane.split(".")[1]) - int(kubelet.split(".")[1])
    if 0 <= behind <= 3:
        return None
    return f"kubelet {kubelet} does not fit Kubernetes {plane}: it may be up to three minors older, not newer"


def _family(ami_type: str) -> str:
    if ami_type.startswith("BOTTLEROCKET"):
        return "bottlerocket"
    return "al2023" if ami_type.startswith("AL2023") else "al2"


def _vcpus(context: ResourceContext, kind: str) -> int:
    (found,) = context.client("ec2").describe_instance_types(InstanceTypes=[kind])["InstanceTypes"]
    return int(found["VCpuInfo"]["DefaultVCpus"])


def launch_template(ec2: Any, properties: Properties) -> dict[str, Any]:
    """The data of a node group's launch template, in the version that the group names; empty without one."""
    reference = dict(properties.get("LaunchTemplate") or {})
    if not reference:
        return {}
    version = str(reference.pop("Version", "$Default"))
    name = {f"LaunchTemplate{key}": value for key, value in reference.items()}
    found = ec2.describe_launch_template_versions(**name, Versions=[version])
    data: dict[str, Any] = found["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    return data


# belief: EKS-nodes-in-cluster-group
def node_groups_of(template: Mapping[str, Any], cluster_group: str) -> list[str]:
    """The security groups of nodes: what the launch template names, else the cluster's own group."""
    interface = (template.get("NetworkInterfaces") or [{}])[0]
    groups: list[str] = interface.get("Groups") or template.get("SecurityGroupIds") or [cluster_group]
    return groups


# belief: NODE-kubelet-default-pods
def _vpc_cni_max_pods(context: ResourceContext, kind: str) -> int:
    """EKS's default: the addresses of all interfaces for the VPC CNI, without prefixes."""
    (found,) = context.client("ec2").describe_instance_types(InstanceTypes=[kind])["InstanceTypes"]
    network = found["NetworkInfo"]
    addresses = network["MaximumNetworkInterfaces"] * (network["Ipv4AddressesPerInterface"] - 1)
    return int(addresses) + 2
