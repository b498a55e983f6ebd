"""What deployed templates say about a cluster, for any CDK app: the app's own settings are not asked."""

# no belief: what the templates say

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.plan import NodeGroupPlan, Plan
from cdk_eks_cilium.versions import version_problems
from rehearsal.aws.account import Account, Cluster
from rehearsal.aws.types.eks_nodes import launch_template
from rehearsal.aws.user_data import UserDataError, boot_data, family_of
from rehearsal.cloudformation.state import Resource, StackState

SOURCE: Final = "the templates"
_RELEASE: Final = "Custom::AWSCDK-EKS-HelmChart"
_MANIFEST: Final = "Custom::AWSCDK-EKS-KubernetesResource"


def is_cilium(release: Mapping[str, Any]) -> bool:
    """Whether a release is Cilium's; a release of a chart among the assets does not name its chart."""
    return bool(release.get("Chart", release.get("Release")) == "cilium")


def plan_of(account: Account, cluster: Cluster, stacks: Iterable[StackState]) -> Plan:
    """What the stacks want of a cluster; what no template says is None.

    Args:
        account: The account.
        cluster: The cluster.
        stacks: The stacks.
    """
    known = list(stacks)
    every = [resource for state in known for resource in state.resources.values()]
    own = [each for each in every if each.properties.get("ClusterName") == cluster.name]
    release = next(
        (each.properties for each in own if each.type == _RELEASE and is_cilium(each.properties)), {}
    )
    values = json.loads(release["Values"]) if release.get("Values") else None
    subnets = _subnet_ids(own, values)
    version = release.get("Version")
    return Plan(
        source=SOURCE,
        cluster=cluster.name,
        region=account.environment.region,
        account=account.environment.account,
        kubernetes=cluster.kubernetes.version,
        cilium=version if isinstance(version, str) and not any(version_problems("", version)) else None,
        pod_ranges=_ranges(account, subnets),
        pod_subnets=subnets or None,
        aws_node=_strategy(cluster, every, own),
        kube_proxy_replacement=_replaces(values),
        values=values,
        groups=tuple(_groups(account, own)),
        stacks=tuple(state.stack.name for state in known),
    )


def _subnet_ids(own: Iterable[Resource], values: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The subnets of pods: in the values from chart 1.19 on, below in the ConfigMap of the CNI."""
    found = list(at(values, "eni.nodeSpec.subnetIDs") or ())
    for resource in own:
        manifest = resource.properties.get("Manifest")
        if resource.type == _MANIFEST and isinstance(manifest, str):
            for each in json.loads(manifest):
                if at(each, "metadata.name") == "cni-configuration":
                    texts = (at(each, "data") or {}).values()
                    found += [subnet for text in texts for subnet in _in_cni_file(str(text))]
    return tuple(dict.fromkeys(map(str, found)))


def _in_cni_file(text: str) -> Iterator[str]:
    try:
        content = json.loads(text)
    except ValueError:
        return
    for plugin in content.get("plugins") or [content]:
        yield from at(plugin, "eni.subnet-ids") or ()


def _ranges(account: Account, subnets: tuple[str, ...]) -> tuple[str, ...] | None:
    if not subnets:
        return None
    found = account.client("ec2").describe_subnets(SubnetIds=list(subnets))["Subnets"]
    return tuple(sorted(each["CidrBlock"] for each in found))


def _strategy(cluster: Cluster, every: Iterable[Resource], own: Iterable[Resource]) -> str | None:
    for each in every:
        of_plane = each.type == "AWS::EKS::Cluster" and each.made.physical_id == cluster.name
        if of_plane and str(each.properties.get("BootstrapSelfManagedAddons", True)).lower() == "false":
            return "never-install"
    for each in own:
        if each.type == "Custom::AwsNodeRemoval":
            return str(each.properties.get("Strategy", "remove"))
    return None


def _replaces(values: Mapping[str, Any] | None) -> bool | None:
    if values is None or "kubeProxyReplacement" not in values:
        return None
    return values["kubeProxyReplacement"] in (True, "true", "strict")


def _groups(account: Account, own: Iterable[Resource]) -> Iterator[NodeGroupPlan]:
    for resource in own:
        if resource.type != "AWS::EKS::Nodegroup":
            continue
        properties = resource.properties
        template = launch_template(account.client("ec2"), properties)
        text = base64.b64decode(template.get("UserData", "")).decode()
        # Without an image in the launch template EKS decides about the pods of a node.
        image = account.images.by_id(template["ImageId"]) if "ImageId" in template else None
        family = image.family if image else family_of(text)
        try:
            boot = boot_data(text, family) if "ImageId" in template else None
        except UserDataError:
            boot = None
        sizes = properties.get("ScalingConfig") or {}
        taints = [
            *(boot.taints if boot else ()),
            *({"key": str(each["Key"])} for each in properties.get("Taints") or ()),
        ]
        yield NodeGroupPlan(
            name=resource.made.physical_id.rpartition("/")[2],
            instance_types=tuple(
                properties.get("InstanceTypes") or filter(None, [template.get("InstanceType")])
            ),
            image=family if boot else "",
            min_size=int(sizes.get("MinSize", 0)),
            max_size=int(sizes.get("MaxSize", 0)),
            max_pods=boot.max_pods if boot else None,
            labels={key: str(value) for key, value in (properties.get("Labels") or {}).items()},
            taints=tuple(dict.fromkeys(each["key"] for each in taints)),
        )
