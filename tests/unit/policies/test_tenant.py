from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
import pytest

from cdk_eks_cilium import (
    CiliumCluster,
    CiliumValues,
    CiliumVersion,
    Egress,
    InputError,
    Peer,
    Port,
    Tenant,
)
from cdk_eks_cilium.policy import PolicyBuilder
from tests.small_apps import known_vpc, new_stack, on_plain_cluster


class Apps:
    """A cluster in one stack, and room for tenants in another."""

    def __init__(self, **cluster: Any) -> None:
        first = new_stack("Cluster")
        self.app = cast(cdk.App, first.node.root)
        self.platform = CiliumCluster(first, "Platform", vpc=known_vpc(first), **cluster)
        self.stack = cdk.Stack(self.app, "Tenants")

    def tenant(self, namespace: str = "shop", **more: Any) -> Tenant:
        return Tenant(self.stack, namespace, cilium=self.platform.cilium, namespace=namespace, **more)

    def template(self, stack: str = "Tenants") -> dict[str, Any]:
        found: dict[str, Any] = self.app.synth().get_stack_by_name(stack).template
        return found


def of_type(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each for each in template["Resources"].values() if each["Type"] == kind]


def only_set(template: dict[str, Any]) -> dict[str, Any]:
    (found,) = of_type(template, "Custom::CiliumPolicySet")
    return found


def policies(resource: dict[str, Any]) -> list[dict[str, Any]]:
    raw = zlib.decompress(base64.b64decode(resource["Properties"]["Bundle"]))
    found: list[dict[str, Any]] = json.loads(raw)
    return found


def manifests(template: dict[str, Any]) -> list[dict[str, Any]]:
    found = of_type(template, "Custom::AWSCDK-EKS-KubernetesResource")
    return [each for resource in found for each in json.loads(resource["Properties"]["Manifest"])]


def test_a_tenant_is_a_namespace_that_is_shut() -> None:
    apps = Apps()
    apps.tenant(labels={"team": "blue"})
    template = apps.template()
    (namespace,) = [each for each in manifests(template) if each["kind"] == "Namespace"]
    assert namespace["metadata"] == {
        "name": "shop",
        "labels": {
            "team": "blue",
            "pod-security.kubernetes.io/enforce": "baseline",
            "pod-security.kubernetes.io/warn": "restricted",
            "pod-security.kubernetes.io/audit": "restricted",
        },
    }
    (shut,) = policies(only_set(template))
    assert shut["metadata"] == {"name": "default-deny", "namespace": "shop"}
    assert shut["spec"]["endpointSelector"] == {}
    assert shut["spec"]["ingress"] == [{"fromEntities": ["host"]}]
    (dns,) = shut["spec"]["egress"]
    (ports,) = dns["toPorts"]
    assert [port["protocol"] for port in ports["ports"]] == ["UDP", "TCP"]
    assert ports["rules"] == {"dns": [{"matchPattern": "*"}]}


def test_without_the_l7_proxy_dns_is_let_through_unseen() -> None:
    apps = Apps(values=CiliumValues(egress=Egress.node(), l7_proxy=False))
    apps.tenant()
    (shut,) = policies(only_set(apps.template()))
    (dns,) = shut["spec"]["egress"]
    assert "rules" not in dns["toPorts"][0]


@pytest.mark.parametrize(("level", "warned"), [("restricted", "restricted"), ("privileged", "privileged")])
def test_other_levels_of_pod_security_warn_of_themselves(level: str, warned: str) -> None:
    apps = Apps()
    apps.tenant(pod_security=level)
    (namespace,) = [each for each in manifests(apps.template()) if each["kind"] == "Namespace"]
    labels = namespace["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == level
    assert labels["pod-security.kubernetes.io/warn"] == warned


def test_policies_follow_default_deny_typed_or_from_files(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: web}\n"
        "spec: {endpointSelector: {}, ingress: [{}]}\n"
    )
    typed = PolicyBuilder("api", namespace="shop").allow_to(Peer.namespace("db"), Port.tcp(5432))
    apps = Apps()
    apps.tenant(policies=[tmp_path, typed, typed.policy().model_copy(update={"metadata": _named("again")})])
    found = policies(only_set(apps.template()))
    assert [each["metadata"]["name"] for each in found] == ["default-deny", "web", "api", "again"]
    assert {each["metadata"]["namespace"] for each in found} == {"shop"}


def _named(name: str) -> Any:
    return PolicyBuilder(name, namespace="shop").default_deny().policy().metadata


def test_default_deny_may_be_left_out() -> None:
    apps = Apps()
    apps.tenant(default_deny=False)
    assert policies(only_set(apps.template())) == []


def test_everything_stays_by_default_and_goes_with_delete() -> None:
    apps = Apps()
    apps.tenant("stays")
    apps.tenant("goes", removal="delete")
    resources = apps.template()["Resources"]
    kept = {
        name: resource["DeletionPolicy"]
        for name, resource in resources.items()
        if resource["Type"] in ("Custom::CiliumPolicySet", "Custom::AWSCDK-EKS-KubernetesResource")
        and "Rbac" not in name
    }
    assert {policy for name, policy in kept.items() if "stays" in name} == {"Retain"}
    assert {policy for name, policy in kept.items() if "goes" in name} == {"Delete"}


def test_the_namespace_comes_before_the_rights_and_these_before_the_policies() -> None:
    apps = Apps()
    apps.tenant()
    resources = apps.template()["Resources"]

    def named(part: str, kind: str) -> tuple[str, dict[str, Any]]:
        (found,) = [(n, r) for n, r in resources.items() if part in n and r["Type"] == kind]
        return found

    manifest = "Custom::AWSCDK-EKS-KubernetesResource"
    namespace, _ = named("Namespace", manifest)
    rights, rights_resource = named("Rbac", manifest)
    access, _ = named("AccessEntry", "AWS::EKS::AccessEntry")
    assert namespace in rights_resource["DependsOn"]
    assert {rights, access} <= set(only_set({"Resources": resources})["DependsOn"])


def test_tenants_wait_for_the_cluster_with_its_nodes() -> None:
    apps = Apps()
    apps.tenant()
    needed = apps.app.synth().get_stack_by_name("Tenants").dependencies
    assert "Cluster" in [artifact.id for artifact in needed]


def test_in_one_stack_policies_wait_for_the_release_and_nodes_that_come_later() -> None:
    stack = new_stack("All")
    platform = CiliumCluster(stack, "Platform", vpc=known_vpc(stack), default_nodes=False)
    Tenant(stack, "Shop", cilium=platform.cilium, namespace="shop")
    platform.cilium.add_node_group("late")
    template = cast(cdk.App, stack.node.root).synth().get_stack_by_name("All").template
    needs = only_set(template)["DependsOn"]
    assert [each for each in needs if "NodeGroupslate" in each]
    assert [each for each in needs if "CiliumChart" in each]


def test_the_function_may_keep_policies_of_the_namespace_and_nothing_else() -> None:
    apps = Apps()
    apps.tenant("shop")
    apps.tenant("batch")
    template = apps.template()
    roles = [each for each in manifests(template) if each["kind"] == "Role"]
    assert [role["metadata"]["namespace"] for role in roles] == ["shop", "batch"]
    for role in roles:
        assert role["rules"] == [
            {
                "apiGroups": ["cilium.io"],
                "resources": ["ciliumnetworkpolicies"],
                "verbs": ["get", "list", "create", "patch", "delete"],
            }
        ]
    assert not [each for each in manifests(template) if each["kind"].startswith("Cluster")]
    (entry,) = of_type(template, "AWS::EKS::AccessEntry")
    assert "AccessPolicies" not in entry["Properties"]
    bindings = [each for each in manifests(template) if each["kind"] == "RoleBinding"]
    assert {binding["subjects"][0]["name"] for binding in bindings} == set(
        entry["Properties"]["KubernetesGroups"]
    )


def test_tenants_of_a_stack_share_one_function() -> None:
    apps = Apps()
    apps.tenant("shop")
    apps.tenant("batch")
    template = apps.template()
    handlers = [
        each
        for each in of_type(template, "AWS::Lambda::Function")
        if "Keeps sets" in each["Properties"].get("Description", "")
    ]
    assert len(handlers) == 1
    assert handlers[0]["Properties"]["VpcConfig"]["SubnetIds"]


def test_the_function_is_outside_the_vpc_where_the_handlers_are() -> None:
    network = on_plain_cluster(values=CiliumValues(egress=Egress.node()), handler_subnets=[])
    stack = cdk.Stack.of(network)
    Tenant(stack, "Shop", cilium=network, namespace="shop")
    template = cast(cdk.App, stack.node.root).synth().get_stack_by_name(stack.stack_name).template
    (handler,) = [
        each
        for each in of_type(template, "AWS::Lambda::Function")
        if "Keeps sets" in each["Properties"].get("Description", "")
    ]
    assert "VpcConfig" not in handler["Properties"]


def test_owners_differ_by_namespace() -> None:
    apps = Apps()
    apps.tenant("shop")
    apps.tenant("batch")
    owners = [each["Properties"]["Owner"] for each in of_type(apps.template(), "Custom::CiliumPolicySet")]
    assert len(set(owners)) == 2
    assert all(len(owner) <= 63 for owner in owners)


def test_everything_wrong_with_a_tenant_is_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a, namespace: other}\n"
        "spec: {endpointSelector: {}, ingress: [{}]}\n"
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\n"
        "---\napiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {name: c}\n"
        "spec: {endpointSelector: {}, ingress: [{}]}\n"
        "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: default-deny}\n"
        "spec: {endpointSelector: {}, ingres: [{}]}\n"
    )
    again = PolicyBuilder("default-deny", namespace="shop").default_deny()
    apps = Apps()
    with pytest.raises(InputError) as caught:
        apps.tenant(policies=[tmp_path / "bad.yaml", again])
    said = [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]
    assert said == [
        "bad.yaml line 1: CiliumNetworkPolicy a: must be in the tenant's namespace shop, got 'other'; leave "
        "metadata.namespace out, or give the file to the tenant that it is for",
        "bad.yaml line 6: Service s: must be a CiliumNetworkPolicy, got 'Service'; convert a NetworkPolicy "
        "('cdk-eks-cilium policy convert'), and keep other kinds elsewhere",
        "bad.yaml line 10: CiliumClusterwideNetworkPolicy c: must be for one namespace, got "
        "'CiliumClusterwideNetworkPolicy'; write a CiliumNetworkPolicy, or a ClusterwideNetworkPolicy "
        "construct "
        "beside the tenants",
        "bad.yaml line 15: CiliumNetworkPolicy default-deny: spec.ingres: is not a field of spec; "
        "did you mean 'ingress'?",
        "Tenants/shop: default-deny: must have a unique name, and default-deny is already at Tenants/shop: "
        "default-deny; rename one of them",
    ]


@pytest.mark.parametrize("namespace", ["kube-system", "default", "kube-anything"])
def test_a_tenant_cannot_have_a_namespace_of_kubernetes(namespace: str) -> None:
    with pytest.raises(InputError, match="namespace: must not be a namespace of Kubernetes itself, got '"):
        Apps().tenant(namespace)


def test_a_tenant_cannot_set_labels_of_pod_security() -> None:
    with pytest.raises(InputError, match=r"must not be about Pod Security, .*; set pod_security instead"):
        Apps().tenant(labels={"pod-security.kubernetes.io/enforce": "privileged"})


def test_policies_are_judged_by_the_release_that_is_installed() -> None:
    open_ = PolicyBuilder("a", namespace="shop").deny_to(Peer.entity("world")).keep_open()
    with pytest.raises(InputError, match=r"enableDefaultDeny: needs Cilium 1\.16, and this is for 1\.15"):
        Apps(version=CiliumVersion.V1_15, kubernetes_version="1.32").tenant(policies=[open_])


def test_names_and_requests_need_the_l7_proxy() -> None:
    named = PolicyBuilder("a", namespace="shop").allow_to(Peer.fqdn("example.com"))
    with pytest.raises(InputError, match="must not look into requests or names: l7_proxy is off; turn"):
        Apps(values=CiliumValues(egress=Egress.node(), l7_proxy=False)).tenant(policies=[named])


def test_files_without_a_policy_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must contain a policy; add a policy, or leave the path out"):
        Apps().tenant(policies=[tmp_path])


def test_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml: must be a readable file"):
        Apps().tenant(policies=[tmp_path / "none.yaml"])
