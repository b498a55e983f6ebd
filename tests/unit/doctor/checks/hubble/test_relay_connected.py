"""What relays log about their peers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.doctor.checks.hubble.relay_connected import relay_connected
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.changes import deployment
from tests.unit.doctor.mutations.hubble import failure, log
from tests.unit.doctor.world import result

ADDRESSES = ("10.0.1.10", "10.0.1.11", "10.0.2.20")


def connected(address: str) -> str:
    return f'time=2026-11-30T11:59:00Z level=info msg=Connected address="{address}:4244" subsys=hubble-relay'


@given(st.lists(st.tuples(st.sampled_from(ADDRESSES), st.booleans()), max_size=20))
def test_the_last_word_about_each_peer_counts(words: list[tuple[str, bool]]) -> None:
    world = healthy()
    world.things[kinds.RELAY_LOGS] = [{"pod": "hubble-relay-0", "lines": []}]
    log(world, *(connected(each) if good else failure(each, "i/o timeout") for each, good in words))
    failing = {address for address, good in dict(words).items() if not good}
    found = [each.field for finding in result(world, relay_connected).findings for each in finding.evidence]
    assert set(found) == {f"log about {address}:4244" for address in failing}


def test_lines_as_json_are_read_too() -> None:
    world = healthy()
    peer = '"address":"10.0.1.10:4244"'
    log(world, f'{{"level":"warn","msg":"Failed to create gRPC client",{peer},"error":"x509: expired"}}')
    (finding,) = result(world, relay_connected).findings
    assert finding.summary.endswith("a certificate ran out, or is of another authority")
    log(world, f'{{"level":"info","msg":"Connected",{peer}}}')
    assert result(world, relay_connected).verdict is Verdict.OK


def test_a_list_of_peers_that_comes_later_is_fine() -> None:
    world = healthy()
    log(
        world,
        'level=warning msg="Failed to create peer client for peers synchronization" subsys=hubble-relay',
    )
    log(world, connected("10.0.1.11"))
    assert result(world, relay_connected).verdict is Verdict.OK


def test_logs_that_are_missing_or_unreadable_are_unknown() -> None:
    world = healthy()
    world.things[kinds.RELAY_LOGS] = []
    assert result(world, relay_connected).unknown == ("the logs of the relay are not here",)
    world.unread[kinds.RELAY_LOGS] = "forbidden"
    assert result(world, relay_connected).unknown == ("forbidden",)


def test_a_relay_that_is_not_ready_or_not_there_connects_to_nobody() -> None:
    world = healthy()
    deployment(world, "hubble-relay")["status"]["readyReplicas"] = 0
    assert result(world, relay_connected).verdict is Verdict.SKIPPED
    world.remove(kinds.DEPLOYMENTS, "hubble-relay")
    assert result(world, relay_connected).verdict is Verdict.SKIPPED
