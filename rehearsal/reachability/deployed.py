"""Reads a cluster and its parties from what the rehearsal deployed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Any, Final

from rehearsal.aws import cilium_operator
from rehearsal.aws.account import Account, Cluster
from rehearsal.aws.handler import as_bool
from rehearsal.aws.names import shorten
from rehearsal.aws.types.eks_nodes import NODE_SERVICES, launch_template, node_groups_of
from rehearsal.cloudformation.state import Resource, StackState
from rehearsal.reachability.names import resource_names
from rehearsal.reachability.network import Interface, Subnet
from rehearsal.reachability.parties import Api, ClusterView, Functions, Party
from rehearsal.reachability.reading import read_network
from rehearsal.reachability.traffic import Ports

# belief: EC2-ephemeral-ports
# Linux takes these; masquerading may take any from 1024 on:
# https://docs.kernel.org/networking/ip-sysctl.html.
_LINUX: Final = Ports(32768, 60999)
_ON_EVENT: Final = "USER_ON_EVENT_FUNCTION_ARN"
_NAMESPACE: Final = "kube-system"
_WORKLOADS: Final = ("DaemonSet", "Deployment", "StatefulSet", "Job", "CronJob")
_WEBHOOKS: Final = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")


def view(account: Account, stacks: Iterable[StackState], cluster: Cluster) -> ClusterView | None:
    """A cluster as it is now; None if no template made it, or its network is not there."""
    return _Builder(account, list(stacks), cluster).view()


@dataclass
class _Builder:
    account: Account
    stacks: Sequence[StackState]
    cluster: Cluster
    _resources: list[Resource] = field(init=False)

    def __post_init__(self) -> None:
        self._resources = [r for state in self.stacks for r in list(state.resources.values())]

    def view(self) -> ClusterView | None:
        properties = self._properties()
        if properties is None:
            return None
        self._ec2 = self.account.client("ec2")
        access = properties["ResourcesVpcConfig"]
        described = self._ec2.describe_subnets(SubnetIds=access["SubnetIds"])["Subnets"]
        names = resource_names(self.stacks) | {
            self.cluster.security_group: f"EKS's security group of cluster {self.cluster.name}"
        }
        self._network = read_network(self._ec2, described[0]["VpcId"], names, self.account.existing)
        nodes = dict(self._nodes())
        return ClusterView(
            self.cluster.name,
            self._network,
            tuple(nodes.values()),
            tuple(self._pods(nodes)),
            self._api(access),
            NODE_SERVICES,
            tuple(self._functions()),
            tuple(sorted(self._registries())),
            tuple(sorted(self._webhooks())),
            self.cluster.kubernetes.get("Deployment", "hubble-relay", _NAMESPACE) is not None,
        )

    def _properties(self) -> Mapping[str, Any] | None:
        for resource in self._resources:
            if resource.type == "AWS::EKS::Cluster" and resource.made.physical_id == self.cluster.name:
                return resource.properties
        return None

    # belief: EKS-cluster-interfaces, EKS-endpoint-access
    def _api(self, access: Mapping[str, Any]) -> Api:
        """The control plane's interfaces may be in any of its subnets."""
        groups = (self.cluster.security_group, *access.get("SecurityGroupIds", []))
        interfaces = tuple(
            Interface(f"the control plane in {subnet.zone}", subnet.id, groups)
            for subnet in self._subnets(access["SubnetIds"])
        )
        return Api(
            as_bool(access.get("EndpointPrivateAccess", False)),
            as_bool(access.get("EndpointPublicAccess", True)),
            tuple(map(IPv4Network, access.get("PublicAccessCidrs") or ["0.0.0.0/0"])),
            interfaces,
        )

    def _nodes(self) -> Iterator[tuple[tuple[str, tuple[str, ...]], Party]]:
        """Nodes of each subnet and set of groups, whether or not one runs there now."""
        found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for resource in self._resources:
            properties = resource.properties
            if resource.type != "AWS::EKS::Nodegroup" or properties.get("ClusterName") != self.cluster.name:
                continue
            template = launch_template(self._ec2, properties)
            groups = tuple(node_groups_of(template, self.cluster.security_group))
            for subnet in properties["Subnets"]:
                found.setdefault((subnet, groups), []).append(resource.made.physical_id.split("/")[-1])
        several = len({groups for _, groups in found}) > 1
        zones = [subnet.zone for subnet in self._subnets({subnet_id: None for subnet_id, _ in found})]
        for (subnet_id, groups), of in found.items():
            for subnet in self._subnets([subnet_id]):
                name = f"nodes{' of ' + ' and '.join(of) if several else ''} in {subnet.zone}"
                name += f" ({subnet.cidr})" if zones.count(subnet.zone) > 1 else ""
                interface = Interface(name, subnet.id, groups, subnet.maps_public, _LINUX)
                yield (subnet_id, groups), Party(subnet.zone, interface)

    # belief: CILIUM-security-groups, CILIUM-node-egress-routes, CILIUM-pod-egress-routes
    def _pods(self, nodes: Mapping[tuple[str, tuple[str, ...]], Party]) -> Iterator[Party]:
        """Pods of each pod subnet in a zone with nodes; they leave the VPC by the node if it masquerades."""
        masquerades = self._masquerades()
        own_groups, wanted = self._announced()
        seen = set()
        for party in nodes.values():
            groups = own_groups or party.interface.groups
            abroad = None
            if masquerades:
                of = party.interface
                abroad = Interface(of.name, of.subnet, of.groups, of.public)
            for subnet in wanted:
                key = (subnet.id, groups, abroad)
                if subnet.zone != party.zone or key in seen:
                    continue
                seen.add(key)
                name = party.interface.name.replace("nodes", "pods", 1)
                if sum(other.zone == subnet.zone for other in wanted) > 1:
                    name += f" ({subnet.cidr})"
                yield Party(party.zone, Interface(name, subnet.id, groups, client_ports=_LINUX), abroad)

    # belief: CILIUM-node-egress-ends
    def _masquerades(self) -> bool:
        options, version = cilium_operator.options(self.cluster), cilium_operator.version(self.cluster)
        return options.get("enable-ipv4-masquerade") == "true" and not (1, 21) <= version < (99, 0)

    def _announced(self) -> tuple[tuple[str, ...], list[Subnet]]:
        """The groups and subnets of pod interfaces, as the agents announce them, or will."""
        groups: dict[str, None] = {}
        found: dict[str, Subnet] = {}
        options = cilium_operator.options(self.cluster)
        planned: dict[str, Any] = {
            "subnet-ids": list(filter(None, options.get("eni-subnet-ids", "").split(",")))
        }
        sections = [
            (self.cluster.kubernetes.get("CiliumNode", name) or {}).get("spec", {}).get("eni") or {}
            for name in list(self.cluster.nodes)
        ]
        for section in [*sections, planned]:
            groups.update(dict.fromkeys(section.get("security-groups") or ()))
            ids, tags = section.get("subnet-ids"), section.get("subnet-tags")
            for subnet in self._subnets(ids or (self._tagged(tags) if tags else ())):
                found[subnet.id] = subnet
        return tuple(groups), list(found.values())

    def _tagged(self, tags: Mapping[str, str]) -> list[str]:
        filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
        return [each["SubnetId"] for each in self._ec2.describe_subnets(Filters=filters)["Subnets"]]

    def _subnets(self, ids: Iterable[str]) -> list[Subnet]:
        return [self._network.subnets[each] for each in ids if each in self._network.subnets]

    def _functions(self) -> Iterator[Functions]:
        """The functions behind the custom resources of this cluster."""
        needs: dict[str, set[str]] = {}
        for resource in self._resources:
            if resource.properties.get("ClusterName") == self.cluster.name:
                for arn, wanted in self._needs(resource):
                    needs.setdefault(arn, set()).update(wanted)
        merged: dict[tuple[tuple[str, ...], tuple[str, ...], frozenset[str]], list[str]] = {}
        for arn, wanted in sorted(needs.items()):
            function = self.account.functions[arn]
            network = function.properties.get("VpcConfig") or {}
            subnets, groups = (tuple(network.get(key) or ()) for key in ("SubnetIds", "SecurityGroupIds"))
            merged.setdefault((subnets, groups, frozenset(wanted)), []).append(shorten(function.logical_id))
        for (subnets, groups, all_wanted), logical_ids in merged.items():
            name = " and ".join(logical_ids)
            # belief: AWS-lambda-in-vpc
            interfaces = tuple(
                Interface(f"{name} in {subnet.zone}", subnet.id, groups) for subnet in self._subnets(subnets)
            )
            services = all_wanted - {"api", "internet"}
            yield Functions(name, interfaces, services, "api" in all_wanted, "internet" in all_wanted)

    # belief: CDK-framework-calls-lambda-and-s3, CDK-kubectl-handler-calls
    def _needs(self, resource: Resource) -> Iterator[tuple[str, set[str]]]:
        """What the functions behind a custom resource call, by ARN."""
        framework = self.account.functions.get(str(resource.properties.get("ServiceToken")))
        if framework is None:
            return
        handler = framework
        if arn := framework.variables.get(_ON_EVENT):
            yield framework.arn, {"lambda", "s3"}
            handler = self.account.functions.get(arn, framework)
        wanted: set[str] = set()
        if resource.type.startswith("Custom::AWSCDK-EKS-"):
            wanted |= {"api", "eks"}
            wanted |= {"s3"} if resource.properties.get("ChartAssetURL") else set()
            wanted |= {"internet"} if resource.properties.get("Repository") else set()
        elif "Endpoint" in resource.properties:
            wanted.add("api")
        yield handler.arn, wanted

    def _registries(self) -> set[str]:
        """Registries on the internet that the cluster's own workloads take images from."""
        kubernetes, found = self.cluster.kubernetes, set()
        for kind in _WORKLOADS:
            for workload in kubernetes.objects(kind, _NAMESPACE):
                found |= {_registry(image) for image in _images(workload)}
        return {each for each in found if each and ".dkr.ecr." not in each}

    def _webhooks(self) -> Iterator[str]:
        for kind in _WEBHOOKS:
            for each in self.cluster.kubernetes.objects(kind, None):
                if '"service"' in json.dumps(each):
                    yield f"{kind} {each['metadata']['name']}"
        for each in self.cluster.kubernetes.objects("APIService", None):
            if (each.get("spec") or {}).get("service"):
                yield f"APIService {each['metadata']['name']}"


def _images(value: Any) -> Iterator[str]:
    """Every image of the containers in an object."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            if key == "image" and isinstance(each, str):
                yield each
            else:
                yield from _images(each)
    elif isinstance(value, list):
        for each in value:
            yield from _images(each)


def _registry(image: str) -> str:
    """The host of an image's registry; empty where the name does not tell, as of EKS's own add-ons here."""
    first, slash, _ = image.partition("/")
    return first if slash and "." in first else ""
