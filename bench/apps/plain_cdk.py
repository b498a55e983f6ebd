"""The resources of the default app in plain CDK, without our library and its checks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import custom_resources as cr
from aws_cdk.lambda_layer_kubectl_v35 import KubectlV35Layer

ROOT = Path(__file__).resolve().parents[2]
FLAGS = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
ZONES = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
IMAGE = "/aws/service/bottlerocket/aws-k8s-1.35/x86_64/latest/image_id"
POD_CIDRS = ["100.64.0.0/18", "100.64.64.0/18", "100.64.128.0/18"]


class Network(cdk.Stack):
    """VPC, secondary CIDR, pod subnets."""

    @property
    def availability_zones(self) -> list[str]:
        return ZONES

    def __init__(self, scope: cdk.App, id: str, env: cdk.Environment) -> None:
        super().__init__(scope, id, env=env)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr("10.0.0.0/16"),
            availability_zones=ZONES,
            restrict_default_security_group=False,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC),
                ec2.SubnetConfiguration(name="Node", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            ],
        )
        block = ec2.CfnVPCCidrBlock(self, "Block", vpc_id=self.vpc.vpc_id, cidr_block="100.64.0.0/16")
        self.pod_subnets = []
        for number, (zone, cidr) in enumerate(zip(ZONES, POD_CIDRS, strict=True), start=1):
            subnet = ec2.PrivateSubnet(
                self, f"Pods{number}", vpc_id=self.vpc.vpc_id, availability_zone=zone, cidr_block=cidr
            )
            subnet.node.add_dependency(block)
            self.pod_subnets.append(subnet)


class Platform(cdk.Stack):
    """Control plane, aws-node removal, Cilium, nodes."""

    def __init__(self, scope: cdk.App, id: str, env: cdk.Environment, network: Network) -> None:
        super().__init__(scope, id, env=env)
        self.network = network
        self.cluster = self.control_plane()
        ready = eks.KubernetesObjectValue(
            self,
            "Ready",
            cluster=cast(eks.ICluster, self.cluster),
            object_type="namespace",
            object_name="kube-system",
            json_path=".metadata.uid",
        )
        removal, takeover = self.removal(ready), self.takeover(ready)
        release = self.release(self.operator_role())
        release.node.add_dependency(removal, self.sweep(), takeover)
        self.nodes().node.add_dependency(release)
        cdk.CfnOutput(self, "ClusterName", value=self.cluster.cluster_name)

    def control_plane(self) -> eks.Cluster:
        log_group = logs.LogGroup(self, "Logs", log_group_name="/aws/eks/plain/cluster")
        administrators = iam.Role(self, "Administrators", assumed_by=iam.AccountRootPrincipal())
        cluster = eks.Cluster(
            self,
            "Cluster",
            cluster_name="plain",
            version=eks.KubernetesVersion.V1_35,
            vpc=self.network.vpc,
            vpc_subnets=[ec2.SubnetSelection(subnets=self.network.vpc.private_subnets)],
            endpoint_access=eks.EndpointAccess.PUBLIC_AND_PRIVATE.only_from("203.0.113.0/24"),
            default_capacity_type=eks.DefaultCapacityType.NODEGROUP,
            default_capacity=0,
            cluster_logging=list(eks.ClusterLoggingTypes),
            secrets_encryption_key=cast(kms.IKey, kms.Key(self, "Key", enable_key_rotation=True)),
            kubectl_provider_options=eks.KubectlProviderOptions(
                kubectl_layer=cast(lambda_.ILayerVersion, KubectlV35Layer(self, "KubectlLayer"))
            ),
            output_config_command=False,
        )
        cast(cdk.CfnResource, cluster.node.default_child).node.add_dependency(log_group)
        administrators.add_to_policy(
            iam.PolicyStatement(actions=["eks:DescribeCluster"], resources=[cluster.cluster_arn])
        )
        cluster.grant_cluster_admin("AdministratorsAccess", administrators.role_arn)
        return cluster

    def function(self, name: str, folder: str, **more: Any) -> lambda_.Function:
        return lambda_.Function(
            self,
            name,
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="index.handler",
            code=lambda_.Code.from_asset(str(ROOT / "lambda" / folder), exclude=["**/__pycache__"]),
            log_group=logs.LogGroup(self, f"{name}Logs"),
            **more,
        )

    def in_cluster(
        self,
        name: str,
        folder: str,
        ready: eks.KubernetesObjectValue,
        role: dict[str, Any],
        **properties: str,
    ) -> cdk.CustomResource:
        """A custom resource whose function works in Kubernetes."""
        handler = self.function(
            name,
            folder,
            vpc=self.network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnets=self.network.vpc.private_subnets),
            security_groups=[self.cluster.cluster_security_group],
        )
        entry = eks.CfnAccessEntry(
            self,
            f"{name}Access",
            cluster_name=self.cluster.cluster_name,
            principal_arn=cast(iam.IRole, handler.role).role_arn,
            kubernetes_groups=[f"plain:{folder}"],
        )
        rights = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", **role}
        manifest = eks.KubernetesManifest(
            self, f"{name}Rbac", cluster=cast(eks.ICluster, self.cluster), manifest=[rights], overwrite=True
        )
        manifest.node.add_dependency(ready)
        provider = cr.Provider(
            self,
            f"{name}Provider",
            on_event_handler=cast(lambda_.IFunction, handler),
            log_group=logs.LogGroup(self, f"{name}ProviderLogs"),
        )
        resource = cdk.CustomResource(
            self,
            f"{name}Resource",
            service_token=provider.service_token,
            properties={
                "ClusterName": self.cluster.cluster_name,
                "Endpoint": self.cluster.cluster_endpoint,
                **properties,
            },
        )
        resource.node.add_dependency(entry, manifest)
        return resource

    def removal(self, ready: eks.KubernetesObjectValue) -> cdk.CustomResource:
        rules = [{"apiGroups": ["apps"], "resources": ["daemonsets"], "verbs": ["get", "delete"]}]
        role = {"metadata": {"name": "aws-node-removal", "namespace": "kube-system"}, "rules": rules}
        return self.in_cluster("Removal", "aws_node_removal", ready, role)

    def takeover(self, ready: eks.KubernetesObjectValue) -> cdk.CustomResource:
        rules = [{"apiGroups": ["apps"], "resources": ["daemonsets"], "verbs": ["get", "list", "patch"]}]
        role = {"metadata": {"name": "release-takeover", "namespace": "kube-system"}, "rules": rules}
        return self.in_cluster("Takeover", "release_takeover", ready, role, Values="0123456789abcdef")

    def sweep(self) -> cdk.CustomResource:
        actions = ["ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"]
        return self.in_aws("Sweep", "eni_sweep", actions, VpcId=self.network.vpc.vpc_id)

    def in_aws(self, name: str, folder: str, actions: list[str], **properties: Any) -> cdk.CustomResource:
        """A custom resource whose function calls AWS alone."""
        handler = self.function(name, folder)
        handler.add_to_role_policy(iam.PolicyStatement(actions=actions, resources=["*"]))
        provider = cr.Provider(
            self,
            f"{name}Provider",
            on_event_handler=cast(lambda_.IFunction, handler),
            log_group=logs.LogGroup(self, f"{name}ProviderLogs"),
        )
        return cdk.CustomResource(
            self,
            f"{name}Resource",
            service_token=provider.service_token,
            properties={"ClusterName": self.cluster.cluster_name, **properties},
        )

    def operator_role(self) -> iam.Role:
        provider = self.cluster.open_id_connect_provider
        role = iam.Role(self, "OperatorRole", assumed_by=iam.OpenIdConnectPrincipal(provider))
        actions = ["ec2:DescribeSubnets", "ec2:CreateNetworkInterface", "ec2:AssignPrivateIpAddresses"]
        role.add_to_policy(iam.PolicyStatement(actions=actions, resources=["*"]))
        return role

    def release(self, role: iam.Role) -> eks.HelmChart:
        chart = eks.HelmChart(
            self,
            "Cilium",
            cluster=cast(eks.ICluster, self.cluster),
            chart="cilium",
            repository="https://helm.cilium.io/",
            version="1.19.6",
            namespace="kube-system",
            create_namespace=False,
            values={
                "eni": {"enabled": True, "iamRole": role.role_arn, "awsEnablePrefixDelegation": True},
                "ipam": {"mode": "eni"},
                "routingMode": "native",
                "hubble": {"relay": {"enabled": True}, "ui": {"enabled": True}},
            },
        )
        chart.node.add_dependency(role, *self.network.pod_subnets)
        return chart

    def nodes(self) -> eks.Nodegroup:
        role = iam.Role(
            self,
            "NodeRole",
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("AmazonEKSWorkerNodePolicy"),
                iam.ManagedPolicy.from_aws_managed_policy_name("AmazonEC2ContainerRegistryPullOnly"),
            ],
        )
        template = ec2.LaunchTemplate(
            self,
            "LaunchTemplate",
            machine_image=ec2.MachineImage.from_ssm_parameter(IMAGE),
            require_imdsv2=True,
            user_data=ec2.UserData.custom(
                f'[settings.kubernetes]\napi-server = "{self.cluster.cluster_endpoint}"\n'
            ),
        )
        count = self.in_aws(
            "Count",
            "node_counts",
            ["eks:ListNodegroups", "eks:DescribeNodegroup"],
            LogicalId="Nodes",
            Group={"Version": template.latest_version_number},
        )
        return eks.Nodegroup(
            self,
            "Nodes",
            desired_size=cdk.Token.as_number(count.get_att("DesiredSize")),
            max_size=6,
            cluster=cast(eks.ICluster, self.cluster),
            instance_types=[ec2.InstanceType("m6i.large")],
            launch_template_spec=eks.LaunchTemplateSpec(
                id=cast(str, template.launch_template_id), version=template.latest_version_number
            ),
            node_role=cast(iam.IRole, role),
            subnets=ec2.SubnetSelection(subnets=self.network.vpc.private_subnets),
        )


app = cdk.App(context=FLAGS)
region = cdk.Environment(region="eu-west-1")
network = Network(app, "plain-network", region)
Platform(app, "plain-cluster", region, network)
cdk.Validations.of(network).acknowledge(
    cdk.Acknowledgment(id="CloudFormation-Validate::W3010", reason="nothing is looked up in a benchmark")
)
app.synth()
