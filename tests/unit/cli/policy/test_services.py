"""Services as sides of commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main

SHOP = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: web}}]
    toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {type: NodePort, selector: {app: api}, ports: [{name: http, port: 8080, targetPort: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: out, namespace: shop}
spec: {type: ExternalName, externalName: example.com}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: shop, labels: {app: api}}
spec: {containers: [{name: c, image: x, ports: [{containerPort: 80}]}]}
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP)
    return str(path)


def test_a_service_is_explained_by_its_pods(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "explain", "--from", "shop/web", "--to", "svc/shop/api:http", file]) == 1
    assert capsys.readouterr().out == (
        "denied: shop/web -> Service shop/api TCP 8080\n"
        "  policies see the pods' port, and never the Service's port 8080\n"
        "\n"
        "  denied: shop/web -> shop/api TCP 80\n"
        "\n"
        "  egress of shop/web: allowed\n"
        "    because no policy isolates shop/web for egress\n"
        "\n"
        "  ingress of shop/api: denied\n"
        "    because policies isolate shop/api for ingress, and no rule allows it\n"
        "    by CiliumNetworkPolicy shop/api spec\n"
        "    to change it: add fromEndpoints (app=web) with port 80 TCP to ingress of a policy that selects "
        "shop/api; CiliumNetworkPolicy shop/api spec.ingress[0] is for this peer, but only for TCP 8080\n"
    )


def test_the_services_port_of_a_pod_has_a_remark(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "explain", "--from", "shop/web", "--to", "shop/api:8080", file]) == 0
    assert "  no container of shop/api says that it listens on 8080" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("proxy", "sources"),
    [
        ([], ["entity host", "entity remote-node"]),
        (["--service-proxy", "cilium"], ["address 203.0.113.7", "entity remote-node"]),
    ],
)
def test_clients_outside_are_whom_pods_see(
    file: str, proxy: list[str], sources: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    sides = ["--from", "cidr:203.0.113.7", "--to", "svc/shop/api:8080/TCP", *proxy]
    main(["policy", "explain", "--json", "--via", "nodeport", *sides, file])
    found = json.loads(capsys.readouterr().out)
    assert [case["source"] for case in found["cases"]] == sources
    main(["policy", "explain", *sides, file])
    assert "\nwhere the pod is on another node, and the request" in capsys.readouterr().out


def test_an_external_name_takes_any_port(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "explain", "--from", "shop/web", "--to", "svc/shop/out:443", file]) == 0
    assert "shop/web -> fqdn example.com TCP 443" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("side", "problem"),
    [
        (
            "svc/shop/apy:80",
            "--to: must be a Service in the files, svc/NAMESPACE/NAME, got 'svc/shop/apy'; did you mean "
            "'shop/api'?",
        ),
        (
            "svc/a:80",
            "--to: must be a Service in the files, svc/NAMESPACE/NAME, got 'svc/a'; use one of shop/api, "
            "shop/out",
        ),
    ],
)
def test_an_unknown_service_is_refused(
    file: str, side: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "explain", "--from", "shop/web", "--to", side, file]) == 2
    assert problem in capsys.readouterr().err


def test_without_services_their_files_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.yaml").write_text(SHOP.replace("kind: Service", "kind: Secret"))
    side = ["--from", "shop/web", "--to", "svc/a/b:1"]

    assert main(["policy", "explain", *side, str(tmp_path)]) == 2
    assert "got 'svc/a/b'; also name the files with the Services" in capsys.readouterr().err


def test_a_way_needs_a_service(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["policy", "explain", "--via", "nodeport", "--from", "shop/web", "--to", "shop/api:80", file])
    assert "--via goes with a Service in --to" in capsys.readouterr().err


def test_a_matrix_has_services_by_their_ports(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    more = ["--namespace", "shop", "--also", "svc/shop/api"]
    allowed = Path(file).with_name("more.yaml")
    allowed.write_text(SHOP.partition("---")[0].replace("name: api", "name: more").replace('"8080"', '"80"'))

    assert main(["policy", "matrix", *more, file, str(allowed)]) == 0
    assert "Through Services, by their ports" in capsys.readouterr().out
    assert main(["policy", "matrix", "--json", *more, file, str(allowed)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["ports"] for one in found if one["destination"] == "svc/shop/api"][:1] == ["TCP 8080"]
