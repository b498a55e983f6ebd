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
    assert {"app=web", "app=api", "world", "169.254.169.254/32", "only policies mention it"} <= set(found)
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
    assert [text for text in found if text.startswith("open ")] == ["open out"]


GUARD = """
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: guard}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {}}
  egress: [{action: Deny, to: [{networks: [198.51.100.0/24]}]}]
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {containers: [{name: c, image: x}]}
"""


def test_an_open_pod_that_a_tier_denies_something_is_open_but_for_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "guard.yaml"
    file.write_text(GUARD)
    assert draw("--cilium", "1.20.0", str(file)) == 0
    found = texts(capsys.readouterr().out)
    assert [text for text in found if text.startswith("open ")] == ["open in", "open out but for denials"]
    assert {"web", "198.51.100.0/24"} <= set(found)
    assert draw("--json", "--cilium", "1.20.0", str(file)) == 0
    (web,) = [one for one in json.loads(capsys.readouterr().out)["nodes"] if one["names"] == ["web"]]
    assert (web["open"], web["but_denied"]) == (["egress", "ingress"], ["egress"])


def test_names_from_policies_are_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    assert draw(str(file)) == 0
    assert any("a<b>&.*" in text for text in texts(capsys.readouterr().out))


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


CLUSTERWIDE = """
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: by-name}
spec:
  endpointSelector: {matchLabels: {name: left}}
  ingress: [{fromEndpoints: [{matchLabels: {name: right}}]}]
---
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: envoy}
spec:
  endpointSelector: {matchExpressions: [{key: "reserved:ingress", operator: Exists}]}
  egress: [{toEntities: [cluster]}]
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: far, namespace: shop}
spec:
  endpointSelector: {}
  egress: [{toEndpoints: [{matchLabels: {io.cilium.k8s.policy.cluster: other}}]}]
"""


def arrows_of(printed: str) -> list[tuple[str, str, str, str, list[str]]]:
    """The arrows of a graph as JSON: from where, to where, the verdict, the ports, what is missing."""
    found = json.loads(printed)
    names = [f"{each['namespace']}/{'+'.join(each['names'])}" for each in found["nodes"]]
    return [
        (names[one["source"]], names[one["destination"]], one["verdict"], one["ports"], one["missing"])
        for one in found["arrows"]
    ]


def test_clusterwide_policies_between_labels_are_drawn_and_others_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(CLUSTERWIDE)
    assert draw("--json", str(file)) == 0
    printed = capsys.readouterr()
    assert arrows_of(printed.out) == [
        ("any namespace/name=right", "any namespace/name=left", "allowed", "all ports", [])
    ]
    assert printed.err == (
        "not drawn: CiliumClusterwideNetworkPolicy envoy spec selects no pod of this cluster "
        "that can be drawn\n"
        "not drawn: CiliumNetworkPolicy shop/far spec.egress[0] has no peer of this cluster "
        "that can be drawn\n"
    )


UNKNOWN = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {}
  ingress: [{fromEndpoints: [{matchLabels: {k8s:io.cilium.k8s.namespace.labels.team: one}}]}]
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: job, namespace: tools}
"""


def test_what_is_not_known_is_a_dashed_arrow_and_the_picture_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(UNKNOWN)
    assert draw("--json", str(file)) == 0
    printed = capsys.readouterr()
    assert arrows_of(printed.out) == [("tools/job", "shop/web", "unknown", "all ports", ["Namespace tools"])]
    assert printed.err == "not known: what depends on Namespace tools\n"
    assert draw(str(file)) == 0
    picture = capsys.readouterr().out
    assert 'stroke-dasharray="5 4"' in picture
    assert {"not known: all ports", "Not known until somebody describes Namespace tools."} <= set(
        texts(picture)
    )


def test_many_workloads_with_an_arrow_in_common_share_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pods = "".join(
        "---\napiVersion: v1\nkind: Pod\n"
        f"metadata: {{name: app, namespace: team-{number}, labels: {{app: a{number}}}}}\n"
        for number in range(9)
    )
    dns = "apiVersion: v1\nkind: Pod\nmetadata: {name: dns, namespace: kube-system, labels: {app: dns}}\n"
    rules = """---
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: dns}
spec:
  endpointSelector: {matchExpressions: [{key: app, operator: NotIn, values: [a8, dns]}]}
  egress: [{toEndpoints: [{matchLabels: {app: dns}}], toPorts: [{ports: [{port: "53", protocol: UDP}]}]}]
"""
    file = tmp_path / "policies.yaml"
    file.write_text(dns + pods + rules)
    assert draw(str(file)) == 0
    found = texts(capsys.readouterr().out)
    assert found.count("UDP 53") == 1
    at = found.index("8 workloads")
    assert found[at + 1 : at + 3] == ["all but kube-system/*", "team-8/*"]


def test_a_picture_may_have_a_box_for_each_namespace(capsys: pytest.CaptureFixture[str]) -> None:
    shop = str(Path(__file__).parents[4] / "examples" / "policies")
    assert draw("--by", "namespace", "--json", shop) == 0
    given = json.loads(capsys.readouterr().out)
    boxes = [(node["namespace"], node["kind"]) for node in given["nodes"]]
    assert sorted(each for each in boxes if each[0]) == [
        ("edge", "workloads"),
        ("kube-system", "workloads"),
        ("shop", "summary"),
    ]
    assert draw("--by", "namespace", shop) == 0
    printed = capsys.readouterr()
    assert {"3 workloads", "within: TCP 5432+8443 between some"} <= set(texts(printed.out))
    assert printed.err == ""


def test_workloads_that_do_not_fit_on_a_page_are_drawn_by_namespace_with_a_word_about_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(
        "---\n".join(
            "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n"
            f"metadata: {{name: p{number}, namespace: team-{number % 9}}}\n"
            f"spec: {{endpointSelector: {{matchLabels: {{app: a{number}}}}}, "
            f"ingress: [{{fromCIDR: [10.0.{number}.0/24]}}]}}\n"
            for number in range(180)
        )
    )
    note = "drawn by namespace: the workloads do not fit on a page; --by workload draws them all, --namespace"
    assert draw(str(file)) == 0
    printed = capsys.readouterr()
    assert texts(printed.out).count("20 workloads") == 9
    assert printed.err.startswith(note)
    assert draw("--by", "workload", str(file)) == 0
    printed = capsys.readouterr()
    assert "20 workloads" not in texts(printed.out)
    assert printed.err == ""


def test_a_page_shows_workloads_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        draw("--by", "namespace", "--html", str(tmp_path / "page.html"), WORLD)
    assert "--by namespace is for pictures and JSON; a page shows workloads" in capsys.readouterr().err
