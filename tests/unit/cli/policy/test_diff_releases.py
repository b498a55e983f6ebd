"""``policy diff`` of two releases of Cilium for the same policies."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main
from cdk_eks_cilium.versions.cilium import CiliumVersion
from tests.unit.policy_analysis.evaluation.worlds import POD, pod, policy

V = CiliumVersion
WEB = "endpointSelector: {matchLabels: {app: web}}\n"
PORT = "toPorts: [{ports: [{port: '80', protocol: TCP}]}]"
DNS = "- toEntities: [host]\n  toPorts: [{ports: [{port: '53'}], rules: {dns: [{matchPattern: '*'}]}}]\n"
TEAM = "{matchLabels: {'k8s:io.cilium.k8s.namespace.labels.team': one}}"
NAMED_PORTS = "ports: [{name: http, containerPort: %s}]"


def container(port: int) -> str:
    return f"containers: [{{name: a, ports: [{{name: http, containerPort: {port}}}]}}]"


@pytest.mark.parametrize(
    ("text", "old", "new", "expected"),
    [
        pytest.param(
            policy("shop/p", f"{WEB}ingress: [{{fromEndpoints: [{TEAM}]}}]"),
            V.V1_15,
            V.V1_16,
            [("opens", "other pods of a namespace with team=one -> shop/web", "all ports")],
            id="labels of namespaces mean other namespaces",
        ),
        pytest.param(
            policy("shop/p", f"{WEB}ingress: [{{fromEndpoints: [], {PORT}}}]"),
            V.V1_15,
            V.V1_16,
            [
                (
                    "closes",
                    "other pods of another namespace, other pods of shop, ingress, remote-node, world "
                    "-> shop/web",
                    "TCP 80",
                ),
            ],
            id="an empty list of peers means nobody",
        ),
        pytest.param(
            policy("shop/p", f"{WEB}egress:\n{DNS}- toFQDNs: [{{matchPattern: '**.example.com'}}]"),
            V.V1_18,
            V.V1_19,
            [("opens", "shop/web -> **.example.com with more labels", "all ports")],
            id="two stars span labels of names",
        ),
        pytest.param(
            policy(
                "shop/p",
                f"{WEB}ingress: [{{fromEndpoints: [{{matchExpressions: "
                f"[{{key: '{POD}', operator: NotIn, values: [shop]}}]}}]}}]",
            ),
            V.V1_18,
            V.V1_19,
            [("closes", "ingress, remote-node, world -> shop/web", "all ports")],
            id="a selector that only rules out means no longer the world",
        ),
        pytest.param(
            pod("shop/api", more=container(8080))
            + pod("shop/db", more=container(9090))
            + policy(
                "shop/p",
                f"{WEB}egress: [{{toEndpoints: [{{matchLabels: {{app: api}}}}], "
                "toPorts: [{ports: [{port: http, protocol: TCP}]}]}]",
            ),
            V.V1_19,
            V.V1_20,
            [("opens", "shop/web -> shop/api", "TCP 8080")],
            id="a name of a port is the destination's",
        ),
        pytest.param(
            "---\napiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: shop}\n"
            "spec: {selector: {app: api}}\n"
            + pod("shop/api")
            + policy(
                "shop/p",
                f"{WEB}egress: [{{toServices: [{{k8sService: {{serviceName: api, namespace: shop}}}}]}}]",
            ),
            V.V1_16,
            V.V1_17,
            [("opens", "shop/web -> shop/api", "all ports")],
            id="a Service means its pods",
        ),
        pytest.param(
            policy(
                "shop/p",
                f"{WEB}enableDefaultDeny: {{ingress: false}}\n"
                "ingress: [{fromEntities: [world], toPorts: [{ports: [{port: '80', protocol: TCP}], "
                "rules: {http: [{method: GET}]}}]}]",
            ),
            V((1, 16, 9)),
            V.V1_16,
            [("opens", "world -> shop/web", "TCP 80")],
            id="requests pass where nothing isolates",
        ),
        pytest.param(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
            "metadata: {name: p, namespace: shop}\n"
            "spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: "
            "{cidr: 203.0.113.0/24}}]}]}\n",
            V((1, 19, 4)),
            V.V1_19,
            [("closes", "other pods of shop -> shop/web", "all ports")],
            id="an ipBlock lets in the namespace no longer",
        ),
    ],
)
def test_the_same_policies_mean_something_else(
    text: str,
    old: CiliumVersion,
    new: CiliumVersion,
    expected: list[tuple[str, str, str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(pod("shop/web") + text)
    assert main(["policy", "diff", "--json", "--cilium", str(old), "--to-cilium", str(new), str(file)]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [
        (one["kind"], f"{', '.join(one['sources'])} -> {', '.join(one['destinations'])}", one["ports"])
        for one in data["changes"]
    ] == expected
    assert (data["old"]["cilium"], data["new"]["cilium"]) == (str(old), str(new))


def test_a_policy_that_the_release_refuses_has_no_effect_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policies.yaml"
    required = "fromRequires: [{matchLabels: {team: one}}]"
    file.write_text(
        pod("shop/web") + policy("shop/p", f"{WEB}ingress: [{{fromEndpoints: [{{}}], {required}}}]")
    )
    old, new = str(V.V1_18), str(V.V1_19)
    assert main(["policy", "diff", "--cilium", old, "--to-cilium", new, str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Cilium {old} -> Cilium {new}: 1 opens"
    assert lines[3].startswith("+ opens     ")
    assert lines[-1].startswith(
        f"without effect in Cilium {new}: CiliumNetworkPolicy p: spec.ingress[0].fromRequires: "
    )


def test_another_enforcement_mode_is_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(pod("shop/web") + policy("shop/p", f"{WEB}ingress: [{{fromEntities: [cluster]}}]"))
    assert main(["policy", "diff", "--to-enforcement", "always", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("enforcement default -> enforcement always: ")
    assert "- closes    every pod -> world: all ports" in lines


def test_the_same_release_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(pod("shop/web") + policy("shop/p", f"{WEB}ingress: [{{fromEntities: [cluster]}}]"))
    release = str(V.V1_18)
    assert main(["policy", "diff", "--cilium", release, "--to-cilium", release, str(file)]) == 0
    assert capsys.readouterr().out == "before -> after: nothing changes\n"


def test_settings_of_the_new_side_may_be_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new, file = tmp_path / "old.yaml", tmp_path / "new.yaml", tmp_path / "pod.yaml"
    file.write_text(pod("shop/web"))
    old.write_text("tenants: [{namespace: shop, default_deny: false}]\n")
    new.write_text("tenants: [{namespace: shop}]\n")
    assert main(["policy", "diff", "--settings", str(old), "--to-settings", str(new), str(file)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"{old} -> {new}: ")
    assert "- closes    world, ingress, remote-node, every pod -> shop/web: all ports" in printed
    assert "by CiliumNetworkPolicy shop/default-deny spec" in printed


def test_an_unknown_release_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "diff", "--to-cilium", "0.1.0", str(tmp_path)]) == 2
    assert "--to-cilium: " in capsys.readouterr().err


def test_both_sides_may_come_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = pod("shop/web") + policy("shop/p", f"{WEB}ingress: [{{fromEndpoints: [], {PORT}}}]")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    assert main(["policy", "diff", "--cilium", "1.15.19", "--to-cilium", "1.16.19", "-"]) == 0
    printed = capsys.readouterr()
    assert "workloads only in" not in printed.out + printed.err
    assert "shop/web" in printed.out


def test_tiers_begin_to_count_with_the_release_that_enforces_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pods and ranges that only a ClusterNetworkPolicy mentions are compared, too."""
    own, dev = (
        f"{{namespaces: {{matchLabels: {{kubernetes.io/metadata.name: {name}}}}}}}"
        for name in ("shop", "dev")
    )
    file = tmp_path / "guard.yaml"
    file.write_text(
        "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: guard}\n"
        f"spec:\n  tier: Admin\n  priority: 1\n  subject: {own}\n"
        f"  ingress: [{{action: Deny, from: [{dev}]}}]\n"
        "  egress: [{action: Deny, to: [{networks: [192.0.2.0/24]}]}]\n"
    )
    versions = ["--cilium", str(V.of("1.19.6")), "--to-cilium", "1.20.0"]
    assert main(["policy", "diff", *versions, str(file)]) == 0
    printed = capsys.readouterr().out
    assert [line for line in printed.splitlines() if line[:1] in "+-?~" and line] == [
        "- closes    every pod of dev -> every pod of shop: all ports",
        "- closes    every pod of shop -> 192.0.2.0/24: all ports",
    ]
    assert printed.endswith(
        "without effect in Cilium 1.19.6: ClusterNetworkPolicy guard: Cilium enforces ClusterNetworkPolicies "
        "from 1.20 on, and this is for 1.19.6\n"
    )
