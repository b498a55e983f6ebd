from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main
from tests.hubble_flows import DROPPED, LEAVING, flow, lines, pod, request
from tests.refusals import worded

WEB, API = pod("web"), pod("api")

POLICY = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: web}}]
    toPorts: [{ports: [{port: "8443", protocol: TCP}], rules: {http: [{method: GET}]}}]
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY, encoding="utf-8")
    return file


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    get, post = request("GET", "http://api/"), request("POST", "http://api/")
    records = [
        flow(WEB, API, 8443, **get),
        flow(WEB, API, 8443, **post),
        flow(pod("db"), API, 80),
        flow(pod("db"), API, 80, time="2026-11-30T13:30:00Z"),
        flow(WEB, API, 8443, **get, is_reply=True),
    ]
    file = tmp_path / "flows.jsonpb"
    file.write_text(lines(records), encoding="utf-8")
    return file


def replay(flows: Path, *more: object) -> int:
    return main(["policy", "replay", str(flows), *map(str, more)])


def test_changes_are_shown_with_rules_examples_and_hours(
    flows: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay(flows, policy) == 0
    out, err = capsys.readouterr()
    assert [" ".join(text.split()) for text in out.splitlines()] == [
        "Flows judged: 4, conversations: 3, not judged: 1",
        "What Flows",
        "stay as they are 1",
        "pass today, and would be denied 3",
        "are refused today, and would pass 0",
        "not known 0",
        "",
        "Pass today, and would be denied",
        "From To Port Decided in Flows",
        "shop/db shop/api TCP 80 ingress 2",
        "shop/web shop/api TCP 8443 ingress 1",
        "shop/db -> shop/api TCP 80",
        "because: policies isolate shop/api for ingress, and no rule allows it",
        "by CiliumNetworkPolicy shop/api spec",
        "seen 2026-11-30T12:00:00.000000001Z shop/db-6d4cf56db6-x2x7z -> shop/api-6d4cf56db6-x2x7z on node-1",
        "shop/web -> shop/api TCP 8443",
        "because: the port is open, but only for HTTP GET any path",
        "by CiliumNetworkPolicy shop/api spec.ingress[0]",
        "seen 2026-11-30T12:00:00.000000001Z shop/web-6d4cf56db6-x2x7z -> shop/api-6d4cf56db6-x2x7z on "
        "node-1 POST /",
        "",
        "By hour",
        "Hour Denied Pass Not known",
        "2026-11-30T12 2 0 0",
        "2026-11-30T13 1 0 0",
        "",
        "Not judged",
        "Why Flows",
        "an answer, which passes with its connection 1",
    ]
    assert err == ""


def test_what_audit_mode_let_pass_and_what_is_missing_is_shown(
    policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "audit.jsonpb"
    file.write_text(lines([flow(WEB, API, 80, verdict="AUDIT"), flow(WEB, API, 8443)]), encoding="utf-8")
    assert replay(file, policy) == 0
    out = capsys.readouterr().out
    assert "  audit mode let it pass\n" in out
    assert "  missing: requests, which were not recorded\n" in out


def test_what_policies_do_today_tells_groups_apart(
    policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "both.jsonpb"
    file.write_text(lines([flow(WEB, API, 80, verdict="AUDIT"), flow(WEB, API, 80)]), encoding="utf-8")
    assert replay(file, policy) == 0
    out = [" ".join(text.split()) for text in capsys.readouterr().out.splitlines()]
    at = out.index("From To Port Decided in Today Flows")
    assert out[at + 1 : at + 3] == [
        "shop/web shop/api TCP 80 ingress passes, audit mode 1",
        "shop/web shop/api TCP 80 ingress passes 1",
    ]
    assert "audit mode let it pass" in out
    assert "today it passes" in out


@pytest.mark.parametrize(
    ("source", "number", "note"),
    [
        ("PERF_EVENT_RING_BUFFER", 1, "the nodes lost 1 event before the agent read them: flows are missing"),
        ("OBSERVER_EVENTS_QUEUE", 2, "Hubble lost 2 events, because its queue was full: flows are missing"),
        (
            "HUBBLE_RING_BUFFER",
            1,
            "Hubble overwrote at least 1 event in its own buffer before anybody read them, and "
            "hubble.eventBufferCapacity makes that buffer larger: flows are missing",
        ),
    ],
)
def test_lost_events_are_told_by_what_lost_them(
    source: str, number: int, note: str, flows: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with flows.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"lost_events": {"source": source, "num_events_lost": str(number)}}) + "\n")
    assert replay(flows, policy) == 0
    assert capsys.readouterr().err.splitlines() == [note]


def test_groups_beyond_the_top_are_counted(
    flows: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay(flows, policy, "--top", "1") == 0
    text = "  further groups: 1, their flows: 1; --top shows more, --json all\n"
    assert text in capsys.readouterr().out


def test_json_has_everything(flows: Path, policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(flows, policy, "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["judged"], data["denied"], len(data["changes"]), data["notes"]) == (4, 3, 2, [])


@pytest.mark.parametrize(
    ("fail_on", "fields", "code"),
    [
        ("denied", {}, 1),
        ("change", {}, 1),
        ("denied", DROPPED, 0),
        ("change", DROPPED | {"l4": {"TCP": {"destination_port": 8443}}}, 4),
        ("denied", LEAVING, 4),
    ],
)
def test_the_exit_status_may_tell(
    fail_on: str, fields: dict[str, object], code: int, policy: Path, tmp_path: Path
) -> None:
    file = tmp_path / "one.jsonpb"
    file.write_text(lines([flow(WEB, API, 80, **fields)]), encoding="utf-8")
    assert replay(file, policy, "--fail-on", fail_on) == code


def test_flows_may_come_from_a_pipe(
    flows: Path, policy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reading, writing = os.pipe()
    os.write(writing, gzip.compress(flows.read_bytes()))
    os.close(writing)
    with open(reading, encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert replay(Path("-"), policy) == 0
    assert capsys.readouterr().out.startswith("Flows judged: 4, conversations: 3")


def test_what_spoils_a_recording_is_noted(
    flows: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = '{"lost_events": {"num_events_lost": "7"}}\n'
    silent = '{"node_status": {"state_change": "NODE_ERROR", "node_names": ["node-2"]}}\n'
    proven = lines([flow(WEB, API, 8443, auth_type="SPIRE")])
    with flows.open("a", encoding="utf-8") as file:
        file.write(f'{lost}{silent}{proven}{{"flow": {{"time')
    assert replay(flows, policy) == 0
    assert capsys.readouterr().err.splitlines() == [
        "lines that are not flows: 1 of 9",
        f"  {flows} line 9: it is not JSON (Unterminated string starting at, column 11)",
        "7 events were lost before the recording: flows are missing",
        "the relay could not reach node-2: flows are missing",
        "not judged: field auth_type (whether the sides proved who they are)",
    ]


def test_an_interrupted_replay_answers_with_what_it_has(
    flows: Path, policy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cdk_eks_cilium.policy_analysis.flows.LineReader.refuse", stop)
    text = flows.read_text(encoding="utf-8")
    flows.write_text(text.replace("\n", "\n{\n", 1), encoding="utf-8")
    assert replay(flows, policy) == 130
    out, err = capsys.readouterr()
    assert out.startswith("Flows judged: 1, conversations: 1")
    assert err == "interrupted: the answer is for what came before line 2\n"


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("", "record with: hubble observe -o jsonpb"),
        (
            '[{"flow": {}}]',
            "{file} line 1: it is not from Hubble: it is not an object; record with: hubble observe -o "
            "jsonpb; split arrays with: jq -c '.[]'",
        ),
    ],
)
def test_input_without_flows_is_refused(
    text: str, fix: str, policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "flows"
    file.write_text(text, encoding="utf-8")
    assert replay(file, policy) == 1
    assert worded(capsys.readouterr().err) == (
        f"1 problem\n  {file}: must contain flows, one JSON object a line; {fix.format(file=file)}\n"
    )


def test_files_without_a_policy_are_refused(
    flows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        replay(flows)
    pods = tmp_path / "pods.yaml"
    pods.write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n", encoding="utf-8")
    assert replay(flows, pods) == 1
    assert "must contain a policy of Cilium" in capsys.readouterr().err
