"""An object that was read is known, also where others of its kind are missing."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS
from cdk_eks_cilium.doctor.engine.reader import Read, UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen
from tests.unit.doctor.world import thing


class Some:
    """A source that has one DaemonSet, and knows of another that it is not there."""

    def read(self, _: object) -> Read:
        found = [thing(DAEMON_SETS, "cilium", "kube-system")]
        return Read(found, partly="others are missing", absent=frozenset({"aws-node"}))


def test_the_object_that_was_read_is_given() -> None:
    found = Seen(Some()).one(DAEMON_SETS, "cilium", "kube-system")
    assert found is not None
    assert found["metadata"]["name"] == "cilium"


def test_one_that_is_known_to_be_away_is_away() -> None:
    assert Seen(Some()).one(DAEMON_SETS, "aws-node", "kube-system") is None


@pytest.mark.parametrize(("name", "namespace"), [("kube-proxy", "kube-system"), ("cilium", "elsewhere")])
def test_any_other_one_is_unknown(name: str, namespace: str) -> None:
    with pytest.raises(UnreadError, match="others are missing"):
        Seen(Some()).one(DAEMON_SETS, name, namespace)
