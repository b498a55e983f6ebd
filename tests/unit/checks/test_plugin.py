"""The plugin in an app: a mistake fails the synth, unless it is acknowledged."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam

from cdk_eks_cilium import (
    AccessGrant,
    AwsNodeRemoval,
    CiliumChecks,
    CiliumCluster,
    CiliumValues,
    CiliumVersion,
    EniSweep,
)
from cdk_eks_cilium.checks.rules import RULES, findings
from tests.small_apps import Synthesized, known_vpc, new_stack

NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")


class Platform:
    """A correct app to make mistakes in."""

    def __init__(self) -> None:
        self.stack = new_stack()
        self.vpc = known_vpc(self.stack)
        self.platform = CiliumCluster(self.stack, "Platform", vpc=self.vpc)
        cdk.Validations.of(self.stack.node.root).add_plugins(CiliumChecks())

    def nodes(self, *policies: str) -> eks.Nodegroup:
        """Nodes made beside Cilium, whose role has these policies."""
        role = iam.Role(
            self.stack,
            "ExtraRole",
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(name) for name in policies],
        )
        return eks.Nodegroup(
            self.stack,
            "Extra",
            cluster=cast(eks.ICluster, self.platform.cluster),
            ami_type=eks.NodegroupAmiType.BOTTLEROCKET_X86_64,
            node_role=cast(iam.IRole, role),
            subnets=ec2.SubnetSelection(subnets=self.vpc.private_subnets),
        )

    def release(self) -> cdk.CfnResource:
        """The release's resource, the last step of the escape hatch."""
        chart = self.platform.cilium.chart
        return cast(cdk.CfnResource, chart.node.find_child("Resource").node.default_child)

    def synth(self) -> None:
        cast(cdk.App, self.stack.node.root).synth()


Mistake = Callable[[Platform], None]


def refusal(app: Platform, capfd: pytest.CaptureFixture[str]) -> str:
    """The text with which CDK refuses to synthesize: in the exception or, on a terminal, on stderr."""
    with pytest.raises(RuntimeError, match="ValidationFailed") as failed:
        app.synth()
    return str(failed.value) + capfd.readouterr().err


def nodes_beside_cilium(app: Platform) -> None:
    app.nodes(*NODE_POLICIES)


def a_subnet_without_its_range(app: Platform) -> None:
    ec2.CfnSubnet(app.stack, "Late", vpc_id="vpc-1", cidr_block="100.64.200.0/24")


def a_waiting_release(app: Platform) -> None:
    app.release().add_property_override("Wait", True)


def nodes_that_cannot_join(app: Platform) -> None:
    app.platform.cilium.run_on(app.nodes(NODE_POLICIES[1]))


def nodes_that_cannot_pull(app: Platform) -> None:
    app.platform.cilium.run_on(app.nodes(NODE_POLICIES[0]))


def nodes_with_the_rights_of_a_cni(app: Platform) -> None:
    app.platform.cilium.run_on(app.nodes(*NODE_POLICIES, "AmazonEKS_CNI_Policy"))


def core_dns_before_the_nodes(app: Platform) -> None:
    eks.CfnAddon(app.stack, "Dns", addon_name="coredns", cluster_name=app.platform.cluster.cluster_name)


def release_after(app: Platform, step: AwsNodeRemoval | EniSweep | None) -> None:
    """Let the release wait for this custom resource alone."""
    assert step is not None
    resource = cast(cdk.CfnResource, step.resource.node.default_child)
    app.release().add_override("DependsOn", [app.stack.get_logical_id(resource)])


def a_release_before_the_removal(app: Platform) -> None:
    release_after(app, app.platform.cilium.eni_sweep)


def a_release_before_the_sweep(app: Platform) -> None:
    release_after(app, app.platform.cilium.aws_node_removal)


def a_cycle(app: Platform) -> None:
    removal = app.platform.cilium.aws_node_removal
    assert removal is not None
    cast(cdk.CfnResource, removal.resource.node.default_child).add_override(
        "DependsOn", [app.stack.get_logical_id(app.release())]
    )


def an_operator_with_all_rights(app: Platform) -> None:
    role = app.platform.cilium.operator_role.role
    role.add_to_policy(iam.PolicyStatement(actions=["ec2:*"], resources=["*"]))


def a_removal_with_rights(app: Platform) -> None:
    removal = app.platform.cilium.aws_node_removal
    assert removal is not None
    removal.handler.add_to_role_policy(iam.PolicyStatement(actions=["eks:*"], resources=["*"]))


def an_association_nobody_waits_for(app: Platform) -> None:
    eks.CfnPodIdentityAssociation(
        app.stack,
        "Late",
        cluster_name=app.platform.cluster.cluster_name,
        namespace="kube-system",
        service_account="cilium-operator",
        role_arn=app.platform.cilium.operator_role.role_arn,
    )


def an_open_api(app: Platform) -> None:
    cluster = cast(cdk.CfnResource, app.platform.cluster.node.default_child)
    cluster.add_property_override("ResourcesVpcConfig.EndpointPublicAccess", True)


def an_audit_without_a_log(app: Platform) -> None:
    cluster = cast(cdk.CfnResource, app.platform.cluster.node.default_child)
    cluster.add_property_override("Logging.ClusterLogging.EnabledTypes", [{"Type": "api"}])


def nodes_that_administer_their_cluster(app: Platform) -> None:
    nodes = app.nodes(*NODE_POLICIES)
    app.platform.cilium.run_on(nodes)
    grant = AccessGrant(principal_arn=nodes.role.role_arn)
    eks.AccessEntry(
        app.stack,
        "Entry",
        cluster=cast(eks.ICluster, app.platform.cluster),
        principal=grant.principal_arn,
        access_policies=[grant.access_policy()],
    )


CASES = [
    (nodes_beside_cilium, "CEC001", "Extra", "the node group can start before the release Platform"),
    (a_release_before_the_removal, "CEC002", "PlatformCiliumChart", "the release can start before Platform"),
    (
        a_subnet_without_its_range,
        "CEC003",
        "Late",
        "CloudFormation can make the subnet 100.64.200.0/24 before",
    ),
    (a_waiting_release, "CEC004", "PlatformCiliumChart", "the release waits for pods (Wait)"),
    (nodes_that_cannot_join, "CEC005", "Extra", "lacks AmazonEKSWorkerNodePolicy"),
    (nodes_that_cannot_pull, "CEC005", "Extra", "cannot pull images from ECR"),
    (nodes_with_the_rights_of_a_cni, "CEC005", "Extra", "holds AmazonEKS_CNI_Policy"),
    (core_dns_before_the_nodes, "CEC006", "Dns", "CoreDNS is added before it has a node to run on"),
    (an_operator_with_all_rights, "CEC010", "PlatformCiliumOperatorRole", "cilium-operator may do ec2:*"),
    (a_removal_with_rights, "CEC011", "PlatformCiliumAwsNodeRemoval", "aws-node may do eks:* to everything"),
    (an_association_nobody_waits_for, "CEC012", "PlatformCiliumChart", "can be made before Late"),
    (
        a_cycle,
        "CEC007",
        "PlatformCilium",
        "these resources wait for each other, which CloudFormation refuses",
    ),
    (
        a_release_before_the_sweep,
        "CEC008",
        "PlatformCiliumChart",
        "and then misses interfaces",
    ),
    (an_open_api, "CEC014", "PlatformControlPlane", "its Kubernetes API is open to the whole internet"),
    (an_audit_without_a_log, "CEC015", "PlatformControlPlane", "does not log audit, authenticator"),
    (nodes_that_administer_their_cluster, "CEC018", "Entry", "it makes each node of Extra"),
]


@pytest.mark.parametrize(("mistake", "rule", "resource", "text"), CASES, ids=[c[0].__name__ for c in CASES])
def test_a_mistake_fails_the_synth_and_is_named(
    mistake: Mistake, rule: str, resource: str, text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    app = Platform()
    mistake(app)

    reported = refusal(app, capfd)

    assert f"Acknowledge with 'cdk-eks-cilium::{rule}'" in reported
    assert reported.count("Acknowledge with") == 1, reported
    assert text in reported
    assert f"({resource}" in reported


def test_a_correct_app_passes(capfd: pytest.CaptureFixture[str]) -> None:
    Platform().synth()

    assert capfd.readouterr().err == ""


def test_nodes_made_beside_cilium_pass_once_they_are_ordered() -> None:
    app = Platform()
    app.platform.cilium.run_on(app.nodes(*NODE_POLICIES))

    app.synth()


def test_a_finding_that_is_meant_is_acknowledged() -> None:
    app = Platform()
    nodes = app.nodes(*NODE_POLICIES)
    cdk.Validations.of(nodes).acknowledge(
        cdk.Acknowledgment(id="cdk-eks-cilium::CEC001", reason="scaled to zero until the release is there")
    )

    app.synth()


def test_the_rights_of_the_article_are_acknowledged_and_only_there() -> None:
    stack = new_stack()
    CiliumCluster(
        stack,
        "Platform",
        vpc=known_vpc(stack),
        version=CiliumVersion.V1_12,
        values=CiliumValues(profile="article"),
    )
    cdk.Validations.of(stack.node.root).add_plugins(CiliumChecks())

    template = Synthesized(stack).template  # does not fail
    assert [rule.id for rule, _ in findings(template)] == ["CEC010"]


def test_acknowledging_one_rule_leaves_the_others_in_force(capfd: pytest.CaptureFixture[str]) -> None:
    app = Platform()
    nodes = app.nodes(NODE_POLICIES[0])
    cdk.Validations.of(nodes).acknowledge(cdk.Acknowledgment(id="cdk-eks-cilium::CEC001", reason="meant"))

    assert "Acknowledge with 'cdk-eks-cilium::CEC005'" in refusal(app, capfd)


def test_the_plugin_says_which_rules_it_has() -> None:
    checks = CiliumChecks()

    assert checks.name == "cdk-eks-cilium"
    assert checks.rule_ids == [rule.id for rule in RULES]
