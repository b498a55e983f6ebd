"""What breaks in the account around a cluster: EKS, EC2 and the stacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cdk_eks_cilium.doctor.engine import aws_kinds, kinds
from cdk_eks_cilium.doctor.engine.plan import ControlPlanePlan
from tests.unit.doctor.facts import GROUP, NODES, VPC
from tests.unit.doctor.mutations import Mutation
from tests.unit.doctor.world import World


def _set(reading: Any, which: str = "", /, **fields: Any) -> Callable[[World], Any]:
    return lambda world: world.one(reading, which).update(fields)


def _insight(status: str, category: str = "UPGRADE_READINESS") -> Callable[[World], Any]:
    return _set(
        aws_kinds.INSIGHTS,
        name="Deprecated APIs removed in Kubernetes v1.36",
        category=category,
        insightStatus={"status": status, "reason": "Deprecated API usage detected."},
        recommendation="Update manifests and API clients.",
        categorySpecificSummary={
            "deprecationDetails": [{"usage": "/apis/x/v1beta1", "stopServingVersion": "1.36"}]
        },
    )


def _other_group(world: World) -> None:
    world.add(
        aws_kinds.SECURITY_GROUPS,
        {
            "GroupId": "sg-other",
            "VpcId": VPC,
            "IpPermissions": [],
            "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
        },
    )
    world.one(aws_kinds.INTERFACES, NODES[0][5])["Groups"] = [{"GroupId": "sg-other"}]


def _behind(minor: int) -> Callable[[World], Any]:
    return lambda world: world.one(kinds.NODES, NODES[0][0])["status"]["nodeInfo"].update(
        kubeletVersion=f"v1.{minor}.4-eks-3abbec1"
    )


def _metadata(**options: Any) -> Callable[[World], Any]:
    def change(world: World) -> None:
        (instance,) = world.all(aws_kinds.INSTANCES)[0]["Instances"]
        instance["MetadataOptions"].update(options)

    return change


def _policy(name: str) -> Callable[[World], Any]:
    return lambda world: world.add(
        aws_kinds.NODE_ROLE_POLICIES, {"PolicyName": name, "RoleName": "platform-nodes"}
    )


MUTATIONS = (
    Mutation(
        "a protection that left the settings stays on",
        _set(aws_kinds.CLUSTER, deletionProtection=True),
        ("cluster-settings-applied",),
        (
            "warning: the cluster is protected from deletion, against the settings",
            "eks cluster platform: deletionProtection is true, expected false",
            "aws eks update-cluster-config --name platform --no-deletion-protection",
        ),
    ),
    Mutation(
        "somebody takes the protection away by hand",
        lambda world: world.planned(
            control_plane=ControlPlanePlan(deletion_protection=True, support="EXTENDED")
        ),
        ("cluster-settings-applied",),
        ("error: the cluster is open to deletion", "--name platform --deletion-protection"),
    ),
    Mutation(
        "the support policy is another one",
        _set(aws_kinds.CLUSTER, upgradePolicy={"supportType": "STANDARD"}),
        ("cluster-settings-applied",),
        ("EKS gives the cluster standard support instead of extended",),
    ),
    Mutation(
        "a zonal shift that left the settings stays on",
        _set(aws_kinds.CLUSTER, zonalShiftConfig={"enabled": True}),
        ("cluster-settings-applied",),
        ("zonal shift is on, against the settings", "--zonal-shift-config enabled=false"),
    ),
    Mutation(
        "a node group was made without an image in its launch template",
        _set(aws_kinds.NODE_GROUPS, amiType="BOTTLEROCKET_x86_64"),
        ("groups-boot-own-images",),
        ("EKS chose the image of workers", "amiType is BOTTLEROCKET_x86_64, expected CUSTOM"),
    ),
    Mutation(
        "somebody gives nodes the smaller policy",
        lambda world: world.one(aws_kinds.NODE_ROLE_POLICIES, "AmazonEKSWorkerNodePolicy").update(
            PolicyName="AmazonEKSWorkerNodeMinimalPolicy"
        ),
        ("node-roles-fit",),
        (
            "the role platform-nodes of nodes lacks AmazonEKSWorkerNodePolicy",
            "AttachedPolicies is AmazonEC2ContainerRegistryPullOnly, AmazonEKSWorkerNodeMinimalPolicy, "
            "expected with AmazonEKSWorkerNodePolicy",
        ),
    ),
    Mutation(
        "nodes keep the rights of aws-node",
        _policy("AmazonEKS_CNI_Policy"),
        ("node-roles-fit",),
        (
            "nodes with the role platform-nodes still have the rights of aws-node",
            "detach-role-policy --role-name platform-nodes",
        ),
    ),
    Mutation(
        "the API has a name of its own",
        _set(aws_kinds.CLUSTER, endpoint="https://api.example.com"),
        ("api-named-by-eks",),
        ("endpoint is https://api.example.com",),
    ),
    Mutation(
        "somebody raises the hop limit of a node",
        _metadata(HttpPutResponseHopLimit=2),
        ("metadata-guarded",),
        ("1 node of 3 may give their credentials to pods", "HttpPutResponseHopLimit is 2, expected 1"),
    ),
    Mutation(
        "somebody lets a node answer without a token",
        _metadata(HttpTokens="optional"),
        ("metadata-guarded",),
        ("MetadataOptions.HttpTokens is optional, expected required",),
    ),
    Mutation(
        "EKS lost the role of the cluster",
        _set(
            aws_kinds.CLUSTER,
            health={
                "issues": [{"code": "IamRoleNotFound", "message": "The role is gone.", "resourceIds": ["r"]}]
            },
        ),
        ("cluster-healthy",),
        ("EKS finds cluster platform unhealthy: IamRoleNotFound", "The role is gone. (r)"),
    ),
    Mutation(
        "a node group is degraded",
        _set(
            aws_kinds.NODE_GROUPS,
            status="DEGRADED",
            health={
                "issues": [
                    {"code": "AsgInstanceLaunchFailures", "message": "No capacity.", "resourceIds": []}
                ]
            },
        ),
        ("groups-healthy",),
        (
            "EKS finds nodegroup workers unhealthy: AsgInstanceLaunchFailures",
            "aws eks describe-nodegroup --cluster-name platform --nodegroup-name workers",
        ),
    ),
    Mutation(
        "an add-on has too few replicas",
        _set(
            aws_kinds.ADD_ONS,
            status="DEGRADED",
            health={"issues": [{"code": "InsufficientNumberOfReplicas", "message": "0 of 2 ready."}]},
        ),
        ("add-ons-healthy",),
        ("EKS finds addon coredns unhealthy: InsufficientNumberOfReplicas",),
    ),
    Mutation(
        "clients call an API that ends",
        _insight("ERROR"),
        ("upgrade-insights",),
        (
            "error: EKS: Deprecated APIs removed in Kubernetes v1.36",
            "/apis/x/v1beta1: stopServingVersion is 1.36",
            "aws eks describe-insight --cluster-name platform --id 3f1c",
        ),
    ),
    Mutation(
        "EKS finds something misconfigured",
        _insight("WARNING", "MISCONFIGURATION"),
        ("upgrade-insights",),
        ("warning: EKS: ", "category is MISCONFIGURATION of 1.36"),
    ),
    Mutation(
        "standard support ends soon",
        _set(aws_kinds.RELEASES, endOfStandardSupportDate="2026-12-31T00:00:00+00:00"),
        ("kubernetes-supported",),
        ("on 2026-12-31 extended support begins, which costs more",),
    ),
    Mutation(
        "extended support ends soon",
        _set(
            aws_kinds.RELEASES,
            endOfStandardSupportDate="2025-12-31T00:00:00+00:00",
            endOfExtendedSupportDate="2026-12-31T00:00:00+00:00",
        ),
        ("kubernetes-supported",),
        ("EKS upgrades Kubernetes 1.35 by force on 2026-12-31",),
    ),
    Mutation(
        "somebody opened the endpoint to everyone",
        lambda world: world.one(aws_kinds.CLUSTER)["resourcesVpcConfig"].update(
            publicAccessCidrs=["0.0.0.0/0"]
        ),
        ("endpoint-access",),
        (
            "error: the public endpoint is not open as the settings say",
            "--resources-vpc-config publicAccessCidrs=198.51.100.0/24,endpointPublicAccess=true",
        ),
    ),
    Mutation(
        "somebody turned the private endpoint off",
        lambda world: world.one(aws_kinds.CLUSTER)["resourcesVpcConfig"].update(endpointPrivateAccess=False),
        ("endpoint-access",),
        ("the private endpoint is off",),
    ),
    Mutation(
        "a node stays behind the control plane",
        _behind(34),
        ("nodes-near-control-plane",),
        ("warning: workers: 1 node 1 minor behind the control plane",),
    ),
    Mutation(
        "somebody took the rule of the cluster's security group away",
        _set(aws_kinds.SECURITY_GROUPS, IpPermissions=[]),
        ("groups-let-traffic-through",),
        (f"authorize-security-group-ingress --group-id {GROUP} --protocol all --source-group {GROUP}",),
    ),
    Mutation(
        "an interface of pods has another security group",
        _other_group,
        ("groups-let-traffic-through",),
        ("ec2 sg-other of pods", "without all traffic from sg-0c1"),
    ),
    Mutation(
        "a NAT gateway failed",
        _set(aws_kinds.NAT_GATEWAYS, State="failed", FailureMessage="no address"),
        ("nat-gateways-available",),
        ("ec2 nat-0a1, target of rtb-nodes: State is failed no address, expected available",),
    ),
    Mutation(
        "the rollback of a stack failed",
        _set(aws_kinds.STACKS, "platform-cluster", StackStatus="UPDATE_ROLLBACK_FAILED"),
        ("stacks-settled",),
        ("the rollback of the stack platform-cluster failed",),
    ),
    Mutation(
        "somebody deleted an add-on by hand",
        lambda world: world.all(aws_kinds.ADD_ONS).clear(),
        ("stack-resources-exist",),
        ("deleted beside CloudFormation: coredns",),
    ),
)
