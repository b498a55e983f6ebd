"""Ages in a dump are judged by the time when it was made, and not by today."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from cdk_eks_cilium.cli.main import main
from cdk_eks_cilium.doctor.checks import all_checks
from cdk_eks_cilium.doctor.readers.dumps.writing import write_dump
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.world import NOW, only


@pytest.mark.parametrize(("later", "status"), [(timedelta(0), 0), (timedelta(hours=1), 1)])
def test_a_lease_is_as_old_as_it_was_when_the_dump_was_made(
    tmp_path: Path, later: timedelta, status: int
) -> None:
    readings = only(all_checks(), "operator-leads").reads
    write_dump(tmp_path, healthy(), readings, NOW + later)
    assert main(["doctor", "--from", str(tmp_path), "--only", "operator-leads"]) == status
