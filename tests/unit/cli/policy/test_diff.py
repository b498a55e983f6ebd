"""``policy diff``: what it prints, how it ends, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cdk_eks_cilium.cli import main
from cdk_eks_cilium.cli.policy import change_report
from tests.unit.policy_analysis.evaluation.worlds import POD, pod, policy

PODS = pod("shop/web") + pod("shop/api") + pod("edge/proxy")
SHUT = policy("shop/shut", "endpointSelector: {}\ningress: [{}]")


def ingress(peer: str, more: str = "") -> str:
    """A policy that lets a peer reach the API."""
    return policy(
        "shop/api",
        f"endpointSelector: {{matchLabels: {{app: api}}}}\ningress:\n- fromEndpoints: [{{{peer}}}]\n"
        f"  toPorts: [{{ports: [{{port: '8080', protocol: TCP}}]{more}}}]",
    )


WEB = "matchLabels: {app: web}"
PROXY = f"matchLabels: {{app: proxy, {POD}: edge}}"


@pytest.fixture
def sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pods.yaml").write_text(PODS)
    return tmp_path


def write(old: str, new: str) -> None:
    Path("old.yaml").write_text(old)
    Path("new.yaml").write_text(new)


def diff(*words: str) -> int:
    return main(["policy", "diff", "--both", "pods.yaml", *words])


def changes(capsys: pytest.CaptureFixture[str], *words: str) -> list[tuple[str, str, str]]:
    """The changes between two files: kind, who to whom, and ports."""
    assert diff("--json", *(words or ("old.yaml", "new.yaml"))) == 0
    data = json.loads(capsys.readouterr().out)
    return [
        (one["kind"], f"{', '.join(one['sources'])} -> {', '.join(one['destinations'])}", one["ports"])
        for one in data["changes"]
    ]


def test_a_change_has_its_verdicts_and_the_rules_behind_them(
    sides: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(SHUT + ingress(WEB), SHUT + ingress(PROXY))
    assert diff("old.yaml", "new.yaml") == 0
    assert capsys.readouterr().out == (
        "old.yaml -> new.yaml: 1 opens, 1 closes\n"
        "\n"
        "to shop\n"
        "+ opens     edge/proxy -> shop/api: TCP 8080\n"
        "    before: denied\n"
        "            no rule allows it; isolated by CiliumNetworkPolicy shop/shut spec, "
        "CiliumNetworkPolicy shop/api spec\n"
        "    after:  allowed\n"
        "            by CiliumNetworkPolicy shop/api spec.ingress[0]\n"
        "- closes    shop/web -> shop/api: TCP 8080\n"
        "    before: allowed\n"
        "            by CiliumNetworkPolicy shop/api spec.ingress[0]\n"
        "    after:  denied\n"
        "            no rule allows it; isolated by CiliumNetworkPolicy shop/shut spec, "
        "CiliumNetworkPolicy shop/api spec\n"
    )


def test_ports_are_compared_as_sets(sides: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wider = ingress(WEB).replace("port: '8080'", "port: '8080', endPort: 8089")
    write(SHUT + ingress(WEB), SHUT + wider)
    assert changes(capsys) == [("opens", "shop/web -> shop/api", "TCP 8081-8089")]


GET = ", rules: {http: [{method: GET, path: /a}]}"
GET_OR_POST = ", rules: {http: [{method: GET, path: /a}, {method: POST}]}"
HEADER = ", rules: {http: [{method: GET, path: /a, headers: ['X-Token: 1']}]}"
OTHER_HEADER = ", rules: {http: [{method: GET, path: /a, headers: ['X-Token: 2']}]}"


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (GET, GET_OR_POST, "opens"),
        (GET_OR_POST, GET, "closes"),
        (GET, "", "opens"),
        ("", GET, "closes"),
        (HEADER, GET, "opens"),
        (HEADER, OTHER_HEADER, "changes"),
        (GET, ", rules: {http: [{method: POST}]}", "changes"),
        (", rules: {http: [{method: POST}, {method: GET, path: /a}]}", GET_OR_POST, None),
    ],
)
def test_requests_are_compared_as_sets(
    old: str, new: str, kind: str | None, sides: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(SHUT + ingress(WEB, more=old), SHUT + ingress(WEB, more=new))
    assert changes(capsys) == ([(kind, "shop/web -> shop/api", "TCP 8080")] if kind else [])


def test_another_text_with_the_same_meaning_is_no_change(
    sides: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = "matchExpressions: [{key: 'k8s:app', operator: In, values: [web]}]"
    write(SHUT + ingress(WEB), ingress(named) + SHUT)
    assert diff("--fail-on", "any", "old.yaml", "new.yaml") == 0
    assert capsys.readouterr().out == "old.yaml -> new.yaml: nothing changes\n"


def test_pods_that_only_policies_mean_are_compared(sides: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(SHUT + ingress("matchLabels: {app: job}"), SHUT)
    assert changes(capsys) == [("closes", "pods app=job of shop -> shop/api", "TCP 8080")]


def test_a_label_that_only_a_removed_denial_means_is_found(
    sides: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No described pod has the label, and without other labels such a pod may not be reached anyway."""
    denied = policy(
        "shop/quarantine",
        "endpointSelector: {matchLabels: {quarantine: 'on'}}\ningressDeny: [{fromEntities: [all]}]",
    )
    write(SHUT + ingress(WEB) + denied, SHUT + ingress(WEB))
    opened = {who.partition(" -> ")[2] for kind, who, ports in changes(capsys) if ports == "TCP 8080"}
    assert opened == {"pods app=api,quarantine=on of shop"}


def test_equal_changes_of_many_workloads_are_one_line(
    sides: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    everyone = policy("shop/open", "endpointSelector: {}\ningress: [{fromEntities: [cluster]}]")
    write(SHUT, SHUT + everyone)
    assert diff("old.yaml", "new.yaml") == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("+")]
    assert lines == [
        "+ opens     ingress, kube-apiserver, remote-node, every pod -> every pod of shop: all ports"
    ]


def test_what_changes_towards_every_namespace_is_one_line(
    sides: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shut = policy("shop/out", "endpointSelector: {matchLabels: {app: web}}\negress: [{}]")
    write(shut, policy("shop/out", "endpointSelector: {matchLabels: {app: web}}\ningress: [{}]"))
    assert diff("old.yaml", "new.yaml") == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("to ", "+"))]
    there = lines.index("to every namespace")
    assert lines[there + 1] == "+ opens     shop/web -> every pod: all ports"


def test_what_opens_to_the_world_comes_first(sides: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = ingress(WEB) + policy("edge/p", "endpointSelector: {}\negress: [{}]")
    new = ingress(WEB) + policy("edge/p", "endpointSelector: {}\negress: [{toCIDR: [192.0.2.0/24]}]")
    write(old, new.replace("matchLabels: {app: web}", PROXY, 1))
    assert diff("old.yaml", "new.yaml") == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("+", "-"))]
    assert lines[0] == "+ opens     every pod of edge -> 192.0.2.0/24: all ports"
    assert len(lines) > 1


@pytest.mark.parametrize(
    ("peers", "first", "names"),
    [
        (
            f"fromCIDR: [{', '.join(f'2001:db8:{number}::/48' for number in range(12))}]",
            "2001:db8:0::/48",
            [f"2001:db8:{number}::/48" for number in range(12)],
        ),
        (
            "fromEntities: [health, init, unmanaged, cluster, world, remote-node, host]",
            "world",
            ["health", "ingress", "init", "remote-node", "unmanaged", "world"],
        ),
    ],
)
@pytest.mark.parametrize("form", ["--markdown", "text"])
def test_the_world_comes_first_and_no_entity_or_range_is_left_out(
    sides: Path, capsys: pytest.CaptureFixture[str], peers: str, first: str, names: list[str], form: str
) -> None:
    shut = "endpointSelector: {}\ningress: [{}]"
    opened = f"endpointSelector: {{}}\ningress: [{{fromEndpoints: [{{{WEB}}}]}}, {{{peers}}}]"
    write(policy("shop/p", shut), policy("shop/p", opened))
    assert diff(*(["--markdown"] if form == "--markdown" else []), "old.yaml", "new.yaml") == 0
    line = next(each for each in capsys.readouterr().out.splitlines() if first in each)
    assert [name for name in names if name not in line] == []
    assert min(map(line.find, names)) == line.find(first)


def test_what_lies_outside_is_compared(sides: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def out(spec: str) -> str:
        return policy("shop/out", f"endpointSelector: {{matchLabels: {{app: web}}}}\negress: [{spec}]")

    dns = "toPorts: [{ports: [{port: '53'}], rules: {dns: [{matchPattern: '*'}]}}]"
    old = f"{{toEntities: [kube-apiserver], {dns}}}, {{toCIDR: [10.0.0.0/8]}}"
    write(out(old), out(f"{old}, {{toFQDNs: [{{matchName: a.com}}]}}, {{toCIDR: [192.0.2.0/24]}}"))
    assert changes(capsys) == [
        ("opens", "shop/web -> 192.0.2.0/24", "all ports"),
        ("opens", "shop/web -> a.com", "all ports"),
    ]
    write(out(old), out("{toEntities: [host], " + dns + "}"))
    assert changes(capsys) == [
        ("opens", "shop/web -> host", "TCP/UDP/SCTP 53"),
        ("closes", "shop/web -> kube-apiserver", "TCP/UDP/SCTP 53"),
        ("closes", "shop/web -> 10.0.0.0/8", "all ports"),
    ]


def test_a_name_that_is_spelt_like_an_entity_is_a_name(
    sides: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dns = "toPorts: [{ports: [{port: '53'}], rules: {dns: [{matchPattern: '*'}]}}]"
    out = f"endpointSelector: {{matchLabels: {{app: web}}}}\negress: [{{toEntities: [host], {dns}}}%s]"
    name = ", {toFQDNs: [{matchName: world}]}"
    write(policy("shop/out", out % ""), policy("shop/out", out % name))
    assert changes(capsys) == [("opens", "shop/web -> name world", "all ports")]


def test_a_denied_node_is_a_change_for_the_kubelet(sides: Path, capsys: pytest.CaptureFixture[str]) -> None:
    denied = policy("shop/no-host", "endpointSelector: {}\ningressDeny: [{fromEntities: [host]}]")
    write(SHUT, SHUT + denied)
    kinds = {(kind, who.partition(" -> ")[0]) for kind, who, _ in changes(capsys)}
    assert kinds == {("closes", "host")}


def test_workloads_of_one_side_are_told(sides: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(SHUT + pod("shop/gone"), SHUT + pod("shop/fresh") + pod("shop/more"))
    assert diff("old.yaml", "new.yaml") == 0
    assert capsys.readouterr().out == (
        "old.yaml -> new.yaml: nothing changes\n"
        "\n"
        "workloads only in old.yaml: shop/gone\n"
        "workloads only in new.yaml: shop/fresh, shop/more\n"
    )


def test_another_label_of_a_workload_is_a_change(sides: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("pods.yaml").write_text(pod("shop/api"))
    rules = SHUT + ingress(WEB)
    write(rules + pod("shop/front", labels="app: web"), rules + pod("shop/front", labels="app: front"))
    assert diff("--json", "old.yaml", "new.yaml") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["workloads"] == {"only_old": [], "only_new": [], "relabelled": ["shop/front"]}
    (closed,) = data["changes"]
    assert (closed["kind"], closed["sources"], closed["ports"]) == ("closes", ["shop/front"], "TCP 8080")


@pytest.mark.parametrize(
    ("fail_on", "there", "back"), [("opens", 1, 0), ("closes", 0, 1), ("any", 1, 1), (None, 0, 0)]
)
def test_it_ends_with_1_where_it_is_asked_to(fail_on: str | None, there: int, back: int, sides: Path) -> None:
    write(SHUT, SHUT + ingress(WEB))
    words = ("--fail-on", fail_on) if fail_on else ()
    assert diff(*words, "old.yaml", "new.yaml") == there
    assert diff(*words, "new.yaml", "old.yaml") == back


def test_other_requests_both_open_and_close(sides: Path) -> None:
    write(SHUT + ingress(WEB, more=HEADER), SHUT + ingress(WEB, more=OTHER_HEADER))
    assert diff("--fail-on", "opens", "old.yaml", "new.yaml") == 1
    assert diff("--fail-on", "closes", "old.yaml", "new.yaml") == 1


BY_TEAM = "matchLabels: {'k8s:io.cilium.k8s.namespace.labels.team': one}"


@pytest.mark.parametrize(("fail_on", "status"), [("opens", 1), ("closes", 4), ("any", 1)])
def test_what_is_not_known_ends_with_its_own_status(
    fail_on: str, status: int, sides: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pods of the namespace edge, whose labels nobody described, may be of the team."""
    team = policy("shop/team", f"endpointSelector: {{}}\ningress: [{{fromEndpoints: [{{{BY_TEAM}}}]}}]")
    write(SHUT, SHUT + team)
    assert diff("--fail-on", fail_on, "old.yaml", "new.yaml") == status
    assert (
        "? not known edge/proxy -> every pod of shop: all ports\n"
        "    before: denied\n"
        "            no rule allows it; isolated by CiliumNetworkPolicy shop/shut spec\n"
        "    after:  not known: it depends on Namespace edge\n"
        "            by CiliumNetworkPolicy shop/team spec.ingress[0]\n"
    ) in capsys.readouterr().out


def test_a_comment_on_a_pull_request_has_a_table_for_each_tenant(
    sides: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tricky = ", rules: {http: [{path: '/a|`b`*'}]}"
    write(SHUT + pod("shop/gone"), SHUT + ingress(WEB, more=tricky))
    assert diff("--markdown", "old.yaml", "new.yaml") == 0
    assert capsys.readouterr().out == (
        "<!-- cdk-eks-cilium policy diff -->\n"
        "### Network policies: 1 opens\n"
        "\n"
        "From `old.yaml` to `new.yaml`.\n"
        "\n"
        "**To shop**\n"
        "\n"
        "| | From | To | Ports | Before | After |\n"
        "|---|---|---|---|---|---|\n"
        "| **+ opens** | `shop/web` | `shop/api` | `TCP 8080` | `denied`<br>no rule allows it; isolated by "
        "CiliumNetworkPolicy shop/shut spec | ``only HTTP any method /a\\|`b`*``<br>by CiliumNetworkPolicy "
        "shop/api spec.ingress\\[0\\] |\n"
        "\n"
        "<details><summary>Notes</summary>\n"
        "\n"
        "- workloads only in old.yaml: shop/gone\n"
        "\n"
        "</details>\n"
    )


def test_a_comment_fits_where_there_is_much_to_say(
    sides: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_report, "LONGEST", 2_000)
    rules = "".join(
        policy(
            f"shop/p{number}",
            f"endpointSelector: {{matchLabels: {{app: a{number}}}}}\n"
            f"ingress: [{{fromCIDR: [10.{number}.0.0/16]}}]",
        )
        for number in range(20)
    )
    write(SHUT, SHUT + rules)
    assert diff("--markdown", "old.yaml", "new.yaml") == 0
    printed = capsys.readouterr().out
    assert 1_500 < len(printed) < 2_500
    shown = printed.count("**+ opens**")
    assert f"\n\n**{20 - shown} more lines are not shown.** `cdk-eks-cilium policy diff`" in printed


BROKEN = (
    "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: bad, namespace: shop}\n"
    "spec: {endpointSelector: {}, ingres: []}\n"
)


def test_an_answer_that_may_be_wrong_says_so_first(sides: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(SHUT + BROKEN, SHUT + ingress(WEB))
    words = "Policies or pods could not be read, so this may be wrong; the notes name them."
    assert diff("old.yaml", "new.yaml") == 1
    assert capsys.readouterr().out.splitlines()[:2] == ["old.yaml -> new.yaml: 1 opens", words]
    assert diff("--markdown", "old.yaml", "new.yaml") == 1
    assert f"\n\n> [!WARNING]\n> {words}\n\n**To shop**\n" in capsys.readouterr().out


def test_names_that_no_pod_may_ask_for_are_told(sides: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The rule for DNS is often in another folder than the one under review."""
    spec = "endpointSelector: {matchLabels: {app: web}}\negress: [{toFQDNs: [{matchName: a.example}]}]"
    names = policy("shop/names", spec)
    write(names, names.replace("a.example", "b.example"))
    assert diff("old.yaml", "new.yaml") == 0
    assert capsys.readouterr().out == (
        "old.yaml -> new.yaml: nothing changes\n\n"
        "CiliumNetworkPolicy shop/names spec.egress[0]: its names let nothing through, because no rule here "
        "lets its pods ask DNS for them; name the files with that rule, too\n"
    )


def test_the_only_pods_of_a_namespace_are_every_pod_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    everyone = "endpointSelector: {}\ningress: [{fromEndpoints: [{}]}]"
    old.write_text(policy("shop/p", everyone))
    new.write_text(policy("shop/p", f"{everyone[:-1]}, {{fromEntities: [remote-node]}}]"))
    assert main(["policy", "diff", str(old), str(new)]) == 0
    assert "+ opens     remote-node -> every pod of shop: all ports\n" in capsys.readouterr().out


def test_nearly_every_pod_of_a_namespace_is_named_by_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    labels = policy(
        "shop/a", "endpointSelector: {matchLabels: {app: a}}\ningress: [{fromEntities: [world]}]"
    ) + "".join(
        policy(f"shop/b{n}", f"endpointSelector: {{matchLabels: {{app: b{n}}}}}\negress: [{{}}]")
        for n in range(3)
    )
    everyone = "endpointSelector: {}\ningress: [{fromEndpoints: [{}]}%s]"
    shut = policy("shop/p", everyone.replace("%s", ""))
    opened = policy("shop/p", everyone.replace("%s", ", {fromEntities: [world]}"))
    old.write_text(labels + shut)
    new.write_text(labels + opened)
    assert main(["policy", "diff", str(old), str(new)]) == 0
    assert "+ opens     world -> every pod of shop but pods app=a: all ports\n" in capsys.readouterr().out


def test_undescribed_pods_with_one_label_in_every_namespace_share_a_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    shut = policy("shop/p", "endpointSelector: {}\negress: [{toEndpoints: [{}]}]")
    label = "endpointSelector: {matchLabels: {egress: allow}}\negress: [{toCIDR: [10.0.0.0/8%s]}]"
    kind = "CiliumClusterwideNetworkPolicy"
    old.write_text(shut + policy("p", label.replace("%s", ""), kind))
    new.write_text(shut + policy("p", label.replace("%s", ", 192.0.2.0/24"), kind))
    assert main(["policy", "diff", str(old), str(new)]) == 0
    assert (
        "+ opens     pods egress=allow of every namespace -> 192.0.2.0/24: all ports\n"
    ) in capsys.readouterr().out


def test_what_both_sides_leave_out_alike_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "policy.yaml").write_text(SHUT)
        (tmp_path / name / "release.yaml").write_text("kind: HelmRelease\napiVersion: x/v1\n")
    (tmp_path / "new" / "more.yaml").write_text("{{ template }}: x: y")
    assert main(["policy", "diff", str(tmp_path / "old"), str(tmp_path / "new")]) == 0
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "left out: 1 document of kind HelmRelease, in release.yaml"
    assert len(told) == 2
    assert str(tmp_path / "new" / "more.yaml") in told[1]


def test_a_picture_shows_what_opens_and_closes(sides: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(SHUT + ingress(WEB), SHUT + ingress(PROXY, more=GET))
    assert diff("--svg", "changes.svg", "old.yaml", "new.yaml") == 0
    assert capsys.readouterr().err == "wrote changes.svg\n"
    root = ElementTree.parse("changes.svg").getroot()
    texts = [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[:2] == ["What changes for whom", "old.yaml -> new.yaml: 1 opens, 1 closes."]
    assert {"closes TCP 8080", "opens TCP 8080 only HTTP", "  GET /a", "web", "api", "proxy"} <= set(texts)
    assert "closes: passed before, and does not now" in texts
    dashed = [each for each in root.iter("{http://www.w3.org/2000/svg}path") if each.get("stroke-dasharray")]
    assert {each.get("stroke") for each in dashed} == {"#b3261e"}


def test_policies_alone_are_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(SHUT)
    new.write_text(SHUT + ingress(WEB))
    assert main(["policy", "diff", "--json", str(old), str(new)]) == 0
    (opened,) = json.loads(capsys.readouterr().out)["changes"]
    assert (opened["sources"], opened["destinations"]) == (["pods app=web of shop"], ["pods app=api of shop"])


@pytest.mark.parametrize("files", [(), ("old.yaml",), ("old.yaml", "new.yaml", "pods.yaml")])
def test_a_call_without_two_sides_is_refused(
    files: tuple[str, ...], sides: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        diff(*files)
    assert "name OLD and NEW, or --git OLD..NEW, or --to-cilium and the files" in capsys.readouterr().err


def test_sides_without_a_policy_are_refused(sides: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(pod("a/b"), pod("a/b"))
    assert diff("old.yaml", "new.yaml") == 1
    assert capsys.readouterr().err == (
        "1 problem\n  old.yaml, new.yaml: must contain a policy of Cilium on one side at least; name files "
        "with the policies [CEK7111]\n"
    )


def test_a_picture_of_changes_that_do_not_fit_on_a_page_has_a_box_for_each_namespace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rules = [
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n"
        f"metadata: {{name: a, namespace: team-{team}}}\n"
        "specs:\n"
        + "".join(
            f"- endpointSelector: {{matchLabels: {{app: a{number}}}}}\n"
            f"  ingress: [{{fromCIDR: [10.{team}.{number}.0/24]}}]\n"
            for number in range(20)
        )
        for team in range(8)
    ]
    Path("new.yaml").write_text("---\n".join(rules))
    Path("old.yaml").write_text("---\n".join(rules).replace("fromCIDR: [10.", "fromCIDR: [11."))
    assert main(["policy", "diff", "--svg", "changes.svg", "old.yaml", "new.yaml"]) == 0
    note = "changes.svg has a box for each namespace: the workloads do not fit on a page"
    assert note in capsys.readouterr().err.splitlines()
    root = ElementTree.parse("changes.svg").getroot()
    texts = [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("20 workloads") == 8
