"""Control plane, access, operator role, release and nodes of the cluster's stack."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from rehearsal.aws.user_data import boot_data
from tests.small_apps import TEMPLATES_ONLY
from tests.stacks.conftest import flat

HELM = "Custom::AWSCDK-EKS-HelmChart"


def helm_values(templates: Any) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(flat(templates.only(HELM)[1]["Values"]))
    return values


def test_the_control_plane_has_no_auto_mode_and_no_creator_as_administrator(default: Any) -> None:
    _, cluster = default.only("AWS::EKS::Cluster")

    assert cluster["ComputeConfig"] == {"Enabled": False}
    assert cluster["AccessConfig"] == {
        "AuthenticationMode": "API",
        "BootstrapClusterCreatorAdminPermissions": False,
    }
    assert cluster["Version"] == "1.35"


def test_every_control_plane_log_goes_to_a_group_the_stack_owns(default: Any) -> None:
    _, cluster = default.only("AWS::EKS::Cluster")
    name, group = default.only("AWS::Logs::LogGroup", contains="ControlPlaneLogs")
    types = {entry["Type"] for entry in cluster["Logging"]["ClusterLogging"]["EnabledTypes"]}

    assert types == {"api", "audit", "authenticator", "controllerManager", "scheduler"}
    assert group["LogGroupName"] == "/aws/eks/platform/cluster"
    assert default.cluster["Resources"][name]["DeletionPolicy"] == "Delete"


def test_no_log_group_and_no_key_stays_behind(default: Any) -> None:
    kept = [
        name
        for stack in (default.network, default.cluster)
        for name, resource in stack["Resources"].items()
        if resource.get("DeletionPolicy", "Delete") != "Delete"
    ]

    assert kept == []


def test_every_function_logs_to_a_group_of_the_stack(default: Any) -> None:
    functions = default.of_type("AWS::Lambda::Function")
    groups = default.of_type("AWS::Logs::LogGroup")
    named = {flat(group["Properties"].get("LogGroupName", "")) for group in groups.values()}

    assert len(functions) == 10
    for name, function in functions.items():
        own = function["Properties"].get("LoggingConfig", {}).get("LogGroup", {}).get("Ref")
        assert own in groups or f"/aws/lambda/<{name}>" in named, name


def test_secrets_are_encrypted_with_a_rotating_key(default: Any) -> None:
    name, key = default.only("AWS::KMS::Key")
    _, cluster = default.only("AWS::EKS::Cluster")

    assert key["EnableKeyRotation"] is True
    assert cluster["EncryptionConfig"] == [
        {"Provider": {"KeyArn": {"Fn::GetAtt": [name, "Arn"]}}, "Resources": ["secrets"]}
    ]


def test_the_public_endpoint_has_an_allow_list(default: Any) -> None:
    config = default.only("AWS::EKS::Cluster")[1]["ResourcesVpcConfig"]

    assert config["EndpointPrivateAccess"] is True
    assert config["EndpointPublicAccess"] is True
    assert config["PublicAccessCidrs"] == ["203.0.113.0/24"]


def test_an_empty_allow_list_closes_the_public_endpoint(synthesize: Callable[[str], Any]) -> None:
    config = synthesize("existing-vpc").only("AWS::EKS::Cluster")[1]["ResourcesVpcConfig"]

    assert config["EndpointPublicAccess"] is False
    assert config["EndpointPrivateAccess"] is True


def test_without_access_settings_a_role_is_made_that_the_account_may_assume(default: Any) -> None:
    name, role = default.only("AWS::IAM::Role", contains="Administrators")
    entries = default.of_type("AWS::EKS::AccessEntry").values()
    mine = [e for e in entries if e["Properties"]["PrincipalArn"] == {"Fn::GetAtt": [name, "Arn"]}]

    assert flat(role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"]) == (
        "arn:aws:iam::<AWS::AccountId>:root"
    )
    assert "AmazonEKSClusterAdminPolicy" in json.dumps(mine)
    assert flat(default.cluster["Outputs"]["Kubeconfig"]["Value"]).endswith(
        f"--role-arn <{name}.Arn> --assume-role-arn <{name}.Arn>"
    )


def test_access_settings_become_entries_and_the_kubeconfig_is_theirs(
    synthesize: Callable[[str], Any],
) -> None:
    templates = synthesize("existing-vpc")
    entries = {
        flat(entry["Properties"]["PrincipalArn"]): entry["Properties"]
        for entry in templates.of_type("AWS::EKS::AccessEntry").values()
    }
    shop = entries["arn:aws:iam::123456789012:role/shop"]["AccessPolicies"]

    assert "arn:aws:iam::123456789012:role/platform-admins" in entries
    assert flat(shop[0]["PolicyArn"]).endswith("cluster-access-policy/AmazonEKSEditPolicy")
    assert shop[0]["AccessScope"] == {"Namespaces": ["shop"], "Type": "namespace"}
    assert not [name for name in templates.of_type("AWS::IAM::Role") if "Administrators" in name]
    assert "--role-arn" not in flat(templates.cluster["Outputs"]["Kubeconfig"]["Value"])


def test_outputs_are_the_commands_a_person_runs_next(default: Any) -> None:
    outputs = {name: flat(output["Value"]) for name, output in default.cluster["Outputs"].items()}

    assert outputs["Kubeconfig"].startswith("aws eks update-kubeconfig --region eu-west-1 --name <")
    assert outputs["CiliumStatus"] == "cilium status --wait"
    assert outputs["ConnectivityTest"] == "cilium connectivity test"
    assert "port-forward service/hubble-ui" in outputs["HubbleUi"]


def test_only_the_operators_service_account_of_this_cluster_assumes_its_role(default: Any) -> None:
    _, role = default.only("AWS::IAM::Role", contains="OperatorRole")
    text, variables = role["AssumeRolePolicyDocument"]["Fn::Sub"]
    (statement,) = json.loads(text)["Statement"]
    provider, _ = default.only("AWS::IAM::OIDCProvider")

    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Principal"] == {"Federated": "${Arn}"}
    assert statement["Condition"] == {
        "StringEquals": {
            "${Issuer}:aud": "sts.amazonaws.com",
            "${Issuer}:sub": "system:serviceaccount:kube-system:cilium-operator",
        }
    }
    assert variables["Arn"] == {"Ref": provider}


def test_the_operator_changes_only_tagged_interfaces_and_only_in_pod_subnets(default: Any) -> None:
    _, policy = default.only("AWS::IAM::Policy", contains="OperatorRole")
    statements = {statement["Sid"]: statement for statement in policy["PolicyDocument"]["Statement"]}
    unconditional = [s for s in statements.values() if s["Resource"] == "*" and "Condition" not in s]

    assert all(action.startswith("ec2:Describe") for s in unconditional for action in s["Action"])
    own = statements["UseOwnInterfaces"]
    assert own["Condition"] == {"StringEquals": {"aws:ResourceTag/io.cilium/cluster-name": "platform"}}
    assert len(statements["CreateInterfaceInPodSubnets"]["Resource"]) == 3


def test_the_removals_handler_may_get_and_delete_one_daemon_set(default: Any) -> None:
    _, manifest = default.only("Custom::AWSCDK-EKS-KubernetesResource", contains="AwsNodeRemoval")
    role, binding = json.loads(flat(manifest["Manifest"]))
    _, entry = default.only("AWS::EKS::AccessEntry", contains="AwsNodeRemoval")
    (rule,) = role["rules"]

    assert role["kind"] == "Role"
    assert role["metadata"]["namespace"] == "kube-system"
    assert (rule["apiGroups"], rule["resources"]) == (["apps"], ["daemonsets"])
    assert (rule["resourceNames"], rule["verbs"]) == (["aws-node"], ["get", "delete"])
    assert [subject["name"] for subject in binding["subjects"]] == entry["KubernetesGroups"]
    assert "AccessPolicies" not in entry


def test_the_removals_function_calls_no_aws_api(default: Any) -> None:
    name, role = default.only("AWS::IAM::Role", contains="AwsNodeRemovalHandler")
    managed = [flat(arn).split("/")[-1] for arn in role["ManagedPolicyArns"]]
    policies = default.of_type("AWS::IAM::Policy").values()

    assert managed == ["AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole"]
    assert not [p for p in policies if {"Ref": name} in p["Properties"]["Roles"]]


def test_where_cilium_replaces_kube_proxy_no_add_on_brings_it(synthesize: Callable[[str], Any]) -> None:
    addons = synthesize("pod-egress").of_type("AWS::EKS::Addon").values()

    assert [addon["Properties"]["AddonName"] for addon in addons] == ["coredns"]


def test_a_new_cilium_or_kubernetes_version_repeats_the_removal(default: Any) -> None:
    _, removal = default.only("Custom::AwsNodeRemoval")

    assert removal["RepeatOn"] == {"Cilium": "1.19.6", "Kubernetes": "1.35"}


def test_the_release_does_not_wait_and_gives_up_before_its_handler_does(default: Any) -> None:
    _, chart = default.only(HELM)

    assert "Wait" not in chart
    assert "Atomic" not in chart
    assert "CreateNamespace" not in chart
    assert chart["Timeout"] == "780s"
    assert chart["ServiceTimeout"] == 960
    assert (chart["Chart"], chart["Version"], chart["Namespace"]) == ("cilium", "1.19.6", "kube-system")


def test_the_values_name_each_pod_subnet_and_the_operators_role(default: Any) -> None:
    eni = helm_values(default)["eni"]
    name, _ = default.only("AWS::IAM::Role", contains="OperatorRole")

    assert eni["iamRole"] == f"<{name}.Arn>"
    assert eni["nodeSpec"]["firstInterfaceIndex"] == 1
    assert len(eni["nodeSpec"]["subnetIDs"]) == 3
    assert all("PodSubnets" in subnet for subnet in eni["nodeSpec"]["subnetIDs"])
    assert not default.of_type("ConfigMap")


def test_replacing_kube_proxy_tells_the_agents_where_the_api_is(synthesize: Callable[[str], Any]) -> None:
    values = helm_values(synthesize("pod-egress"))

    assert values["kubeProxyReplacement"] is True
    assert values["k8sServiceHost"].startswith("<1 of <")
    assert values["enableIPv4Masquerade"] is False


@pytest.mark.parametrize(
    ("name", "group", "path", "pods"),
    [
        ("default", "workers", "/aws/service/bottlerocket/aws-k8s-1.35/x86_64/latest/image_id", 110),
        ("existing-vpc", "arm", "/aws/service/bottlerocket/aws-k8s-1.35/arm64/latest/image_id", 110),
        ("existing-vpc", "big", "/aws/service/bottlerocket/aws-k8s-1.35/x86_64/latest/image_id", 250),
    ],
)
def test_a_node_group_runs_as_many_pods_as_cilium_can_address(
    name: str, group: str, path: str, pods: int, synthesize: Callable[[str], Any]
) -> None:
    templates = synthesize(name)
    _, template = templates.only("AWS::EC2::LaunchTemplate", contains=group)
    image = template["LaunchTemplateData"]["ImageId"]["Ref"]

    assert templates.cluster["Parameters"][image]["Default"] == path
    assert boot_data(flat(template["LaunchTemplateData"]["UserData"]), "bottlerocket").max_pods == pods


def test_nodes_join_the_cluster_by_their_own_user_data(default: Any) -> None:
    _, template = default.only("AWS::EC2::LaunchTemplate")
    name, _ = default.only("AWS::EKS::Cluster")
    boot = boot_data(flat(template["LaunchTemplateData"]["UserData"]), "bottlerocket")

    assert boot.cluster == {
        "cluster-name": f"<{name}>",
        "api-server": f"<{name}.Endpoint>",
        "cluster-certificate": f"<{name}.CertificateAuthorityData>",
    }


def test_al2023_nodes_get_a_node_config(synthesize: Callable[[str], Any]) -> None:
    _, template = synthesize("pod-egress").only("AWS::EC2::LaunchTemplate")
    boot = boot_data(flat(template["LaunchTemplateData"]["UserData"]), "al2023")

    assert (boot.max_pods, boot.missing) == (110, [])


def test_al2_nodes_get_a_script(article: Any) -> None:
    _, template = article.only("AWS::EC2::LaunchTemplate")
    text = flat(template["LaunchTemplateData"]["UserData"])

    assert "Content-Type: text/x-shellscript" in text
    assert "\n/etc/eks/bootstrap.sh " in text
    assert "--use-max-pods false --kubelet-extra-args '--max-pods=110 " in text


def test_nodes_register_with_the_taint_that_cilium_takes_off(default: Any) -> None:
    _, nodes = default.only("AWS::EKS::Nodegroup")
    _, template = default.only("AWS::EC2::LaunchTemplate")

    assert boot_data(flat(template["LaunchTemplateData"]["UserData"]), "bottlerocket").taints == (
        {"key": "node.cilium.io/agent-not-ready", "value": "true", "effect": "NoExecute"},
    )
    assert not nodes.keys() & {"Taints", "Version", "AmiType"}


def test_nodes_keep_their_credentials_from_pods(default: Any) -> None:
    _, template = default.only("AWS::EC2::LaunchTemplate")

    assert template["LaunchTemplateData"]["MetadataOptions"] == {
        "HttpTokens": "required",
        "HttpPutResponseHopLimit": 1,
    }


def test_bottlerocket_has_a_small_system_volume_and_a_sized_one_both_encrypted(default: Any) -> None:
    _, template = default.only("AWS::EC2::LaunchTemplate")
    devices = {d["DeviceName"]: d["Ebs"] for d in template["LaunchTemplateData"]["BlockDeviceMappings"]}

    assert {name: ebs["VolumeSize"] for name, ebs in devices.items()} == {"/dev/xvda": 4, "/dev/xvdb": 50}
    assert {(ebs["VolumeType"], ebs["Encrypted"]) for ebs in devices.values()} == {("gp3", True)}


def test_the_node_role_can_boot_and_cannot_touch_the_network(default: Any) -> None:
    _, role = default.only("AWS::IAM::Role", contains="NodeRole")

    assert [flat(arn).split("/")[-1] for arn in role["ManagedPolicyArns"]] == [
        "AmazonEKSWorkerNodePolicy",
        "AmazonEC2ContainerRegistryPullOnly",
    ]


def test_tags_of_the_settings_are_on_everything_that_takes_them(synthesize: Callable[[str], Any]) -> None:
    _, key = synthesize("existing-vpc").only("AWS::KMS::Key")

    assert {"Key": "team", "Value": "platform"} in key["Tags"]


def test_instances_carry_the_tag_the_operator_may_attach_to_and_one_that_follows_the_egress(
    synthesize: Callable[[str], Any],
) -> None:
    def tags(name: str) -> dict[str, str]:
        _, template = synthesize(name).only("AWS::EC2::LaunchTemplate")
        specifications = template["LaunchTemplateData"]["TagSpecifications"]
        (instance,) = [entry for entry in specifications if entry["ResourceType"] == "instance"]
        return {tag["Key"]: tag["Value"] for tag in instance["Tags"]}

    assert tags("default")["io.cilium/cluster-name"] == "platform"
    assert tags("default")["cdk-eks-cilium/datapath"] == "node-eth0-1"
    assert tags("pod-egress")["cdk-eks-cilium/datapath"] == "pod-none-1-no-kube-proxy"


def test_tags_of_the_settings_reach_the_interfaces_of_pods(synthesize: Callable[[str], Any]) -> None:
    assert helm_values(synthesize("existing-vpc"))["eni"]["eniTags"] == {
        "io.cilium/cilium-managed": "true",
        "io.cilium/cluster-name": "existing",
        "team": "platform",
    }


def test_a_drain_that_a_budget_blocks_is_not_forced(default: Any) -> None:
    assert default.only("AWS::EKS::Nodegroup")[1]["ForceUpdateEnabled"] is False


def test_taking_out_the_first_grant_leaves_the_others_entry_alone() -> None:
    import aws_cdk as cdk

    from app import build, context
    from cdk_eks_cilium.settings import parse

    def entries(*roles: str) -> set[str]:
        grants = [
            {"principal_arn": f"arn:aws:iam::123456789012:role/{role}", "policy": "view"} for role in roles
        ]
        app = cdk.App(context={**context(), **TEMPLATES_ONLY}, builtin_cloud_formation_validation=False)
        _, cluster, _ = build(app, parse({"access": grants}))
        template = app.synth().get_stack_by_name(cluster.stack_name).template
        return {n for n, r in template["Resources"].items() if r["Type"] == "AWS::EKS::AccessEntry"}

    assert entries("b") < entries("a", "b")
