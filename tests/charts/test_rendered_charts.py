"""The configuration of agents and operator, which the chart of each minor renders from our values."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cdk_eks_cilium.values import (
    CiliumValues,
    Egress,
    Encryption,
    Eni,
    References,
    cni_config_map,
    helm_values,
)
from cdk_eks_cilium.values.rendering.merge import merged
from cdk_eks_cilium.versions import CiliumVersion
from tests.charts.versions import (
    REFS,
    ROLE,
    Render,
    both_helms,
    charts_or_skip,
    every_version,
    values_for,
)
from tests.wireguard import startable

charts_or_skip()

EVERYTHING = CiliumValues(egress=Egress.pod(), kube_proxy_replacement=True, encryption=Encryption())


def everything(number: str) -> dict[str, Any]:
    return values_for(number, startable(EVERYTHING, CiliumVersion.of(number)))


def annotations_of_pods(workload: dict[str, Any]) -> dict[str, str]:
    return workload["spec"]["template"]["metadata"].get("annotations") or {}


@both_helms
@every_version
def test_addresses_come_from_network_interfaces_in_prefixes(number: str, helm: int, render: Render) -> None:
    config = render(number, values_for(number), helm).config
    assert config["ipam"] == "eni"
    assert config["auto-create-cilium-node-resource"] == "true"
    assert config["enable-endpoint-routes"] == "true"
    assert config["aws-enable-prefix-delegation"] == "true"
    assert config["aws-release-excess-ips"] == "true"
    assert config["cluster-name"] == REFS.cluster_name
    assert json.loads(config["eni-tags"]) == {
        "io.cilium/cluster-name": REFS.cluster_name,
        "io.cilium/cilium-managed": "true",
    }


@both_helms
@every_version
def test_routing_is_native(number: str, helm: int, render: Render) -> None:
    config = render(number, values_for(number), helm).config
    if CiliumVersion.of(number).at_least("1.14"):
        assert config["routing-mode"] == "native"
    else:
        assert config["tunnel"] == "disabled"


@both_helms
@every_version
def test_agents_learn_the_pod_subnets_and_the_first_interface(number: str, helm: int, render: Render) -> None:
    rendered = render(number, values_for(number), helm)
    agent = rendered.find("DaemonSet", "cilium")
    manifest = cni_config_map(CiliumValues(), CiliumVersion.of(number), REFS)
    if manifest is None:
        assert rendered.config["eni-subnet-ids"] == "subnet-a,subnet-b"
        assert rendered.config["eni-first-interface-index"] == "1"
        assert "read-cni-conf" not in rendered.config
        return
    assert "eni-subnet-ids" not in rendered.config
    volumes = agent["spec"]["template"]["spec"]["volumes"]
    (volume,) = (v for v in volumes if v.get("configMap", {}).get("name") == manifest["metadata"]["name"])
    (container,) = (c for c in agent["spec"]["template"]["spec"]["containers"] if c["name"] == "cilium-agent")
    (mount,) = (m for m in container["volumeMounts"] if m["name"] == volume["name"])
    (key,) = manifest["data"]
    assert rendered.config["read-cni-conf"] == f"{mount['mountPath']}/{key}"
    assert manifest["data"][key] in annotations_of_pods(agent).values()


@every_version
def test_the_agents_write_their_cni_file_and_remove_others_from_1_14(number: str, render: Render) -> None:
    config = render(number, values_for(number)).config
    assert config["write-cni-conf-when-ready"].startswith("/host/etc/cni/net.d/05-cilium.conf")
    if CiliumVersion.of(number).at_least("1.14"):
        assert config["cni-exclusive"] == "true"


@both_helms
@every_version
def test_node_egress_translates_on_the_primary_interface(number: str, helm: int, render: Render) -> None:
    config = render(number, values_for(number), helm).config
    assert config["enable-ipv4-masquerade"] == "true"
    assert config["egress-masquerade-interfaces"] == "eth0"


@every_version
def test_pod_egress_translates_nothing(number: str, render: Render) -> None:
    config = render(number, everything(number)).config
    assert config["enable-ipv4-masquerade"] == "false"
    assert "egress-masquerade-interfaces" not in config


@every_version
def test_kube_proxy_is_replaced_only_when_asked(number: str, render: Render) -> None:
    version = CiliumVersion.of(number)
    off, on = ("false", "true") if version.at_least("1.14") else ("disabled", "strict")
    # 1.14 and 1.15 spell the default in the old way still.
    defaults = {off, "disabled"} if number.startswith(("1.14", "1.15")) else {off}
    assert render(number, values_for(number)).config["kube-proxy-replacement"] in defaults
    rendered = render(number, everything(number))
    assert rendered.config["kube-proxy-replacement"] == on
    agent = rendered.find("DaemonSet", "cilium")["spec"]["template"]["spec"]
    (container,) = (c for c in agent["containers"] if c["name"] == "cilium-agent")
    env = {e["name"]: e.get("value") for e in container["env"]}
    assert env["KUBERNETES_SERVICE_HOST"] == REFS.api_server_host
    assert env["KUBERNETES_SERVICE_PORT"] == "443"


@every_version
def test_wireguard_is_on_only_when_asked(number: str, render: Render) -> None:
    assert "enable-wireguard" not in render(number, values_for(number)).config
    assert render(number, everything(number)).config["enable-wireguard"] == "true"


@both_helms
@every_version
def test_the_operator_is_the_one_for_aws_and_carries_its_role(number: str, helm: int, render: Render) -> None:
    rendered = render(number, values_for(number), helm)
    account = rendered.find("ServiceAccount", "cilium-operator")
    assert account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"] == ROLE
    operator = rendered.find("Deployment", "cilium-operator")["spec"]
    assert operator["replicas"] == 2
    assert "/operator-aws:" in operator["template"]["spec"]["containers"][0]["image"]


@every_version
def test_with_pod_identity_the_service_account_names_no_role(number: str, render: Render) -> None:
    refs = References(cluster_name="demo", operator_role_arn=None, subnet_ids=("subnet-a",))
    values = helm_values(CiliumValues(), CiliumVersion.of(number), refs)
    account = render(number, values).find("ServiceAccount", "cilium-operator")
    assert "eks.amazonaws.com/role-arn" not in (account["metadata"].get("annotations") or {})


@every_version
def test_hubble_s_relay_and_ui_are_installed_and_node_init_is_not(number: str, render: Render) -> None:
    rendered = render(number, values_for(number))
    assert {"hubble-relay", "hubble-ui"} <= rendered.names("Deployment")
    assert rendered.config["enable-hubble"] == "true"
    assert "cilium-node-init" not in rendered.names("DaemonSet")


@both_helms
@every_version
def test_no_job_is_a_hook_that_helm_would_wait_for(number: str, helm: int, render: Render) -> None:
    hooks = [
        o["metadata"]["name"]
        for o in render(number, values_for(number), helm).objects
        if "helm.sh/hook" in (o["metadata"].get("annotations") or {})
    ]
    assert hooks == []


@every_version
def test_certificates_are_renewed_in_the_cluster_from_1_19(number: str, render: Render) -> None:
    jobs = render(number, values_for(number)).names("CronJob")
    assert ("hubble-generate-certs" in jobs) is CiliumVersion.of(number).at_least("1.19")


@every_version
def test_another_configuration_restarts_agents_and_operator(number: str, render: Render) -> None:
    before = render(number, values_for(number))
    after = render(number, values_for(number, CiliumValues(eni=Eni(prefix_delegation=False))))
    for kind, name in (("DaemonSet", "cilium"), ("Deployment", "cilium-operator")):
        old, new = (annotations_of_pods(rendered.find(kind, name)) for rendered in (before, after))
        assert old != new, f"{kind} {name}"


@every_version
def test_another_pod_subnet_restarts_agents(number: str, render: Render) -> None:
    refs = References(cluster_name="demo", operator_role_arn=ROLE, subnet_ids=("subnet-a", "subnet-c"))
    other = References(cluster_name="demo", operator_role_arn=ROLE, subnet_ids=("subnet-a",))
    version = CiliumVersion.of(number)
    agents = [
        render(number, helm_values(CiliumValues(), version, r)).find("DaemonSet", "cilium")
        for r in (refs, other)
    ]
    assert annotations_of_pods(agents[0]) != annotations_of_pods(agents[1])


@both_helms
@pytest.mark.parametrize("number", ["1.18.12", "1.19.6", "1.20.0"])
def test_every_image_comes_from_the_registry_with_the_chart_s_tag_and_digest(
    number: str, helm: int, render: Render
) -> None:
    registry = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/mirror"
    # What is off by default has images, too: node-init, Envoy's own pods, mutual authentication, preflight.
    more = {
        "nodeinit": {"enabled": True},
        "envoy": {"enabled": True},
        "clustermesh": {"useAPIServer": True},
        "authentication": {
            "enabled": True,
            "mutual": {"spire": {"enabled": True, "install": {"enabled": True}}},
        },
        "preflight": {"enabled": True, "envoy": {"enabled": True}},
    }

    def images(values: CiliumValues) -> set[str]:
        # Node-init is not for overrides; its image is in some releases nevertheless.
        given = merged(values_for(number, values), more)
        return {image for o in render(number, given, helm).objects for image in images_of(o)}

    public = images(CiliumValues())
    assert len(public) >= 10
    assert all("@sha256:" in image for image in public)
    assert images(CiliumValues(image_registry=registry)) == {
        f"{registry}/{image.split('/', 1)[1]}" for image in public
    }
    assert any("/cilium/operator-aws:" in image for image in public)


def images_of(tree: Any) -> set[str]:
    if isinstance(tree, dict):
        own = {tree["image"]} if isinstance(tree.get("image"), str) else set()
        return own.union(*(images_of(value) for value in tree.values()))
    if isinstance(tree, list):
        return set().union(*(images_of(value) for value in tree))
    return set()


@both_helms
def test_the_article_s_profile_installs_what_the_article_installs(helm: int, render: Render) -> None:
    rendered = render("1.12.1", values_for("1.12.1", CiliumValues(profile="article")), helm)
    expected = {
        "auto-create-cilium-node-resource": "true",
        "aws-enable-prefix-delegation": "true",
        "aws-release-excess-ips": "true",
        "cluster-name": "default",
        "custom-cni-conf": "true",
        "egress-masquerade-interfaces": "eth0",
        "enable-endpoint-routes": "true",
        "enable-hubble": "true",
        "enable-ipv4-masquerade": "true",
        "eni-tags": "{}",
        "ipam": "eni",
        "kube-proxy-replacement": "disabled",
        "read-cni-conf": "/tmp/cni-configuration/cni-config",
        "tunnel": "disabled",
        "update-ec2-adapter-limit-via-api": "true",
    }
    assert {key: rendered.config.get(key) for key in expected} == expected
    assert len(rendered.config) == 87
    assert len(rendered.objects) == 25
    assert rendered.names("DaemonSet") == {"cilium", "cilium-node-init"}
    assert rendered.names("Deployment") == {"cilium-operator", "hubble-relay", "hubble-ui"}
    account = rendered.find("ServiceAccount", "cilium-operator")
    assert account["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": ROLE}
