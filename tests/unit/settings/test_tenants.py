from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.settings import Settings, load, parse
from cdk_eks_cilium.settings.tenant_policies import tenants_policies

GOOD = (
    "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: web}\n"
    "spec: {endpointSelector: {}, ingress: [{}]}\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/web.yaml").write_text(GOOD)
    return tmp_path


def written(folder: Path, *tenants: object, **more: object) -> Path:
    file = folder / "settings.yaml"
    file.write_text(yaml.safe_dump({"tenants": list(tenants), **more}))
    return file


def refusal(file: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        load(file)
    return [str(problem).replace(f"{file.parent}/", "") for problem in caught.value.problems]


def test_the_default_settings_have_no_tenants() -> None:
    assert Settings().tenants == []


def test_a_tenant_needs_only_a_namespace() -> None:
    (tenant,) = parse({"tenants": [{"namespace": "shop"}]}).tenants
    assert (tenant.policies, tenant.pod_security, tenant.default_deny, tenant.removal) == (
        [],
        "baseline",
        True,
        "retain",
    )


def test_files_are_looked_up_from_the_settings_file(folder: Path) -> None:
    settings = load(written(folder, {"namespace": "shop", "policies": ["policies"]}))
    found = tenants_policies(settings, settings.tenants[0])
    assert [policy.name for policy in found] == ["default-deny", "web"]
    assert {policy.namespace for policy in found} == {"shop"}


def test_problems_of_the_files_come_with_problems_of_the_settings(folder: Path) -> None:
    (folder / "policies/bad.yaml").write_text(GOOD.replace("ingress", "ingres"))
    file = written(
        folder,
        {"namespace": "kube-system"},
        {"namespace": "shop", "policies": ["policies"]},
        {"namespace": "shop", "policies": ["none.yaml"]},
    )
    assert refusal(file) == [
        "tenants[0].namespace: must not be a namespace of Kubernetes itself, got 'kube-system'; choose "
        "another namespace for the tenant",
        "tenants[1].policies: policies/bad.yaml line 1: CiliumNetworkPolicy web: spec.ingres: is not a "
        "field of spec; did you mean 'ingress'?",
        "tenants[2].namespace: must be named once, and tenants[1] names it already, got 'shop'; put all "
        "its policies into one tenant",
        "tenants[2].policies: none.yaml: must be a readable file (no such file or directory)",
    ]


def test_problems_of_labels_come_before_problems_of_the_files(folder: Path) -> None:
    file = written(
        folder,
        {"namespace": "shop", "policies": ["none.yaml"]},
        {"namespace": "other", "labels": {"pod-security.kubernetes.io/warn": "baseline"}},
    )
    assert refusal(file) == [
        "tenants[1].labels['pod-security.kubernetes.io/warn']: must not begin with "
        "'pod-security.kubernetes.io/', which is reserved for Kubernetes and EKS, got "
        "'pod-security.kubernetes.io/warn'",
    ]


def test_policies_are_judged_by_the_release_in_the_settings(folder: Path) -> None:
    (folder / "policies/web.yaml").write_text(
        GOOD.replace("ingress: [{}]", "enableDefaultDeny: {ingress: true}, ingress: [{}]")
    )
    file = written(
        folder,
        {"namespace": "shop", "policies": ["policies"]},
        cilium={"version": "1.15.19"},
        kubernetes_version="1.32",
    )
    assert refusal(file) == [
        "tenants[0].policies: policies/web.yaml line 1: CiliumNetworkPolicy web: spec.enableDefaultDeny: "
        "needs "
        "Cilium 1.16, and this is for 1.15.19; leave it out, or install that release"
    ]


def test_the_l7_proxy_decides_over_default_deny(folder: Path) -> None:
    settings = load(written(folder, {"namespace": "shop"}, cilium={"l7_proxy": False}))
    (shut,) = tenants_policies(settings, settings.tenants[0])
    assert "rules" not in shut.manifest()["spec"]["egress"][0]["toPorts"][0]


@pytest.mark.parametrize(
    ("tenant", "text"),
    [
        ({}, "tenants[0].namespace: must be given; the namespace, which the stack makes"),
        ({"namespace": "Shop"}, "tenants[0].namespace: must be a namespace of at most 63 lower-case letters"),
        (
            {"namespace": "a", "policy": []},
            "tenants[0].policy: is not a setting, got []; did you mean 'policies'?",
        ),
        (
            {"namespace": "a", "policies": "x"},
            "tenants[0].policies: must be a list, got 'x'; write it as a list",
        ),
        (
            {"namespace": "a", "removal": "keep"},
            "tenants[0].removal: must be 'retain' or 'delete', got 'keep'",
        ),
    ],
)
def test_an_invalid_field_is_named(tenant: dict[str, object], text: str, folder: Path) -> None:
    (message,) = refusal(written(folder, tenant))
    assert text in message
