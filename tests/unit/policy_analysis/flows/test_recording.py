from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.policy_analysis.flows import LineReader, Recording, Sighting, Unjudged, decode
from cdk_eks_cilium.policy_analysis.flows import recording as module
from cdk_eks_cilium.policy_analysis.flows.fields import unjudged_fields
from cdk_eks_cilium.policy_analysis.flows.known_pieces import KnownPieces
from cdk_eks_cilium.policy_analysis.flows.line_shape import pieces
from tests.hubble_flows import DROPPED, LEAVING, WORLD, Json, flow, line, lines, pod, question, request

WEB, API = pod("web"), pod("api")


class Given(LineReader):
    """Lines from memory."""

    def __init__(self, texts: Sequence[str]) -> None:
        super().__init__([])
        self._texts = texts

    def __iter__(self) -> Iterator[bytes]:
        for text in self._texts:
            self.lines += 1
            yield text.encode() + (b"" if text.endswith("\n") else b"\n")


def counts(recording: Recording) -> Counter[object]:
    found: Counter[object] = Counter()
    for batch in recording.batches():
        for tally in batch:
            assert tally.sighting is not None
            found[tally.sighting] += tally.records
            assert sum(tally.windows.values()) == tally.records
    found.update({Unjudged(reason): tally.records for reason, tally in recording.reasons.items()})
    return found


def slow(texts: Sequence[str]) -> Counter[object]:
    found = (decode(json.loads(text)) for text in texts)
    return Counter(each.with_headers(()) if isinstance(each, Sighting) else each for each in found)


SIDES = st.sampled_from([WEB, API, pod("db", namespace="data"), WORLD])
KINDS = st.sampled_from(
    [
        {},
        LEAVING,
        DROPPED,
        {"is_reply": True},
        {"verdict": "AUDIT", "auth_type": "SPIRE"},
        {"trace_observation_point": "FROM_ENDPOINT"},
        {"ethernet": None},
        {"uuid": None},
        {"IP": {"source": "203.0.113.7", "destination": "203.0.113.8", "ipVersion": "IPv4"}},
        {"destination_names": ["a.example"]} | LEAVING,
        {"Type": "SOCK", "verdict": "TRANSLATED", "socket_cookie": "81"},
        {"Type": "SOCK", "verdict": "TRACED", "is_reply": True},
        {"source_service": {"name": "web", "namespace": "shop"}},
        request("GET", "http://api/a"),
        request("GET", "http://api/b"),
        question("a.example"),
    ]
)
RECORDS = st.builds(
    lambda source, destination, port, protocol, fields, place, address, second, source_port, flags: _varied(
        flow(source, destination, port, protocol, **{"IP": _between(address), **place, **fields}),
        second,
        source_port,
        flags,
    ),
    SIDES,
    SIDES,
    st.sampled_from([80, 53, 8080, 0, 65535, 70000]),
    st.sampled_from(["TCP", "UDP", "SCTP", "ICMPv4", "ICMPv6"]),
    KINDS,
    st.sampled_from(
        [
            {},
            {"node_name": "node-2", "node_labels": ["kubernetes.io/os=linux"]},
            {"trace_reason": "ESTABLISHED", "Summary": "TCP Flags: ACK"},
        ]
    ),
    st.integers(1, 9),
    st.integers(0, 59),
    st.sampled_from([1, 40001, 65535]),
    st.sampled_from([["SYN"], ["PSH", "ACK"]]),
)


def _between(number: int) -> Json:
    return {"source": f"203.0.113.{number}", "destination": f"2001:db8::{number % 3}", "ipVersion": "IPv4"}


def _varied(record: Json, second: int, source_port: int, flags: list[str]) -> Json:
    """The record of another packet: nothing that matters differs."""
    (protocol, layer), *_ = record["l4"].items()
    layer = dict(layer)
    if "source_port" in layer:
        layer["source_port"] = source_port
    if "flags" in layer:
        layer["flags"] = dict.fromkeys(flags, True)
    return record | {"time": f"2026-11-30T12:00:{second:02}Z", "l4": {protocol: layer}}


def _packed(text: str) -> str:
    return text


def _spaced(text: str) -> str:
    """As in builds of protojson that put a space after commas and colons."""
    return json.dumps(json.loads(text))


def _without_time(text: str) -> str:
    """As a filter makes it that keeps only the flow."""
    return json.dumps({"flow": json.loads(text)["flow"]}, separators=(",", ":"))


FORMS = st.sampled_from([_packed, _spaced, _without_time])


@given(st.lists(RECORDS, max_size=30), FORMS)
@settings(max_examples=80)
def test_a_line_that_is_looked_up_says_what_it_says_when_it_is_parsed(
    records: list[Json], form: Callable[[str], str]
) -> None:
    texts = [f"{form(line(each))}\n" for each in records]
    assert counts(Recording(Given(texts))) == slow(texts)


@given(st.lists(RECORDS, max_size=30))
@settings(max_examples=40)
def test_every_example_is_a_record_of_its_conversation(records: list[Json]) -> None:
    texts = [f"{line(each)}\n" for each in records]
    decoded = [decode(json.loads(text)) for text in texts]
    seen = [each.with_headers(()) for each in decoded if isinstance(each, Sighting)]
    for batch in Recording(Given(texts)).batches():
        for tally in batch:
            mine = [each.example for each in seen if each == tally.sighting]
            assert tally.examples
            assert set(tally.examples) <= set(mine)


@given(st.lists(RECORDS, max_size=30))
@settings(max_examples=40)
def test_fields_that_are_not_judged_are_remembered_whatever_is_looked_up(records: list[Json]) -> None:
    recording = Recording(Given([f"{line(each)}\n" for each in records]))
    list(recording.batches())
    seen = [each for each in records if isinstance(decode({"flow": each}), Sighting)]
    assert recording.unjudged == {name for each in seen for name in unjudged_fields(each)}


def test_lines_in_another_order_of_fields_are_parsed() -> None:
    texts = [json.dumps({"flow": flow(WEB, API)}, sort_keys=True)] * 3
    assert counts(Recording(Given(texts))) == slow(texts)


def test_few_lines_are_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[Json] = []

    def noted(data: Json) -> Sighting | Unjudged | None:
        parsed.append(data)
        return decode(data)

    monkeypatch.setattr(module, "decode", noted)
    texts = [line(_varied(flow(WEB, API), n % 60, 40_000 + n, ["ACK"])) for n in range(500)]
    found = counts(Recording(Given(texts)))
    assert list(found.values()) == [500]
    assert len(parsed) == 1


def test_lines_of_many_addresses_are_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[Json] = []

    def noted(data: Json) -> Sighting | Unjudged | None:
        parsed.append(data)
        return decode(data)

    monkeypatch.setattr(module, "decode", noted)
    texts = [line(flow(WORLD, API, IP=_between(number))) for number in range(1, 200)]
    ((*tallies,),) = Recording(Given(texts)).batches()
    sightings = [one.sighting for one in tallies if one.sighting is not None]
    assert {str(one.conversation.source) for one in sightings} == {
        f"address 203.0.113.{number}" for number in range(1, 200)
    }
    assert tallies[-1].examples[0].source == "203.0.113.199"
    assert len(parsed) == 1


def test_lines_of_many_ports_are_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[Json] = []

    def noted(data: Json) -> Sighting | Unjudged | None:
        parsed.append(data)
        return decode(data)

    monkeypatch.setattr(module, "decode", noted)
    texts = [line(flow(WORLD, API, port, IP=_between(port % 9 + 1))) for port in range(0, 65536, 257)]
    assert counts(Recording(Given(texts))) == slow(texts)
    assert len(parsed) == 1


def test_lines_of_many_pods_are_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[Json] = []

    def noted(data: Json) -> Sighting | Unjudged | None:
        decoded.append(data)
        return decode(data)

    monkeypatch.setattr(module, "decode", noted)
    pods = [pod(f"app-{number}") for number in range(12)]
    texts = [line(flow(one, other, 80 + len(one))) for one in pods for other in pods]
    assert counts(Recording(Given(texts))) == slow(texts)
    assert len(decoded) == 1


def test_a_field_that_stands_with_the_sides_counts() -> None:
    plain = [line(flow(one, API)) for one in (WEB, pod("db", namespace="data"))]
    audited = [each.replace('"Type":', '"verdict":"AUDIT","Type":') for each in plain]
    texts = [plain[0], audited[1], plain[1], audited[0]]
    assert counts(Recording(Given(texts))) == slow(texts)


@pytest.mark.parametrize("port", ["8e1", '"81"', "65536", "80 "])
def test_a_port_in_another_spelling_is_parsed(port: str) -> None:
    texts = _at_ports("80", port, "80", port)
    assert counts(Recording(Given(texts))) == slow(texts)


@pytest.mark.parametrize("port", ["080", "any port", "", "8_0", "-"])
def test_a_port_that_is_not_json_makes_a_bad_line(port: str) -> None:
    recording = Recording(Given(_at_ports("80", port, "443", port)))
    assert sum(counts(recording).values()) == 2
    assert recording.reader.bad == 2
    assert all("it is not JSON" in each for each in recording.reader.named)


def _at_ports(*ports: str) -> list[str]:
    return [
        line(flow(WEB, API, 80)).replace('"destination_port":80', f'"destination_port":{each}')
        for each in ports
    ]


def test_a_flow_that_other_nodes_see_is_not_decoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[Json] = []

    def noted(data: Json) -> Sighting | Unjudged | None:
        decoded.append(data)
        return decode(data)

    monkeypatch.setattr(module, "decode", noted)
    texts = [line(flow(WEB, API, node_name=f"node-{n}", Summary=f"flags {n % 7}")) for n in range(200)]
    ((tally,),) = Recording(Given(texts)).batches()
    assert tally.records == 200
    assert [each.node for each in tally.examples] == ["node-0", "node-1", "node-2"]
    assert len(decoded) == 1


def test_what_has_an_id_of_its_own_is_not_remembered() -> None:
    texts = [
        line(flow(WEB, API, **request("GET", f"http://api/{n}", {"x-request-id": str(n)}))) for n in range(9)
    ]
    texts += [line(flow(WEB, API, **question("a.example", is_reply=True, latency=n))) for n in range(9)]
    texts += [line(flow(WEB, API, Type="SOCK", socket_cookie=str(n))) for n in range(9)]
    known: KnownPieces[int] = KnownPieces(1 << 20)
    for text in texts:
        found = pieces(text.encode() + b"\n")
        assert found is not None
        assert known.rest(found.rest)[1] is False
    assert known.rests == {}


def test_first_last_and_windows_are_kept() -> None:
    times = ["2026-11-30T12:59:59Z", "2026-11-30T11:00:00Z", "2026-11-30T12:00:00Z"]
    recording = Recording(Given([line(flow(WEB, API, time=each)) for each in times]))
    ((tally,),) = recording.batches()
    assert (tally.first[:20], tally.last[:20]) == (b"2026-11-30T11:00:00Z", b"2026-11-30T12:59:59Z")
    assert tally.windows == {b"2026-11-30T12": 2, b"2026-11-30T11": 1}


def test_conversations_are_handed_on_before_they_are_too_many() -> None:
    texts = [line(flow(WEB, API, port)) for port in range(10)]
    batches = list(Recording(Given(texts), most_pending=4).batches())
    assert [len(each) for each in batches] == [4, 4, 2]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_REMEMBERED", 5_000)
    texts = [line(flow(pod(f"web{n % 20}"), API)) for n in range(200)]
    recording = Recording(Given(texts))
    assert counts(recording) == slow(texts)


def test_reasons_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_REASONS", 2)
    texts = [line(flow(WEB, API, **DROPPED | {"drop_reason_desc": f"X{n}"})) for n in range(9)]
    recording = Recording(Given(texts))
    assert list(recording.batches()) == []
    assert {reason: tally.records for reason, tally in recording.reasons.items()} == {
        "dropped for another reason than a policy (X0)": 1,
        "dropped for another reason than a policy (X1)": 1,
        "for further reasons": 7,
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "it is not JSON (Expecting property name enclosed in double quotes, column 2)"),
        (line(flow(WEB, API))[:-40], "it is not JSON (Expecting property name"),
        ("[]", "it is not from Hubble: it is not an object"),
        ('{"kind": "Pod"}', "it is not from Hubble: it has no flow"),
        ("[" * 100_000, "it is nested too deep"),
        ('{"flow": {"l4": {"TCP": {"destination_port": "x"}}, "verdict": "FORWARDED"}}', "invalid literal"),
    ],
)
def test_a_bad_line_is_named_and_does_not_stop_the_others(text: str, why: str) -> None:
    reader = Given([text, line(flow(WEB, API))])
    assert sum(counts(Recording(reader)).values()) == 1
    assert reader.bad == 1
    assert why in reader.named[0]


def test_text_that_is_no_utf_8_is_a_bad_line(tmp_path: Path) -> None:
    file = tmp_path / "flows"
    file.write_bytes(b'{"flow": "\xff"}\n')
    reader = LineReader([file])
    assert list(Recording(reader).batches()) == []
    assert reader.named == [f"{file} line 1: it is not UTF-8"]


def test_lost_events_and_unreachable_nodes_are_remembered() -> None:
    recording = Recording(
        Given(
            [
                '{"lost_events": {"source": "HUBBLE_RING_BUFFER", "num_events_lost": "12"}}',
                '{"node_status": {"state_change": "NODE_UNAVAILABLE", "node_names": ["node-2"]}}',
                '{"node_status": {"state_change": "NODE_CONNECTED", "node_names": ["node-1"]}}',
            ]
        )
    )
    assert list(recording.batches()) == []
    assert (recording.lost, recording.silent) == ({"HUBBLE_RING_BUFFER": 12}, {"node-2"})


def test_fields_that_are_not_judged_are_remembered() -> None:
    recording = Recording(Given([line(flow(WEB, API, auth_type="SPIRE", brand_new={"a": 1}, tunnel={}))]))
    list(recording.batches())
    assert recording.unjudged == {"auth_type", "brand_new"}


def test_a_person_may_stop_the_reading_and_gets_the_answer_so_far() -> None:
    class Stopped(Given):
        def __iter__(self) -> Iterator[bytes]:
            yield from super().__iter__()
            raise KeyboardInterrupt

    recording = Recording(Stopped([line(flow(WEB, API))]))
    assert [len(batch) for batch in recording.batches()] == [1]
    assert recording.interrupted


def test_lines_of_a_file_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "flows.jsonpb"
    file.write_text(lines([flow(WEB, API)] * 3), encoding="utf-8")
    reader = LineReader([file])
    found = counts(Recording(reader))
    assert list(found.values()) == [3]
    assert isinstance(next(iter(found)), Sighting)
    assert reader.lines == 3
