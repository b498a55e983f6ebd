"""What a reader gives is what a dump of it gives back."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.doctor.checks import all_checks
from cdk_eks_cilium.doctor.engine import aws_kinds, kinds
from cdk_eks_cilium.doctor.engine.fields import trim
from cdk_eks_cilium.doctor.engine.reader import NotAskedError, Read, UnreadError
from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Aws, Logs, Metrics, Objects, Reading
from cdk_eks_cilium.doctor.engine.seen import read_one
from cdk_eks_cilium.doctor.readers.dump import DumpReader
from cdk_eks_cilium.doctor.readers.dumps.index import key_of
from cdk_eks_cilium.doctor.readers.dumps.writing import write_dump
from tests.unit.doctor.healthy import healthy

TAKEN = datetime(2026, 11, 30, 12, tzinfo=UTC)
OPERATOR = Logs("kube-system", "io.cilium/app=operator", "cilium-operator")
OTHER_LOGS = Logs("kube-system", "name=cilium-operator", "cilium-operator", lines=10)
METRICS = Metrics("kube-system", "k8s-app=cilium", 9962)
SECONDARY = Aws("ec2", "DescribeSubnets", "Subnets", parameters=(("SubnetIds", ("subnet-1",)),))
NARROW = Objects(
    "Deployment", "deployments", "apps", "v1", "kube-system", "cilium-operator", ("spec", "status")
)
STATEFUL = Objects("StatefulSet", "statefulsets", "apps", keep=("metadata.name", "spec.replicas"))

JSON = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=8,
)
NAMES = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=6)
LINES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=30), max_size=4)
REASONS = st.text(string.ascii_letters + " ()", min_size=1, max_size=20)


@st.composite
def objects(draw: st.DrawFn, reading: Objects) -> list[dict[str, Any]]:
    """Objects of a reading as an API gives them: each with a name of its own."""
    found = []
    for name in sorted(draw(st.sets(NAMES, max_size=4))):
        meta: dict[str, Any] = {"name": reading.name or name}
        if reading.namespace or draw(st.booleans()):
            meta["namespace"] = reading.namespace or "team"
        parts = draw(st.dictionaries(st.sampled_from(["spec", "status", "data", "type"]), JSON, max_size=3))
        found.append({"metadata": meta, **parts})
        if reading.name:
            break
    return found


@st.composite
def answers(draw: st.DrawFn, reading: Reading) -> Read | UnreadError:
    """What a live reader may give for a reading, or why it fails."""
    if draw(st.integers(0, 5)) == 0:
        return UnreadError(draw(REASONS))
    if isinstance(reading, Objects) and draw(st.integers(0, 5)) == 0:
        return Read(served=False)
    found: list[Any]
    if isinstance(reading, Objects):
        found = draw(objects(reading))
    elif isinstance(reading, Aws):
        found = draw(st.lists(st.dictionaries(st.text(min_size=1, max_size=5), JSON, max_size=3), max_size=3))
    elif isinstance(reading, Logs):
        found = [{"pod": f"p-{name}", "lines": draw(LINES)} for name in draw(st.sets(NAMES, max_size=3))]
    elif isinstance(reading, Metrics):
        texts = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=30)
        found = [{"pod": f"p-{name}", "text": draw(texts)} for name in draw(st.sets(NAMES, max_size=3))]
    else:
        found = [{"gitVersion": draw(st.text(max_size=5)), "major": "1"}]
    return Read(found, partly=draw(st.just("") | REASONS))


class Table:
    """A reader with an answer for each reading."""

    def __init__(self, answers: dict[Reading, Read | UnreadError]) -> None:
        self._answers = {key_of(reading): found for reading, found in answers.items()}

    def read(self, reading: Reading) -> Read | None:
        found = self._answers.get(key_of(reading))
        if isinstance(found, UnreadError):
            raise found
        if found is None or not isinstance(reading, Objects):
            return found
        return replace(found, objects=[trim(each, reading.keep) for each in found.objects])


READINGS: tuple[Reading, ...] = (
    kinds.NODES,
    kinds.PODS,
    kinds.KUBE_SYSTEM_CONFIG_MAPS,
    NARROW,
    STATEFUL,
    kinds.CILIUM_NODES,
    kinds.CILIUM_POLICIES,
    OPERATOR,
    OTHER_LOGS,
    METRICS,
    ApiVersion(),
    aws_kinds.CLUSTER,
    aws_kinds.NODE_GROUPS,
    aws_kinds.SUBNETS,
    SECONDARY,
)


@given(st.fixed_dictionaries({reading: answers(reading) for reading in READINGS}))
@settings(deadline=None, max_examples=30)
def test_whatever_a_reader_gives_a_dump_gives_back(table: dict[Reading, Read | UnreadError]) -> None:
    with TemporaryDirectory() as folder:
        write_dump(Path(folder), Table(table), READINGS, TAKEN)
        reader = DumpReader(Path(folder))
        assert reader.taken == TAKEN
        for reading in table:
            wanted, found = read_one(Table(table), reading), read_one(reader, reading)
            if isinstance(wanted, UnreadError):
                assert isinstance(found, UnreadError)
                assert str(found).startswith(str(wanted))
                continue
            assert isinstance(found, Read), reading
            assert found.served == wanted.served
            assert found.partly == wanted.partly
            assert list(found.objects) == list(wanted.objects)


def test_every_reading_of_a_healthy_cluster_comes_back(tmp_path: Path) -> None:
    world = healthy()
    readings = list(dict.fromkeys(each for check in all_checks() for each in check.reads))
    write_dump(tmp_path, world, readings, TAKEN)
    reader = DumpReader(tmp_path, readings)
    for reading in readings:
        keep = reading.keep if isinstance(reading, Objects) else ()
        wanted = read_one(world, reading)
        found = read_one(reader, reading)
        assert isinstance(wanted, Read)
        assert isinstance(found, Read)
        assert list(found.objects) == [trim(each, keep) for each in wanted.objects]
        assert found.served == wanted.served
    assert reader.notes == ()


def test_a_file_that_is_added_later_answers_what_could_not_be_read(tmp_path: Path) -> None:
    table: dict[Reading, Read | UnreadError] = {kinds.NODES: UnreadError("not allowed to list nodes")}
    write_dump(tmp_path, Table(table), [kinds.NODES], TAKEN)
    read = read_one(DumpReader(tmp_path), kinds.NODES)
    assert str(read).startswith("not allowed to list nodes; add them with: kubectl get nodes")
    write_dump(tmp_path / "later", healthy(), [kinds.NODES], TAKEN)
    (tmp_path / "later" / "collected.json").unlink()
    read = read_one(DumpReader(tmp_path), kinds.NODES)
    assert isinstance(read, Read)
    assert len(read.objects) == 3


def test_what_a_source_never_has_is_skipped_with_its_reason_until_somebody_adds_it(tmp_path: Path) -> None:
    table: dict[Reading, Read | UnreadError] = {kinds.NODES: NotAskedError("nothing here has nodes")}
    write_dump(tmp_path, Table(table), [kinds.NODES], TAKEN)
    with pytest.raises(NotAskedError, match=r"^nothing here has nodes$"):
        DumpReader(tmp_path).read(kinds.NODES)
    write_dump(tmp_path / "later", healthy(), [kinds.NODES], TAKEN)
    (tmp_path / "later" / "collected.json").unlink()
    read = DumpReader(tmp_path).read(kinds.NODES)
    assert read is not None
    assert len(read.objects) == 3


def test_a_dump_keeps_which_checks_it_says_nothing_about(tmp_path: Path) -> None:
    write_dump(tmp_path, healthy(), [kinds.NODES], TAKEN, untold={"nodes-ready": "nobody looked"})
    assert DumpReader(tmp_path).untold == {"nodes-ready": "nobody looked"}
    (tmp_path / "collected.json").unlink()
    assert DumpReader(tmp_path).untold == {}
