"""A healthy cluster has no findings; with one thing broken, exactly the right checks find it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_eks_cilium.doctor.checks import all_checks
from cdk_eks_cilium.doctor.engine.examine import examine
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.doctor.readers.dump import DumpReader
from cdk_eks_cilium.doctor.readers.dumps.writing import write_dump
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations import Mutation, mutations
from tests.unit.doctor.world import NOW, findings, told


def test_a_healthy_cluster_has_neither_findings_nor_unknowns() -> None:
    assert told(healthy().diagnose()) == ""


@pytest.mark.parametrize("mutation", mutations(), ids=lambda each: each.title)
def test_one_broken_thing_has_exactly_the_right_findings(mutation: Mutation) -> None:
    world = healthy()
    mutation.apply(world)
    diagnosis = world.diagnose()
    assert findings(diagnosis) == list(mutation.found_by), told(diagnosis)
    missing = [words for words in mutation.words if words not in told(diagnosis)]
    assert not missing, told(diagnosis)


def one_of_each_check() -> list[Mutation]:
    """The last mutation for each check, each once."""
    last = {id: mutation for mutation in mutations() for id in mutation.found_by}
    return list({each.title: each for each in last.values()}.values())


@pytest.mark.parametrize("mutation", one_of_each_check(), ids=lambda each: each.title)
def test_a_dump_of_the_broken_cluster_has_the_same_findings(mutation: Mutation, tmp_path: Path) -> None:
    world = healthy()
    mutation.apply(world)
    readings = list(dict.fromkeys(reading for check in all_checks() for reading in check.reads))
    write_dump(tmp_path, world, readings, NOW)
    diagnosis = examine(all_checks(), Seen(DumpReader(tmp_path, readings), world.plan, NOW))
    assert findings(diagnosis) == list(mutation.found_by), told(diagnosis)


def test_every_check_has_something_that_it_finds() -> None:
    found = {id for mutation in mutations() for id in mutation.found_by}
    assert [each.id for each in all_checks() if each.id not in found] == []


def test_no_finding_lacks_evidence_or_a_fix() -> None:
    for mutation in mutations():
        world = healthy()
        mutation.apply(world)
        for result in world.diagnose().results:
            for finding in result.findings:
                assert finding.evidence, result.check.id
                assert finding.fix.strip(), result.check.id
                assert not finding.summary.endswith("."), result.check.id
