"""How checks run: what one of them cannot see, or does wrong, hides nothing of the others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cdk_eks_cilium.doctor.engine.check import Check, check
from cdk_eks_cilium.doctor.engine.diagnosis import Result, Verdict
from cdk_eks_cilium.doctor.engine.examine import examine, look
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip, Unknown
from cdk_eks_cilium.doctor.engine.ignoring import parse_ignored
from cdk_eks_cilium.doctor.engine.kinds import NODES, PODS
from cdk_eks_cilium.doctor.engine.plan import Plan
from cdk_eks_cilium.doctor.engine.readings import Reading
from cdk_eks_cilium.doctor.engine.seen import Seen
from tests.unit.doctor.world import NOW, World, thing

WARNING = Finding(Severity.WARNING, "it hurts", (Evidence("Node a", "spec", "1", "2"),), "repair it")
ERROR = Finding(Severity.ERROR, "it is broken", (Evidence("Node a", "spec", "1", "2"),), "repair it")


def a_check(*outcomes: Outcome, id: str = "a-check") -> Check:
    @check(id, "all is well", reads=(NODES,), symptom="nothing works")
    def judge(seen: Seen) -> Iterator[Outcome]:
        yield from outcomes

    return judge


def nodes(*, plan: Plan | None = None, broken: str = "") -> Seen:
    world = World({NODES: [thing(NODES, "a")]}, plan or Plan("settings.yaml"))
    if broken:
        world.unread[NODES] = broken
    return Seen(world, world.plan, NOW)


def outcome(*outcomes: Outcome) -> Result:
    (result,) = examine([a_check(*outcomes)], nodes()).results
    return result


def test_a_check_that_says_nothing_is_ok() -> None:
    assert outcome().verdict is Verdict.OK


def test_what_was_seen_is_the_detail_of_ok() -> None:
    assert outcome(Fine("3 nodes"), Fine("2 zones")).detail == "3 nodes; 2 zones"


def test_the_worst_finding_is_the_verdict() -> None:
    assert outcome(WARNING).verdict is Verdict.WARNING
    assert outcome(WARNING, ERROR).verdict is Verdict.ERROR


def test_a_finding_does_not_hide_what_is_unknown() -> None:
    result = outcome(Unknown("no logs"), WARNING)
    assert (result.verdict, result.unknown) == (Verdict.WARNING, ("no logs",))


def test_a_part_that_is_fine_does_not_hide_what_is_unknown() -> None:
    assert outcome(Fine("3 nodes"), Unknown("no logs")).verdict is Verdict.UNKNOWN


def test_a_check_that_does_not_apply_is_skipped_with_its_reason() -> None:
    result = outcome(Skip("Hubble is off"))
    assert (result.verdict, result.detail) == (Verdict.SKIPPED, "Hubble is off")


def test_what_a_source_says_nothing_about_is_skipped_with_its_reason_and_not_judged() -> None:
    checks = [a_check(ERROR), a_check(Fine("3 nodes"), id="other")]
    first, second = examine(checks, nodes(), untold={"a-check": "no container runs"}).results
    assert (first.verdict, first.detail, first.findings) == (Verdict.SKIPPED, "no container runs", ())
    assert second.verdict is Verdict.OK


@check("lists-nodes", "nodes are there", reads=(NODES,), symptom="none")
def lists_nodes(seen: Seen) -> Iterator[Outcome]:
    """Lists nodes."""
    yield Fine(f"{len(seen.list(NODES))} nodes")


def test_what_cannot_be_read_is_unknown_with_the_reason() -> None:
    (result,) = examine([lists_nodes], nodes(broken="must not list nodes")).results
    assert (result.verdict, result.unknown) == (Verdict.UNKNOWN, ("must not list nodes",))


def test_a_check_that_needs_settings_is_skipped_without_them() -> None:
    @check("wants-groups", "groups are there", reads=(), symptom="none")
    def wants_groups(seen: Seen) -> Iterator[Outcome]:
        yield Fine(str(seen.planned("pod_ranges")))

    (result,) = examine([wants_groups], nodes()).results
    assert (result.verdict, result.detail) == (Verdict.SKIPPED, "needs settings that say: pod ranges")
    (result,) = examine([wants_groups], nodes(plan=Plan("", pod_ranges=("100.64.0.0/16",)))).results
    assert result.verdict is Verdict.OK


def test_a_check_that_fails_hides_nothing_of_the_others() -> None:
    @check("fails", "never", reads=(), symptom="none")
    def fails(seen: Seen) -> Iterator[Outcome]:
        yield Fine("so far")
        raise KeyError("status")

    first, second = examine([fails, a_check(ERROR)], nodes()).results
    assert first.unknown == ("the check itself failed: KeyError: 'status'",)
    assert second.verdict is Verdict.ERROR


def test_a_check_gets_only_what_it_declares_that_it_reads() -> None:
    @check("greedy", "never", reads=(NODES,), symptom="none")
    def greedy(seen: Seen) -> Iterator[Outcome]:
        yield Fine(str(seen.list(PODS)))

    (result,) = examine([greedy], nodes()).results
    assert result.unknown == (
        "the check itself failed: LookupError: the check does not declare that it reads pods",
    )


def test_each_reading_is_read_once_for_all_checks() -> None:
    world = World({NODES: []}, Plan(""))
    heard: list[Reading] = []
    look([lists_nodes, a_check(), a_check(id="other")], world, heard=heard.append)
    assert heard == [NODES]


def test_an_accepted_finding_is_skipped_with_the_reason() -> None:
    ignored = [parse_ignored("a-check=until the move is over@2026-12-01")]
    (result,) = examine([a_check(ERROR)], nodes(), ignored).results
    expected = (Verdict.SKIPPED, "ignored: until the move is over, until 2026-12-01")
    assert (result.verdict, result.detail) == expected


def test_what_nobody_could_see_is_not_accepted() -> None:
    ignored = [parse_ignored("a-check=known")]
    (result,) = examine([a_check(ERROR, Unknown("no logs"))], nodes(), ignored).results
    assert (result.verdict, result.unknown) == (Verdict.UNKNOWN, ("no logs",))


@pytest.mark.parametrize(
    ("text", "outcomes", "note"),
    [
        ("a-check=known@2026-11-29", (ERROR,), "a-check: no longer ignored, it was until 2026-11-29: known"),
        ("a-chekc=known", (ERROR,), "a-chekc: not a check that ran, so nothing is ignored"),
        ("a-check=known", (), "a-check: is ignored, and finds nothing"),
    ],
)
def test_an_ignored_check_that_accepts_nothing_is_told(
    text: str, outcomes: tuple[Outcome, ...], note: str
) -> None:
    diagnosis = examine([a_check(*outcomes)], nodes(), [parse_ignored(text)])
    assert diagnosis.notes == (note,)
    assert diagnosis.results[0].verdict is (Verdict.ERROR if outcomes else Verdict.OK)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a-check", "must be ID=REASON or ID=REASON@YYYY-MM-DD"),
        ("a-check=", "must be ID=REASON or ID=REASON@YYYY-MM-DD"),
        ("=reason", "must be ID=REASON or ID=REASON@YYYY-MM-DD"),
        ("a-check=why@soon", "must end with a day as YYYY-MM-DD after @, got 'soon'"),
    ],
)
def test_an_ignored_check_must_have_an_id_a_reason_and_a_day(text: str, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        parse_ignored(text)
