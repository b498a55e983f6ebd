from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main
from cdk_eks_cilium.cli.answer import NOT_KNOWN

WORLD = str(Path(__file__).with_name("world.yaml"))


def explain(source: str, destination: str, *more: str) -> int:
    return main(["policy", "explain", "--from", source, "--to", destination, *more, WORLD])


def test_what_is_allowed_is_explained_and_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("gitlab/runner", "fqdn:gitlab.com:443") == 0
    assert capsys.readouterr().out == (
        "allowed: gitlab/runner -> fqdn gitlab.com TCP 443\n"
        "\n"
        "egress of gitlab/runner: allowed\n"
        "  because a rule allows it\n"
        "  by CiliumNetworkPolicy gitlab/runner spec.egress[1]\n"
        "  Cilium learns the addresses of the name from CiliumNetworkPolicy gitlab/runner spec.egress[0]\n"
    )


def test_what_is_denied_is_explained_and_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("gitlab/runner", "shop/web:http") == 1
    assert capsys.readouterr().out == (
        "denied: gitlab/runner -> shop/web TCP 8080\n"
        "\n"
        "egress of gitlab/runner: denied\n"
        "  because policies isolate gitlab/runner for egress, and no rule allows it\n"
        "  by CiliumNetworkPolicy gitlab/runner spec\n"
        "  to change it: add toEndpoints (app=web in shop) with port 8080 TCP to egress of a policy that "
        "selects gitlab/runner\n"
        "\n"
        "ingress of shop/web: allowed\n"
        "  because a rule allows it, but only HTTP GET /api/.*\n"
        "  by CiliumNetworkPolicy shop/web spec.ingress[0]\n"
    )


def test_limits_stand_at_the_top(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("gitlab/runner", "kube-system/coredns:53/udp") == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first == "allowed: gitlab/runner -> kube-system/coredns UDP 53, only for DNS *"


def test_unknown_facts_are_named_and_have_a_status_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("gitlab/runner", "cidr:203.0.113.9:443") == NOT_KNOWN
    assert capsys.readouterr().out == (
        "not known: gitlab/runner -> address 203.0.113.9 TCP 443\n"
        "\n"
        "egress of gitlab/runner: not known\n"
        "  because it depends on whether gitlab.com has the address 203.0.113.9, which nobody described\n"
        "  by CiliumNetworkPolicy gitlab/runner spec.egress[1]\n"
        "  not known: CiliumNetworkPolicy gitlab/runner spec.egress[1] may allow it: that depends on whether "
        "gitlab.com has the address 203.0.113.9\n"
    )


@pytest.mark.parametrize(("request_", "word"), [("GET /api/x", "allowed"), ("POST /api/x", "denied")])
def test_a_request_may_be_given(request_: str, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    # The runner's policies deny the flow in any case; the request is only for the receiving side.
    assert explain("gitlab/runner", "shop/web:8080", "--http", request_) == 1
    assert f"ingress of shop/web: {word}\n" in capsys.readouterr().out


def test_enforcement_may_be_given() -> None:
    assert explain("kube-system/coredns", "cidr:203.0.113.9:443") == 0
    assert explain("kube-system/coredns", "cidr:203.0.113.9:443", "--enforcement", "always") == 1


def test_flows_between_other_sides_are_outside_policies(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("entity:host", "fqdn:gitlab.com:443") == 0
    assert capsys.readouterr().out.endswith(
        "neither side is a pod of the cluster, so policies for pods do not apply\n"
    )


def test_an_explanation_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("gitlab/runner", "fqdn:gitlab.com:80", "--json") == 1
    data = json.loads(capsys.readouterr().out)
    assert data["verdict"] == "denied"
    assert [each["direction"] for each in data["directions"]] == ["egress"]


@pytest.mark.parametrize(
    ("source", "destination", "text"),
    [
        (
            "gitlab/runer",
            "fqdn:gitlab.com:443",
            "--from: must be a pod or workload in the files, NAMESPACE/NAME, got 'gitlab/runer'; did you "
            "mean "
            "'gitlab/runner'?",
        ),
        (
            "other/thing",
            "fqdn:gitlab.com:443",
            "got 'other/thing'; use one of gitlab/runner, shop/web, kube-system/coredns, kube-system/cilium",
        ),
        (
            "fqdn:a.b",
            "shop/web:80",
            "--from: must be a side that can begin a connection, got 'fqdn:a.b'; "
            "name its address, as cidr:ADDRESS",
        ),
        (
            "entity:moon",
            "fqdn:a.b:1",
            "--from: must be an entity that can send or receive, got 'entity:moon'",
        ),
        ("cidr:10.0.0.0/8", "fqdn:a.b:1", "--from: must be an IP address, got 'cidr:10.0.0.0/8'"),
        ("gitlab/runner", "shop/web", "got 'shop/web'; add the port: ':443'"),
        (
            "gitlab/runner",
            "shop/web:metrics",
            "--to: must be a port of shop/web, got 'metrics'; its ports with names are http",
        ),
        ("gitlab/runner", "fqdn:a.b:http", "--to: must be a port of fqdn a.b, got 'http'; give the number"),
        ("gitlab/runner", "shop/web:80/tpc", "got 'shop/web:80/tpc'; use TCP, UDP, SCTP, ICMP, ICMPv6"),
        ("gitlab/runner", "shop/web:70000", "--to: must have a port from 1 to 65535, got 70000"),
        ("gitlab/runner", "shop/web:0", "--to: must have a port from 1 to 65535, got 0"),
        ("gitlab/runner", "api.github.com:443", "got 'api.github.com'; write fqdn:api.github.com:443 ["),
        ("gitlab/runner", "1.1.1.1:53/udp", "got '1.1.1.1'; write cidr:1.1.1.1:53/udp ["),
        ("gitlab/runner", "[2001:db8::1]:443", "got '[2001:db8::1]'; write cidr:[2001:db8::1]:443 ["),
        ("gitlab/runner", "world:443", "got 'world'; write entity:world:443 ["),
        ("api.github.com", "shop/web:80", "got 'api.github.com'; write cidr:ADDRESS ["),
        ("10.0.0.1", "shop/web:80", "got '10.0.0.1'; write cidr:10.0.0.1 ["),
        ("gitlab/runner", "shop/web:256/icmp", "--to: must have a port from 0 to 255, got 256"),
    ],
)
def test_an_invalid_side_is_refused(
    source: str, destination: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(source, destination) == 2
    assert text in capsys.readouterr().err


def test_addresses_of_both_families_are_sides() -> None:
    assert explain("kube-system/coredns", "cidr:[2001:db8::1]:443") == 0
    assert explain("cidr:2001:db8::1", "kube-system/coredns:53/udp") == 0


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (("--http", "GET"), "--http: must be a method and a path, got 'GET'; write 'GET /api'"),
        (("--http", "GET /", "--header", "x"), "--header: must be 'NAME: VALUE', got 'x'"),
        (("--cilium", "1.11.0"), "--cilium: "),
        (("--cilium", ""), "--cilium: "),
    ],
)
def test_an_option_that_cannot_be_used_is_refused(
    more: tuple[str, ...], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain("gitlab/runner", "shop/web:80", *more) == 2
    assert text in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("*.gitlab.com", "name one that the pattern means, such as fqdn:any.gitlab.com"),
        ("bücher.de", "write its form in ASCII, such as xn--bcher-kva.de"),
        ("", "write 'example.com'"),
    ],
)
def test_what_is_not_a_name_is_refused(name: str, fix: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("gitlab/runner", f"fqdn:{name}:443") == 2
    assert capsys.readouterr().err == (
        f"1 problem\n  --to: must be a DNS name, got 'fqdn:{name}'; {fix} [CEK7028]\n"
    )


def test_an_address_has_no_zone(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("cidr:fe80::1%eth0", "gitlab/runner:80") == 2
    assert "--from: must be an IP address, got 'cidr:fe80::1%eth0'" in capsys.readouterr().err


def test_a_header_needs_a_request(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        explain("gitlab/runner", "shop/web:80", "--header", "a: b")
    assert "--host and --header go with --http" in capsys.readouterr().err


def test_files_without_a_policy_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "pods.yaml"
    file.write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\n")
    assert main(["policy", "explain", "--from", "b/a", "--to", "fqdn:a.b:1", str(file)]) == 1
    assert "must contain a policy of Cilium; also name the files with the policies" in capsys.readouterr().err


def test_missing_files_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "explain", "--from", "b/a", "--to", "fqdn:a.b:1", "none.yaml"]) == 2
    assert "none.yaml: must be a readable file (no such file or directory)" in capsys.readouterr().err


def test_a_folder_stands_for_the_files_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--from", "gitlab/runner", "--to", "fqdn:gitlab.com:443"]
    assert main(["policy", "explain", *arguments, str(Path(WORLD).parent)]) == 0
