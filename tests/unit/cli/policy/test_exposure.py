"""``policy exposure``: what it prints, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main
from tests.unit.policy_analysis.evaluation.worlds import pod, policy

EXAMPLES = str(Path(__file__).parents[4] / "examples" / "policies")


def exposure(*words: str) -> int:
    return main(["policy", "exposure", *words, EXAMPLES])


def test_what_is_open_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert exposure("edge/proxy") == 0
    assert capsys.readouterr().out == (
        "edge/proxy\n"
        "\n"
        "Refuses nothing\n"
        "edge/proxy is open to everyone: no policy selects it\n"
        "edge/proxy is free to reach everyone: no policy selects it\n"
    )


def test_a_tenant_is_told_by_groups_of_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert exposure("--namespace", "shop") == 0
    assert capsys.readouterr().out == (
        "shop/api, shop/db, shop/web\n"
        "\n"
        "May be reached by\n"
        "nodes:\n"
        "  host -> shop/api, shop/db, shop/web: all ports (its own node, as the kubelet's probes must)\n"
        "edge:\n"
        "  edge/proxy -> shop/web: TCP 8080 only HTTP GET /.* or HTTP POST /cart\n"
        "      by CiliumNetworkPolicy shop/web-front spec.ingress[0]\n"
        "\n"
        "May reach\n"
        "outside the cluster:\n"
        "  shop/api -> *.mail.example.com, pay.example.com: TCP 443\n"
        "      by CiliumNetworkPolicy shop/api-names spec.egress[0]\n"
        "  shop/api -> 10.0.0.0/8: TCP 443\n"
        "      by CiliumNetworkPolicy shop/api-offices spec.egress[0]\n"
        "kube-system:\n"
        "  shop/api, shop/db, shop/web -> kube-system/coredns: TCP/UDP 53 only DNS *\n"
        "      by CiliumNetworkPolicy shop/default-deny spec.egress[0]\n"
    )


def test_what_several_tenants_have_alike_stands_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    terms = "matchExpressions: [{key: 'k8s:io.kubernetes.pod.namespace', operator: Exists}]"
    peers = f"fromEndpoints: [{{{terms}, matchLabels: {{app: a}}}}]"
    shut = policy("shop/p", f"endpointSelector: {{}}\ningress: [{{{peers}}}]")
    chosen = "endpointSelector: {matchLabels: {app: a}}\ningress: [{}]"
    known = policy("c", chosen, "CiliumClusterwideNetworkPolicy")
    (tmp_path / "world.yaml").write_text(shut + known + pod("shop/web") + pod("dev/job"))
    main(["policy", "exposure", "shop/web", str(tmp_path)])
    assert (
        "other namespaces, dev:\n  pods app=a of each -> shop/web: all ports\n"
        "      by CiliumNetworkPolicy shop/p spec.ingress[0]\n"
    ) in capsys.readouterr().out


def test_ranges_that_a_rule_for_the_world_leaves_out_are_denied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = "endpointSelector: {}\negress: [{toCIDRSet: [{cidr: 0.0.0.0/0, except: [10.0.0.0/8]}]}]"
    (tmp_path / "world.yaml").write_text(policy("shop/p", spec) + pod("shop/web"))
    assert main(["policy", "exposure", "shop/web", str(tmp_path)]) == 0
    assert capsys.readouterr().out.endswith(
        "outside the cluster:\n"
        "  shop/web -> 10.0.0.0/8: all ports denied\n"
        "      by CiliumNetworkPolicy shop/p spec\n"
        "  shop/web -> world: all ports\n"
        "      by CiliumNetworkPolicy shop/p spec.egress[0]\n"
    )


def test_a_workload_that_reaches_nobody_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "exposure", "--enforcement", "always", "edge/proxy", EXAMPLES]) == 0
    assert "May reach\nnobody outside its tenant\n" in capsys.readouterr().out


def test_exposure_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert exposure("--json", "shop/web") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["workloads"] == ["shop/web"]
    assert data["open"] == []
    (front,) = [one for one in data["reached_by"] if one["group"] == "edge"]
    assert (front["others"], front["ports"]) == (["edge/proxy"], "TCP 8080")
    assert front["limits"] == ["HTTP GET /.* or HTTP POST /cart"]
    assert [one["group"] for one in data["reaches"]] == ["kube-system"]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (
            ("shop/wbe",),
            "WORKLOAD: must be a pod or workload in the files, NAMESPACE/NAME, got 'shop/wbe'; did you mean "
            "'shop/web'? [CEK7022]",
        ),
        (
            ("1.1.1.1",),
            "WORKLOAD: must be a pod or workload in the files, NAMESPACE/NAME, got '1.1.1.1'; use one of "
            "shop/web, shop/api, shop/db, edge/proxy, kube-system/coredns [CEK7022]",
        ),
        (
            ("--namespace", "shp"),
            "--namespace: must be a namespace with workloads, got 'shp'; workloads are in edge, kube-system, "
            "shop [CEK7109]",
        ),
        (
            ("cidr:192.0.2.1",),
            "WORKLOAD: must be a workload, got 'cidr:192.0.2.1'; name one, as NAMESPACE/NAME [CEK7110]",
        ),
    ],
)
def test_what_is_no_workload_is_refused(
    words: tuple[str, ...], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exposure(*words) == 2
    assert capsys.readouterr().err == f"1 problem\n  {error}\n"


def test_a_call_without_a_subject_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["policy", "exposure"])
    assert "name a workload, or --namespace" in capsys.readouterr().err
