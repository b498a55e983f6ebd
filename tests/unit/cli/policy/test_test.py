"""``policy test``: expectations held against policies, and the reports for other programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml

from cdk_eks_cilium.cli import main
from tests.unit.policy_analysis.evaluation.worlds import pod, policy
from tests.unit.report_formats.sarif_shape import LOG

PORTS = "containers: [{name: a, ports: [{name: http, containerPort: 8080}]}]"
WORLD = (
    pod("shop/web")
    + pod("shop/api", more=PORTS)
    + pod("pay/card", labels="app: card, tier: back")
    + policy("shop/shut", "endpointSelector: {}\ningress: [{}]")
    + policy(
        "shop/api",
        "endpointSelector: {matchLabels: {app: api}}\ningress:\n"
        "- fromEndpoints: [{matchLabels: {app: web}}]\n"
        "  toPorts: [{ports: [{port: '8080', protocol: TCP}], rules: {http: [{method: GET}]}}]",
    )
)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("world.yaml").write_text(WORLD)
    return tmp_path


def expecting(**fields: Any) -> dict[str, Any]:
    """An expectation that holds, with other fields."""
    plain = {"name": "web reaches the API", "from": "shop/web", "to": "shop/api:8080", "expect": "allowed"}
    return {**plain, **fields}


def run(*expectations: dict[str, Any], options: tuple[str, ...] = ()) -> int:
    Path("expectations.yaml").write_text(yaml.safe_dump({"expectations": list(expectations)}))
    return main(["policy", "test", *options, "expectations.yaml", "world.yaml"])


def test_what_holds_ends_with_0(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(expecting()) == 0
    printed = capsys.readouterr()
    assert printed.out == "holds         web reaches the API (1 connection)\n"
    assert printed.err == "1 of 1 expectations hold\n"


def test_what_does_not_hold_says_why(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(expecting(**{"from": "pay/card", "because": "cards buy"}), expecting(name="again")) == 1
    printed = capsys.readouterr()
    assert printed.out == (
        "fails         web reaches the API: expected allowed, 1 of 1 are not\n"
        "  pay/card -> shop/api TCP 8080: denied\n"
        "    egress: allowed, because no policy isolates pay/card for egress\n"
        "    ingress: denied, because policies isolate shop/api for ingress, and no rule allows it\n"
        "      by CiliumNetworkPolicy shop/shut spec\n"
        "      by CiliumNetworkPolicy shop/api spec\n"
        "      to change it: add fromEndpoints (app=card, tier=back in pay) with port 8080 TCP to ingress of "
        "a policy that selects shop/api; CiliumNetworkPolicy shop/api spec.ingress[0] lets the port through, "
        "but not for this peer\n"
        "  because: cards buy\n"
        "holds         again (1 connection)\n"
    )
    assert printed.err == "1 of 2 expectations hold\n"


@pytest.mark.parametrize(
    "fields",
    [
        {"to": "shop/api:http"},
        {"to": ["shop/api:8080", "shop/api:8080/tcp"]},
        {"to": {"namespace": "shop", "labels": {"app": "api"}, "ports": [8080]}},
        {"from": {"namespace": ["shop", "edge*"], "except": "shop/api"}},
        {"from": "*/web"},
        {"http": "GET /a"},
        {"http": "POST /a", "expect": "denied"},
        {"http": {"method": "POST", "headers": {"a": "1"}}, "expect": "denied"},
        {"from": {"except": {"namespace": "shop"}}, "to": "shop/*:*", "expect": "denied"},
        {"from": "*", "to": "shop/web:*/UDP", "expect": "denied"},
        {"from": "shop/web", "to": "pay/card:*", "expect": "allowed"},
        {"from": "entity:world", "to": "shop/api:8080", "expect": "denied"},
        {"from": "cidr:203.0.113.1", "to": "pay/card:443", "expect": "allowed"},
        {"to": ["fqdn:example.org:443", "cidr:[2001:db8::1]:443", "entity:host:10250"]},
    ],
)
def test_patterns_and_requests_hold(fields: dict[str, Any], world: Path) -> None:
    assert run(expecting(**fields)) == 0


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"expect": "denied"}, "shop/web -> shop/api TCP 8080: allowed, but only HTTP GET any path"),
        ({"to": "shop/api:*"}, "shop/web -> shop/api all ports but TCP 8080: denied"),
        ({"http": "POST /a"}, "shop/web -> shop/api TCP 8080: denied"),
        ({"to": "shop/api:*", "expect": "denied", "http": "GET /"}, "shop/web -> shop/api TCP 8080: allowed"),
    ],
)
def test_connections_that_are_not_as_expected_are_told(
    fields: dict[str, Any], line: str, world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(expecting(**fields)) == 1
    assert f"\n  {line}\n" in capsys.readouterr().out


def test_many_connections_are_counted_and_few_are_told(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = "".join(pod(f"many/p{number}") for number in range(30))
    Path("world.yaml").write_text(WORLD + more)
    assert run(expecting(**{"from": "many/*"})) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(": expected allowed, 30 of 30 are not")
    assert lines[-1] == "  and 25 more"


UNKNOWN = policy(
    "shop/by-team",
    "endpointSelector: {matchLabels: {app: api}}\n"
    "ingress: [{fromEndpoints: [{matchLabels: {'k8s:io.cilium.k8s.namespace.labels.team': one}}]}]",
)


@pytest.mark.parametrize(("expect", "status"), [("allowed", 1), ("denied", 1), ("unknown", 0)])
def test_what_is_not_known_does_not_hold_unless_it_is_expected(
    expect: str, status: int, world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("world.yaml").write_text(WORLD + UNKNOWN)
    assert run(expecting(**{"from": "pay/card", "expect": expect})) == status
    printed = capsys.readouterr().out
    assert printed.startswith("holds" if status == 0 else "not known     web reaches the API: expected ")
    assert status == 0 or "lacking Namespace pay" in printed


def test_expectations_that_mean_nothing_are_wrong(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run(
            expecting(name="a", **{"from": "shop/wbe"}),
            expecting(name="b", to=["shop/web:http", "cidr:1.2.3:5"]),
            expecting(name="c", **{"from": "entity:world", "to": "cidr:192.0.2.1:5"}),
            expecting(name="d", **{"from": "fqdn:example.org"}),
            expecting(name="e", **{"from": {"labels": {"app": "none"}}}),
        )
        == 1
    )
    assert capsys.readouterr().out.splitlines() == [
        "means nothing a",
        "  expectations[0].from: must match a workload, got 'shop/wbe'; did you mean 'shop/web'?",
        "means nothing b",
        "  expectations[1].to[0].ports: must be a port of what it names, got 'http'; give the number",
        "  expectations[1].to[1]: must be an IP address, got 'cidr:1.2.3'",
        "means nothing c",
        "  expectations[2]: must have a workload on one side at least; name a workload under from or to",
        "means nothing d",
        "  expectations[3].from: must be sides that can begin a connection, got 'fqdn example.org'; name an "
        "address, as cidr:ADDRESS",
        "means nothing e",
        "  expectations[4].from: must match a workload, got 'app=none'; workloads are shop/web, shop/api, "
        "pay/card",
    ]


def test_all_mistakes_of_a_file_are_told_at_once(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run(
            expecting(to="shop/api", expect="alowed", http="GET"),
            expecting(form="shop/web", to={"namespace": "shop", "ports": ["70000", "80/TPC"]}),
            expecting(**{"from": {"side": "cidr:1.2.3.4", "labels": {"a": 1}}, "to": []}),
            expecting(**{"from": ["web", {"side": "entity:world", "namespace": "a"}], "http": {"path": "a"}}),
        )
        == 1
    )
    assert capsys.readouterr().err.splitlines()[1:] == [
        f"  expectations.yaml: expectations{line}"
        for line in (
            "[0].to[0]: must end with a port, got 'shop/api'; write shop/api:8080, or ':*' for every port "
            "[CEK5300]",
            "[0].expect: must be 'allowed', 'denied' or 'unknown', got 'alowed'; did you mean 'allowed'? "
            "[CEK0020]",
            "[0].http: must be a method and a path, got 'GET'; write 'GET /api' [CEK5301]",
            "[1].to[0]: must have a port from 1 to 65535, got '70000' [CEK5306]",
            "[1].form: is not a field here, got 'shop/web'; did you mean 'from'? [CEK5302]",
            "[2].from[0].labels.a: must be text, got 1; quote it: '1' [CEK0012]",
            "[2].to: must list at least 1, got []; leave the field out, or name one [CEK5314]",
            "[3].from[0]: must be NAMESPACE/NAME, fqdn:NAME, cidr:ADDRESS or entity:NAME, got 'web'; write "
            "shop/api, or shop/* for all of a namespace [CEK5304]",
            "[3].from[1]: must have no further fields beside a side that is not a workload, got "
            "'entity:world'; write two entries [CEK5303]",
            "[3].http.path: must be a path, got 'a'; begin with a slash [CEK5315]",
        )
    ]


@pytest.mark.parametrize(
    ("text", "error", "status"),
    [
        ("- name: a\n", "expectations.yaml: must have a mapping at its top; begin with 'expectations:'", 1),
        ("expectations: [\n", "expectations.yaml line 2: must be YAML", 1),
        (None, "expectations.yaml: must be a readable file (no such file or directory) [CEK5308]", 2),
    ],
)
def test_a_file_that_is_none_of_expectations_is_refused(
    text: str | None, error: str, status: int, world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        Path("expectations.yaml").write_text(text)
    assert main(["policy", "test", "expectations.yaml", "world.yaml"]) == status
    assert error in capsys.readouterr().err


def test_a_name_stands_once(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(expecting(), expecting()) == 1
    assert "must have each name once, 'web reaches the API' is there twice; rename one [CEK5307]" in (
        capsys.readouterr().err
    )


def test_outcomes_are_printed_as_json(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(expecting(expect="denied"), options=("--json",)) == 1
    data = json.loads(capsys.readouterr().out)
    (outcome,) = data["expectations"]
    assert (outcome["status"], outcome["asked"], outcome["failing"]) == ("fails", 1, 1)
    (flow,) = outcome["flows"]
    assert (flow["source"], flow["ports"], flow["verdict"]) == ("shop/web", "TCP 8080", "allowed")


MIXED = (
    expecting(),
    expecting(name="never <&>", expect="denied", because="why not"),
    expecting(name="nothing", **{"from": "shop/none"}),
)


def test_junit_has_a_test_for_each_expectation(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*MIXED, options=("--junit", "junit.xml")) == 1
    assert "wrote junit.xml\n" in capsys.readouterr().err
    root = ElementTree.parse("junit.xml").getroot()
    counts = [root.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert counts == ["3", "1", "1", "0"]
    cases = {case.get("name"): [part.tag for part in case] for case in root.iter("testcase")}
    assert cases == {"web reaches the API": [], "never <&>": ["failure"], "nothing": ["error"]}
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.get("message") == "never <&>: expected denied, 1 of 1 connections are not"
    assert "by CiliumNetworkPolicy shop/api spec.ingress[0]" in (failure.text or "")
    assert "because: why not" in (failure.text or "")


def test_sarif_has_a_result_at_the_line_of_each_that_does_not_hold(world: Path) -> None:
    assert run(*MIXED, options=("--sarif", "found.sarif")) == 1
    log = json.loads(Path("found.sarif").read_text())
    jsonschema.validate(log, LOG)
    lines = Path("expectations.yaml").read_text().splitlines()
    results = log["runs"][0]["results"]
    assert [each["ruleId"] for each in results] == ["expectation-fails", "expectation-means-nothing"]
    places = [each["locations"][0]["physicalLocation"] for each in results]
    assert {place["artifactLocation"]["uri"] for place in places} == {"expectations.yaml"}
    starts = [number for number, line in enumerate(lines, 1) if line.startswith("- ")]
    assert [place["region"]["startLine"] for place in places] == starts[1:]
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in results)


def test_the_schema_is_printed_and_takes_what_is_read(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "test", "--schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    sides = {"namespace": "shop", "labels": {"app": "api"}, "except": ["shop/web"], "ports": [8080, "http"]}
    validator.validate({"expectations": [*MIXED, expecting(to=[sides, "fqdn:a.com:443"], http="GET /")]})
    for wrong in ({"expect": "maybe"}, {"form": "a"}, {"to": {"ports": None}}, {"http": 1}):
        assert not validator.is_valid({"expectations": [expecting(**wrong)]}), wrong


def test_a_call_without_expectations_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["policy", "test"])
    assert "name a file of expectations, and files with policies" in capsys.readouterr().err
