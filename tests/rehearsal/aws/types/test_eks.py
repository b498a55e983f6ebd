from __future__ import annotations

import base64
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from rehearsal.aws import cilium_operator
from rehearsal.aws.types.eks_cluster import DEFAULT_VERSION
from rehearsal.cloudformation.failures import StackError
from rehearsal.report.verdict import after_create, after_destroy

Make = Callable[..., Any]

ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}}
VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}


def subnet(cidr: str, zone: str) -> dict[str, Any]:
    properties = {"VpcId": {"Ref": "Vpc"}, "CidrBlock": cidr, "AvailabilityZone": zone}
    return {"Type": "AWS::EC2::Subnet", "Properties": properties}


def cluster(*subnets: str, **more: Any) -> dict[str, Any]:
    properties = {
        "Name": "platform",
        "Version": "1.35",
        "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        "ResourcesVpcConfig": {"SubnetIds": [{"Ref": name} for name in subnets or ("A", "B")]},
        **more,
    }
    return {"Type": "AWS::EKS::Cluster", "Properties": properties}


def base(**more: Any) -> dict[str, Any]:
    return {
        "Role": ROLE,
        "Vpc": VPC,
        "A": subnet("10.0.0.0/24", "eu-west-1a"),
        "B": subnet("10.0.1.0/24", "eu-west-1b"),
        "Cluster": cluster(**more),
    }


def addon(name: str, *needs: str) -> dict[str, Any]:
    properties = {"ClusterName": {"Ref": "Cluster"}, "AddonName": name}
    return {"Type": "AWS::EKS::Addon", "Properties": properties, "DependsOn": list(needs)}


def workers(*needs: str, **more: Any) -> dict[str, Any]:
    properties = {
        "ClusterName": {"Ref": "Cluster"},
        "NodegroupName": "workers",
        "InstanceTypes": ["m6i.large"],
        "NodeRole": {"Fn::GetAtt": ["Role", "Arn"]},
        "ScalingConfig": {"MinSize": 2, "DesiredSize": 2, "MaxSize": 4},
        "Subnets": [{"Ref": "A"}, {"Ref": "B"}],
        **more,
    }
    return {"Type": "AWS::EKS::Nodegroup", "Properties": properties, "DependsOn": list(needs)}


def template(user_data: str, image: str | None = None) -> dict[str, Any]:
    data = {"UserData": base64.b64encode(user_data.encode()).decode()}
    data |= {} if image is None else {"ImageId": image}
    return {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": data}}


def bottlerocket(pods: int, **more: str) -> str:
    """User data with which a node joins."""
    told = {"cluster-name": "platform", "api-server": "https://api", "cluster-certificate": "Zm9v", **more}
    return (
        "[settings.kubernetes]\n"
        + "".join(f'{key} = "{value}"\n' for key, value in told.items())
        + (f"max-pods = {pods}\n")
    )


def with_image(path: str, user_data: str) -> dict[str, Any]:
    """A template whose nodes boot one of AWS's images."""
    kind = "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>"
    made = template(user_data)
    made["Properties"]["LaunchTemplateData"]["ImageId"] = {"Ref": "Image"}
    resources = {**base(), "Template": made, "Workers": workers(LaunchTemplate=LATEST)}
    return {"Parameters": {"Image": {"Type": kind, "Default": path}}, "Resources": resources}


def after(*needs: str) -> dict[str, Any]:
    properties = {"Type": "String", "Value": "x"}
    return {"Type": "AWS::SSM::Parameter", "Properties": properties, "DependsOn": list(needs)}


LATEST = {"Id": {"Ref": "Template"}, "Version": {"Fn::GetAtt": ["Template", "LatestVersionNumber"]}}


def test_describe_cluster_leads_to_the_embedded_api_over_tls(deployment: Make) -> None:
    app = deployment()
    app.engine.create(app.stack(Resources=base()))
    described = app.client("eks").describe_cluster(name="platform")["cluster"]
    authority = base64.b64decode(described["certificateAuthority"]["data"]).decode()
    context = ssl.create_default_context(cadata=authority)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{described['endpoint']}/api", context=context)


def test_a_cluster_without_a_version_has_the_default_of_eks(deployment: Make) -> None:
    app, resources = deployment(), base()
    resources["Cluster"]["Properties"].pop("Version", None)

    app.engine.create(app.stack(Resources=resources))

    described = app.client("eks").describe_cluster(name="platform")["cluster"]
    assert described["version"] == DEFAULT_VERSION
    assert app.account.clusters["platform"].kubernetes.version == DEFAULT_VERSION


def test_a_cluster_goes_with_all_it_made(deployment: Make) -> None:
    app = deployment()
    app.engine.create(app.stack(Resources=base()))
    app.engine.delete("app")
    assert [finding for finding in after_destroy(app.account) if not finding.good] == []


def test_subnets_of_one_zone_are_refused(deployment: Make) -> None:
    app = deployment()
    resources = {**base(), "B": subnet("10.0.1.0/24", "eu-west-1a")}
    with pytest.raises(StackError, match="must be in at least two different AZs"):
        app.engine.create(app.stack(Resources=resources))


def test_deletion_protection_holds(deployment: Make) -> None:
    app = deployment()
    app.engine.create(app.stack(Resources=base(DeletionProtection=True)))
    with pytest.raises(StackError, match="cluster platform has deletion protection; set deletion_protection"):
        app.engine.delete("app")


def test_deletion_protection_holds_after_the_nodes_are_gone(deployment: Make) -> None:
    app = deployment()
    app.engine.create(app.stack(Resources={**base(DeletionProtection=True), "Param": after("Cluster")}))
    with pytest.raises(StackError, match="DELETE_FAILED"):
        app.engine.delete("app")
    assert app.history("DELETE_COMPLETE") == ["Param"]


def test_deletion_protection_that_is_switched_off_lets_the_cluster_go(deployment: Make) -> None:
    app = deployment()
    app.engine.create(app.stack(Resources=base(DeletionProtection=True)))
    app.engine.update(app.stack(Resources=base(DeletionProtection=False)))
    app.engine.delete("app")
    assert app.engine.stacks == {}


def test_deletion_protection_stops_the_way_back_of_a_first_deployment(deployment: Make) -> None:
    app = deployment(fail="Param")
    with pytest.raises(StackError, match="ROLLBACK_FAILED") as failed:
        app.engine.create(app.stack(Resources={**base(DeletionProtection=True), "Param": after("Cluster")}))
    assert "deletion protection" in failed.value.reasons["Cluster"]


@pytest.mark.parametrize(
    "change",
    [
        {"KubernetesNetworkConfig": {"ServiceIpv4Cidr": "10.100.0.0/16"}},
        {
            "EncryptionConfig": [
                {"Provider": {"KeyArn": "arn:aws:kms:eu-west-1:1:key/2"}, "Resources": ["secrets"]}
            ]
        },
        {"RoleArn": "arn:aws:iam::123456789012:role/other"},
        {"BootstrapSelfManagedAddons": False},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_that_would_replace_a_named_cluster_is_refused(
    deployment: Make, change: dict[str, Any]
) -> None:
    app = deployment()
    app.engine.create(app.stack(Resources=base()))
    refusal = "custom-named resource requires replacing. Rename platform and update"
    with pytest.raises(StackError, match=refusal):
        app.engine.update(app.stack(Resources=base(**change)))
    assert "platform" in app.account.clusters


@pytest.mark.parametrize(
    "change",
    [
        {"DeletionProtection": True},
        {"UpgradePolicy": {"SupportType": "STANDARD"}},
        {"ZonalShiftConfig": {"Enabled": True}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_of_what_keeps_a_cluster_is_made_in_place(deployment: Make, change: dict[str, Any]) -> None:
    app = deployment()
    app.engine.create(app.stack(Resources=base()))
    app.engine.update(app.stack(Resources=base(**change)))
    assert app.history("UPDATE_COMPLETE") == ["Cluster", "app"]


def test_services_and_the_dns_have_addresses_of_the_clusters_range(deployment: Make) -> None:
    app = deployment()
    services = {"KubernetesNetworkConfig": {"ServiceIpv4Cidr": "10.100.0.0/16"}}
    app.engine.create(app.stack(Resources=base(**services)))
    kubernetes = app.account.clusters["platform"].kubernetes
    dns = kubernetes.get("Service", "kube-dns", "kube-system")
    api = kubernetes.get("Service", "kubernetes", "default")
    assert (dns["spec"]["clusterIP"], api["spec"]["clusterIP"]) == ("10.100.0.10", "10.100.0.1")


def test_control_plane_logs_outlive_the_stack_that_does_not_own_them(deployment: Make) -> None:
    app = deployment()
    logging = {"ClusterLogging": {"EnabledTypes": [{"Type": "api"}]}}
    app.engine.create(app.stack(Resources=base(Logging=logging)))
    app.engine.delete("app")
    (finding,) = after_destroy(app.account)
    assert (finding.good, finding.detail) == (False, "log group /aws/eks/platform/cluster")


def test_nodes_without_any_network_fail_their_group_and_the_rollback_removes_them(deployment: Make) -> None:
    app = deployment(node_patience=0.5)
    resources = {**base(BootstrapSelfManagedAddons=False), "Workers": workers()}
    with pytest.raises(StackError, match="NodeCreationFailure: Unhealthy nodes") as caught:
        app.engine.create(app.stack(Resources=resources))
    assert "install the Cilium release before the node group" in caught.value.reasons["Workers"]
    assert after_destroy(app.account)[0].good


def test_nodes_that_aws_node_served_are_reported_at_the_end(deployment: Make) -> None:
    app = deployment()
    state = app.engine.create(app.stack(Resources={**base(), "Workers": workers()}))
    bad = [finding for finding in after_create(app.account, [state]) if not finding.good]
    assert "aws-node ran on it before Cilium" in bad[0].detail
    assert any("aws-node runs nowhere" in finding.check for finding in bad)


def test_coredns_without_nodes_is_degraded(deployment: Make) -> None:
    app = deployment(node_patience=0.5)
    resources = {**base(BootstrapSelfManagedAddons=False), "Dns": addon("coredns")}
    with pytest.raises(StackError, match="Dns: the add-on coredns is DEGRADED"):
        app.engine.create(app.stack(Resources=resources))


@pytest.mark.parametrize(
    "change",
    [
        {"Tags": [{"Key": "team", "Value": "a"}]},
        {"ResolveConflicts": "OVERWRITE"},
        {"ConfigurationValues": '{"nodeSelector": {"io.cilium/aws-node-enabled": "true"}}'},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_add_on_changes_in_place(change: dict[str, Any], deployment: Make) -> None:
    app, resources = deployment(), {**base(BootstrapSelfManagedAddons=False), "Proxy": addon("kube-proxy")}
    before = app.engine.create(app.stack(Resources=resources)).resources["Proxy"].made.physical_id
    resources["Proxy"]["Properties"] |= change

    state = app.engine.update(app.stack(Resources=resources))

    assert state.resources["Proxy"].made.physical_id == before
    found = app.account.clusters["platform"].kubernetes.get("DaemonSet", "kube-proxy", "kube-system")
    assert found
    kept_off = found["spec"]["template"]["spec"].get("nodeSelector")
    assert bool(kept_off) == ("ConfigurationValues" in change)


def test_kube_proxy_needs_no_nodes(deployment: Make) -> None:
    app = deployment(node_patience=0.5)
    resources = {**base(BootstrapSelfManagedAddons=False), "Proxy": addon("kube-proxy")}
    app.engine.create(app.stack(Resources=resources))


def pods_of_nodes(app: Any) -> set[int]:
    return {node.max_pods for node in app.account.clusters["platform"].nodes.values()}


OWN = "ami-0123456789abcdef0"
NEWEST = "/aws/service/bottlerocket/aws-k8s-1.35/x86_64/latest/image_id"


def test_with_an_image_max_pods_come_from_the_user_data(deployment: Make) -> None:
    app = deployment()
    resources = {
        **base(),
        "Template": template(bottlerocket(77), OWN),
        "Workers": workers(LaunchTemplate=LATEST),
    }
    app.engine.create(app.stack(Resources=resources))
    assert pods_of_nodes(app) == {77}


@pytest.mark.parametrize(("kind", "pods"), [("m6i.large", 110), ("m6i.8xlarge", 250)])
def test_without_an_image_eks_decides_max_pods(kind: str, pods: int, deployment: Make) -> None:
    app = deployment()
    resources = {
        **base(),
        "Template": template("[settings.kubernetes]\nmax-pods = 77\n"),
        "Workers": workers(LaunchTemplate=LATEST, InstanceTypes=[kind], AmiType="BOTTLEROCKET_x86_64"),
    }
    app.engine.create(app.stack(Resources=resources))
    assert pods_of_nodes(app) == {pods}


def test_an_image_takes_no_ami_type_and_no_version(deployment: Make) -> None:
    app = deployment()
    group = workers(LaunchTemplate=LATEST, AmiType="BOTTLEROCKET_x86_64", Version="1.35")
    resources = {**base(), "Template": template(bottlerocket(77), OWN), "Workers": group}
    with pytest.raises(StackError, match="AmiType, Version cannot be specified with a custom AMI"):
        app.engine.create(app.stack(Resources=resources))


@pytest.mark.parametrize(
    ("user_data", "reason"),
    [
        ("[settings.kubernetes]\nmax-pods = 77\n", "its user data lacks cluster-name, api-server"),
        (bottlerocket(77, **{"cluster-name": "other"}), "its user data names another cluster"),
    ],
)
def test_nodes_that_are_not_told_their_cluster_never_join(
    user_data: str, reason: str, deployment: Make
) -> None:
    app = deployment()
    resources = {**base(), "Template": template(user_data, OWN), "Workers": workers(LaunchTemplate=LATEST)}
    with pytest.raises(StackError, match=f"NodeCreationFailure.*{reason}"):
        app.engine.create(app.stack(Resources=resources))


def test_an_image_is_read_from_the_public_parameters(deployment: Make) -> None:
    app = deployment()
    app.engine.create(app.stack(**with_image(NEWEST, bottlerocket(77))))
    assert pods_of_nodes(app) == {77}


def test_a_parameter_that_is_not_there_fails_the_stack(deployment: Make) -> None:
    app = deployment()
    wrong = NEWEST.replace("latest", "newest")
    with pytest.raises(StackError, match="Unable to fetch parameters"):
        app.engine.create(app.stack(**with_image(wrong, bottlerocket(77))))


def test_an_image_of_a_newer_minor_than_the_control_plane_does_not_join(deployment: Make) -> None:
    app = deployment()
    newer = NEWEST.replace("1.35", "1.99")
    with pytest.raises(StackError, match="may be up to three minors older, not newer"):
        app.engine.create(app.stack(**with_image(newer, bottlerocket(77))))


def test_a_new_image_replaces_the_nodes_at_the_next_update(deployment: Make) -> None:
    app = deployment()
    stack = app.stack(**with_image(NEWEST, bottlerocket(77)))
    app.engine.create(stack)
    before = set(app.account.clusters["platform"].nodes)
    app.engine.update(stack)
    assert set(app.account.clusters["platform"].nodes) == before

    app.account.images.publish()
    app.engine.update(stack)
    assert not before & set(app.account.clusters["platform"].nodes)


def test_a_pinned_image_stays_when_aws_publishes_another(deployment: Make) -> None:
    app = deployment()
    stack = app.stack(**with_image(NEWEST.replace("latest", "1.62.0"), bottlerocket(77)))
    app.engine.create(stack)
    before = set(app.account.clusters["platform"].nodes)
    app.account.images.publish()
    app.engine.update(stack)
    assert set(app.account.clusters["platform"].nodes) == before


def test_a_new_group_needs_a_number_of_nodes_and_an_existing_one_keeps_its_own(deployment: Make) -> None:
    app = deployment()

    def stack(**size: int) -> Any:
        return app.stack(Resources={**base(), "Workers": workers(ScalingConfig=size)})

    with pytest.raises(StackError, match="a new node group must have all of minSize"):
        app.engine.create(stack(MinSize=1, MaxSize=4))
    app = deployment()
    app.engine.create(stack(MinSize=1, DesiredSize=3, MaxSize=4))
    app.engine.update(stack(MinSize=1, MaxSize=6))
    assert len(app.account.clusters["platform"].nodes) == 3


@pytest.mark.parametrize(
    ("scaling", "reason"),
    [
        ({"MinSize": 3, "DesiredSize": 2, "MaxSize": 4}, "Minimum capacity 3 can't be greater than desired"),
        ({"MinSize": 1, "DesiredSize": 5, "MaxSize": 4}, "desired capacity 5 can't be greater than max size"),
    ],
)
def test_a_number_of_nodes_outside_of_the_limits_is_refused(
    deployment: Make, scaling: dict[str, int], reason: str
) -> None:
    app = deployment()

    with pytest.raises(StackError, match=f"InvalidParameterException: {reason}"):
        app.engine.create(app.stack(Resources={**base(), "Workers": workers(ScalingConfig=scaling)}))


def test_a_number_in_the_template_undoes_what_an_autoscaler_did_and_no_number_does_not(
    deployment: Make,
) -> None:
    app = deployment()

    def stack(**size: int) -> Any:
        return app.stack(Resources={**base(), "Workers": workers(ScalingConfig=size)})

    def autoscale(size: int) -> None:
        app.client("eks").update_nodegroup_config(
            clusterName="platform", nodegroupName="workers", scalingConfig={"desiredSize": size}
        )

    app.engine.create(stack(MinSize=1, DesiredSize=2, MaxSize=4))
    autoscale(4)
    app.engine.update(stack(MinSize=1, MaxSize=6))
    assert len(app.account.clusters["platform"].nodes) == 4
    app.engine.update(stack(MinSize=1, DesiredSize=2, MaxSize=7))
    assert len(app.account.clusters["platform"].nodes) == 2


def test_a_group_tells_the_stack_and_the_resource_that_it_is_of(deployment: Make) -> None:
    app = deployment()
    state = app.engine.create(app.stack(Resources={**base(), "Workers": workers(Tags={"team": "shop"})}))

    found = app.client("eks").describe_nodegroup(clusterName="platform", nodegroupName="workers")

    assert found["nodegroup"]["scalingConfig"] == {"minSize": 2, "maxSize": 4, "desiredSize": 2}
    assert found["nodegroup"]["tags"] == {
        "team": "shop",
        "aws:cloudformation:stack-name": "app",
        "aws:cloudformation:stack-id": state.stack_id,
        "aws:cloudformation:logical-id": "Workers",
    }


def test_a_new_minor_moves_the_control_plane_and_then_the_nodes(deployment: Make) -> None:
    app = deployment()

    def stack(minor: str) -> Any:
        template = with_image(NEWEST.replace("1.35", minor), bottlerocket(77))
        template["Resources"]["Cluster"]["Properties"]["Version"] = minor
        return app.stack(**template)

    app.engine.create(stack("1.35"))
    before = set(app.account.clusters["platform"].nodes)
    app.engine.update(stack("1.36"))
    after = set(app.account.clusters["platform"].nodes)

    # Nodes that came before the control plane would be newer than it, and would not join.
    assert not before & after
    assert app.client("eks").describe_cluster(name="platform")["cluster"]["version"] == "1.36"


def test_more_pods_than_addresses_are_no_good_end(deployment: Make) -> None:
    app = deployment()
    resources = {
        **base(),
        "Template": template(bottlerocket(110), OWN),
        "Workers": workers(LaunchTemplate=LATEST, InstanceTypes=["t3.nano"]),
    }
    state = app.engine.create(app.stack(Resources=resources))
    (bad, *_) = [each for each in after_create(app.account, [state]) if "finds an address" in each.check]
    assert (bad.good, bad.detail[:28]) == (False, "its kubelet takes 110 pods, ")


def test_nodes_spread_over_the_zones(deployment: Make) -> None:
    app = deployment()
    app.engine.create(app.stack(Resources={**base(), "Workers": workers()}))
    zones = [node.zone for node in app.account.clusters["platform"].nodes.values()]
    assert sorted(zones) == ["eu-west-1a", "eu-west-1b"]


def test_user_data_that_the_image_cannot_read_fails_the_group(deployment: Make) -> None:
    app = deployment()
    group = workers(LaunchTemplate=LATEST, AmiType="BOTTLEROCKET_x86_64")
    resources = {**base(), "Template": template("#!/bin/sh\n\x01"), "Workers": group}
    with pytest.raises(StackError, match=r"NodeCreationFailure: .*Bottlerocket reads user data as TOML"):
        app.engine.create(app.stack(Resources=resources))


def test_scaling_adds_and_removes_nodes_and_a_new_template_rolls_them(deployment: Make) -> None:
    app = deployment()

    def names() -> set[str]:
        return set(app.account.clusters["platform"].nodes)

    def stack(size: int, pods: int) -> Any:
        data = template(bottlerocket(pods), OWN)
        scaling = {"MinSize": 1, "DesiredSize": size, "MaxSize": 4}
        group = workers(LaunchTemplate=LATEST, ScalingConfig=scaling)
        return app.stack(Resources={**base(), "Template": data, "Workers": group})

    app.engine.create(stack(2, 50))
    two = names()
    app.engine.update(stack(3, 50))
    assert two < names()
    app.engine.update(stack(1, 50))
    assert len(names()) == 1
    app.engine.update(stack(1, 60))
    assert {node.max_pods for node in app.account.clusters["platform"].nodes.values()} == {60}
    app.engine.delete("app")
    assert after_destroy(app.account)[0].good


def test_two_entries_for_one_principal_are_refused(deployment: Make) -> None:
    app = deployment()
    entry = {
        "Type": "AWS::EKS::AccessEntry",
        "Properties": {
            "ClusterName": {"Ref": "Cluster"},
            "PrincipalArn": "arn:aws:iam::123456789012:role/People",
        },
    }
    with pytest.raises(StackError, match="ResourceInUseException: The specified access entry"):
        app.engine.create(app.stack(Resources={**base(), "One": entry, "Two": entry}))


def test_interfaces_get_the_tags_and_prefixes_that_the_release_names() -> None:
    class Platform:
        class kubernetes:
            @staticmethod
            def get(kind: str, name: str, namespace: str | None = None) -> Any:
                data = {"aws-enable-prefix-delegation": "true", "cluster-name": "platform"}
                return {"data": {**data, "eni-tags": '{"team":"net"}', "eni-gc-tags": "gc=yes"}}

    platform: Any = Platform()
    assert cilium_operator.has_prefixes(platform)
    tags = {"io.cilium/cluster-name": "platform", "team": "net", "gc": "yes"}
    assert cilium_operator.interface_tags(platform) == tags
