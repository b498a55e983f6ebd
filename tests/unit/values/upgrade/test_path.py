from __future__ import annotations

from itertools import pairwise

import pytest

from cdk_eks_cilium.values.upgrade import path
from cdk_eks_cilium.versions import CiliumVersion


@pytest.mark.parametrize(
    ("old", "new", "stops"),
    [
        ("1.19.0", "1.19.6", "1.19.0 1.19.6"),
        ("1.19.6", "1.19.0", "1.19.6 1.19.0"),
        ("1.18.12", "1.19.6", "1.18.12 1.19.6"),
        ("1.18.3", "1.19.2", "1.18.3 1.18.12 1.19.2"),
        ("1.16.19", "1.20.0", "1.16.19 1.17.18 1.18.12 1.19.6 1.20.0"),
        ("1.20.0", "1.18.12", "1.20.0 1.19.6 1.18.12"),
        ("1.18.14", "1.19.6", "1.18.14 1.19.6"),
    ],
)
def test_a_path_skips_no_minor_and_starts_from_the_newest_patch(old: str, new: str, stops: str) -> None:
    steps = path(CiliumVersion.of(old), CiliumVersion.of(new))
    assert [str(version) for version in (steps[0][0], *(after for _, after in steps))] == stops.split()
    assert all(one[1] == other[0] for one, other in pairwise(steps))
