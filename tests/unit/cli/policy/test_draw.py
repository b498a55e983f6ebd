from __future__ import annotations

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cdk_eks_cilium.cli import main

WORLD = str(Path(__file__).with_name("world.yaml"))
SVG = "{http://www.w3.org/2000/svg}"


def draw(*options: str) -> int:
    return main(["policy", "draw", *options])


def texts(picture: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def test_workloads_namespaces_and_ports_are_in_the_picture(capsys: pytest.CaptureFixture[str]) -> None:
    assert draw("--name", "the shop", WORLD) == 0
    found = texts(capsys.readouterr().out)
    assert found[:2] == ["Who may talk to whom in the shop", "4 workloads in 3 namespaces, 2 of them open."]
    assert {"gitlab", "shop", "kube-system", "runner", "web", "coredns", "gitlab.com"} <= set(found)
    assert {"TCP 443", "TCP/UDP/SCTP 53 DNS *", "open out", "on the node's network"} <= set(found)


def test_lines_have_titles_for_the_pointer(capsys: pytest.CaptureFixture[str]) -> None:
    assert draw(WORLD) == 0
    picture = ElementTree.fromstring(capsys.readouterr().out)
    titles = [each.text for path in picture.iter(f"{SVG}path") for each in path.iter(f"{SVG}title")]
    assert "runner to gitlab.com: TCP 443" in titles


def test_the_picture_may_go_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policies.svg"
    assert draw("--svg", str(file), WORLD) == 0
    assert capsys.readouterr().err == f"wrote {file}\n"
    assert ElementTree.parse(file).getroot().tag == f"{SVG}svg"


def test_boxes_and_arrows_are_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert draw("--json", WORLD) == 0
    found = json.loads(capsys.readouterr().out)
    names = [", ".join(node["names"]) for node in found["nodes"]]
    arrows = [(names[one["source"]], names[one["destination"]], one["ports"]) for one in found["arrows"]]
    assert ("runner", "gitlab.com", "TCP 443") in arrows
    (limited,) = [one for one in found["arrows"] if one["limits"]]
    assert limited["limits"] == [{"ports": "TCP/UDP/SCTP 53", "only": "DNS *"}]
    assert found["nodes"][names.index("coredns")]["open"] == ["egress", "ingress"]
    assert found["unknown"] == []


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert draw("--svg", str(tmp_path / "nowhere" / "policies.svg"), WORLD) == 2
    assert "--svg: must be a file that can be written: no such file" in capsys.readouterr().err


def test_the_same_files_make_the_same_picture(capsys: pytest.CaptureFixture[str]) -> None:
    assert draw(WORLD) == 0
    once = capsys.readouterr().out
    assert draw(WORLD) == 0
    assert capsys.readouterr().out == once


def test_a_namespace_may_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    assert draw("--namespace", "gitlab", WORLD) == 0
    found = texts(capsys.readouterr().out)
    assert "runner" in found
    assert "web" not in found


def test_an_empty_namespace_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert draw("--namespace", "none", WORLD) == 1
    assert "namespace: must have workloads, got 'none'; use gitlab or kube-system or shop" in (
        capsys.readouterr().err
    )


POLICY = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  ingress:
    - fromEndpoints: [{matchLabels: {app: "api"}}]
      toPorts: [{ports: [{port: "8080", protocol: TCP}], rules: {http: [{path: "/a<b>&.*"}]}}]
  egress:
    - toNodes: [{matchLabels: {role: edge}}]
    - toEntities: [world]
  egressDeny:
    - toCIDR: [169.254.169.254/32]
"""


def test_policies_alone_are_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    assert draw(str(file)) == 0
    printed = capsys.readouterr()
    found = texts(printed.out)
    assert {"app=web", "app=api", "world", "169.254.169.254/32", "not in the files"} <= set(found)
    assert "is denied, though another rule allows it or nothing else refuses it" in found
    assert printed.err == (
        "not drawn: CiliumNetworkPolicy shop/web spec.egress[0] depends on the labels of the node\n"
    )
    assert (
        "Not drawn: CiliumNetworkPolicy shop/web spec.egress[0] depends on the labels of the node." in found
    )


def test_pods_that_only_policies_speak_of_are_open_where_these_policies_leave_them_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY.partition("  egress:")[0])
    assert draw(str(file)) == 0
    found = texts(capsys.readouterr().out)
    assert [text for text in found if text.startswith("open ") or text == "not in the files"] == [
        "not in the files",
        "not in the files",
        "open out",
    ]


def test_names_from_policies_are_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    assert draw(str(file)) == 0
    assert any("/a<b>&.*" in text for text in texts(capsys.readouterr().out))


def test_files_without_a_policy_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "pod.yaml"
    file.write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\n")
    assert draw(str(file)) == 1
    assert "must contain a policy of Cilium" in capsys.readouterr().err


def test_the_missing_extra_for_pictures_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in [name for name in sys.modules if name.startswith("cdk_eks_cilium.cli.policy.picture")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "networkx", None)

    with pytest.raises(SystemExit) as ended:
        draw(WORLD)

    assert ended.value.code == 2
    assert (
        capsys.readouterr()
        .err.strip()
        .endswith("pictures need networkx: pip install 'cdk-eks-cilium[cli]', or use --json")
    )
