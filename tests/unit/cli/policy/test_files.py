"""What a call is about: files, NetworkPolicies in them, and the tenants of an environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main

PODS = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: shop, labels: {app: api}}
---
apiVersion: v1
kind: Pod
metadata: {name: coredns, namespace: kube-system, labels: {k8s-app: kube-dns}}
"""

WEB = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress: [{toEndpoints: [{matchLabels: {app: api}}]}]
"""

API = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 80}]}]
"""

SETTINGS = """
name: shop-platform
cilium: {version: 1.18.7}
tenants:
  - namespace: shop
    policies: [web.yaml]
    labels: {team: red}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {"pods.yaml": PODS, "web.yaml": WEB, "api.yaml": API, "settings.yaml": SETTINGS}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def explained(
    capsys: pytest.CaptureFixture[str], source: str, destination: str, *more: str
) -> dict[str, tuple[bool, list[str]]]:
    """For each direction whether the flow is allowed, and where that is decided."""
    main(["policy", "explain", "--json", "--from", source, "--to", destination, *more])
    return {
        one["direction"]: (
            one["verdict"] == "allowed",
            [f"{place['policy']} {place['path']}" for place in one["deciding"]],
        )
        for one in json.loads(capsys.readouterr().out)["directions"]
    }


def allowed(capsys: pytest.CaptureFixture[str], source: str, destination: str, *more: str) -> bool:
    return all(verdict for verdict, _ in explained(capsys, source, destination, *more).values())


def test_network_policies_of_kubernetes_hold_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["policy", "explain", "--from", "shop/web", "--to", "shop/api:443", "api.yaml", "pods.yaml"])
        == 1
    )
    printed = capsys.readouterr().out
    assert "  by NetworkPolicy shop/api spec\n" in printed
    assert allowed(capsys, "shop/web", "shop/api:80", "api.yaml", "pods.yaml")


def test_network_policies_are_checked_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "api.yaml").write_text(API.replace("app: api", "app: apy"))
    assert main(["policy", "check", "api.yaml", "pods.yaml"]) == 1
    assert "CNP021" in capsys.readouterr().out


def test_tenants_of_the_settings_are_shut_and_have_their_policies(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = explained(capsys, "shop/web", "shop/api:80", "--settings", "settings.yaml", "pods.yaml")
    assert found == {
        "egress": (True, ["CiliumNetworkPolicy shop/web spec.egress[0]"]),
        "ingress": (False, ["CiliumNetworkPolicy shop/default-deny spec"]),
    }


def test_a_tenants_file_may_be_named_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = ("--settings", "settings.yaml", "web.yaml", "pods.yaml")
    found = explained(capsys, "shop/web", "shop/api:80", *more)
    assert found["egress"] == (True, ["CiliumNetworkPolicy shop/web spec.egress[0]"])


def test_the_release_comes_from_the_settings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "log.yaml").write_text(WEB.replace("spec:\n", "spec:\n  log: {value: web}\n"))
    call = ["policy", "matrix", "--json", "log.yaml", "pods.yaml"]
    (folder / "settings.yaml").write_text(SETTINGS.replace("1.18.7", "1.16.13"))
    assert main([*call, "--settings", "settings.yaml"]) == 1
    assert "1.16" in capsys.readouterr().err
    assert main([*call, "--settings", "settings.yaml", "--cilium", "1.19.5"]) == 0
    capsys.readouterr()
    assert main(call) == 0


def test_the_enforcement_mode_is_that_of_the_settings(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "settings.yaml").write_text(SETTINGS.replace("1.18.7}", "1.18.7, policy_enforcement: never}"))
    asked = ("shop/web", "shop/api:80", "--settings", "settings.yaml", "pods.yaml")
    assert allowed(capsys, *asked)
    assert not allowed(capsys, *asked, "--enforcement", "default")


def test_labels_of_tenants_namespaces_and_the_clusters_name_are_known(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "dns.yaml").write_text(
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: dns, namespace: kube-system}\n"
        "spec:\n  endpointSelector: {}\n  ingress:\n  - fromEndpoints:\n    - matchLabels:\n"
        "        k8s:io.cilium.k8s.namespace.labels.team: red\n"
        "        k8s:io.cilium.k8s.namespace.labels.pod-security.kubernetes.io/enforce: baseline\n"
        "        k8s:io.cilium.k8s.policy.cluster: shop-platform\n"
    )
    asked = ("shop/web", "kube-system/coredns:53/UDP", "dns.yaml", "pods.yaml")
    assert not allowed(capsys, *asked)
    assert allowed(capsys, *asked, "--settings", "settings.yaml")


def test_a_call_without_files_or_settings_is_a_fault(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["policy", "check"])
    assert ended.value.code == 2
    assert "name files with policies, or --settings" in capsys.readouterr().err


def test_missing_settings_are_a_fault(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["policy", "check", "--settings", "nowhere.yaml"])
    assert ended.value.code == 2
    assert "--settings: no such file: nowhere.yaml" in capsys.readouterr().err


def test_settings_without_a_tenant_have_no_policy(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "settings.yaml").write_text("name: empty\n")
    assert main(["policy", "check", "--settings", "settings.yaml"]) == 1
    assert "settings.yaml: must contain a policy of Cilium" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "matrix", "draw"])
def test_settings_alone_are_enough_for_what_needs_no_pods(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["policy", command, "--settings", "settings.yaml"])
    printed = capsys.readouterr()
    if command == "matrix":
        assert status == 1
        assert "must contain workloads" in printed.err
    else:
        assert "shop" in printed.out or "nothing found" in printed.err


GUARD = """
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: guard}
spec:
  tier: Admin
  priority: 10
  subject: {namespaces: {}}
  egress: [{action: Deny, to: [{namespaces: {}}]}]
"""


def guarded(
    folder: Path, capsys: pytest.CaptureFixture[str], version: str, switch: str = ""
) -> tuple[int, str, str]:
    """How explaining a flow to the API ends under the guard: the status, the first line and the notes."""
    (folder / "guard.yaml").write_text(GUARD)
    settings = SETTINGS.replace("1.18.7}", f"{version}{switch}}}")
    (folder / "settings.yaml").write_text(settings)
    sides = ["--from", "shop/web", "--to", "shop/api:80"]
    given = ["--settings", "settings.yaml"] if switch else ["--cilium", version, "web.yaml"]
    status = main(["policy", "explain", *sides, *given, "guard.yaml", "pods.yaml", "api.yaml"])
    out, err = capsys.readouterr()
    return status, out.splitlines()[0], err


def test_a_release_without_tiers_ignores_cluster_policies_aloud(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(folder, capsys, "1.19.6") == (
        0,
        "allowed: shop/web -> shop/api TCP 80",
        "ignored: ClusterNetworkPolicy guard: Cilium enforces ClusterNetworkPolicies from 1.20 on, and this "
        "is for 1.19.6\n",
    )


def test_without_settings_cluster_policies_are_taken_as_enforced_aloud(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(folder, capsys, "1.20.0") == (
        1,
        "denied: shop/web -> shop/api TCP 80",
        "taken as enforced: ClusterNetworkPolicy guard: agents enforce them where the chart's "
        "k8sClusterNetworkPolicy.enabled is true, as --settings would tell\n",
    )


def test_settings_say_whether_cluster_policies_are_enforced(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    on = guarded(folder, capsys, "1.20.0", ", cluster_network_policies: true")
    assert on == (1, "denied: shop/web -> shop/api TCP 80", "")
    off = guarded(folder, capsys, "1.20.0", ", cluster_network_policies: false")
    assert off == (
        0,
        "allowed: shop/web -> shop/api TCP 80",
        "ignored: ClusterNetworkPolicy guard: agents ignore ClusterNetworkPolicies while "
        "cluster_network_policies is false\n",
    )


def test_check_finds_a_cluster_policy_that_the_settings_leave_without_effect(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    guarded(folder, capsys, "1.20.0", ", cluster_network_policies: false")
    assert main(["policy", "check", "--settings", "settings.yaml", "guard.yaml", "pods.yaml"]) == 1
    assert "CNP060 error ClusterNetworkPolicy guard spec: must be enforced: agents ignore" in (
        capsys.readouterr().out
    )
