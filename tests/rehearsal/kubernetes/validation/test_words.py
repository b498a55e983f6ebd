"""The embedded API takes and refuses what a real kube-apiserver takes and refuses, in the same words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.kubernetes import KubernetesCluster
from rehearsal.kubernetes.real.assets import UNSET, find_assets
from rehearsal.kubernetes.real.control_plane import ControlPlane
from tests.lambda_.kubernetes_api.client import Client
from tests.rehearsal.kubernetes.validation.record import ADMINISTRATOR, identify
from tests.rehearsal.kubernetes.validation.suite import Answer, Case, areas, cases_of, play, recorded

CASES = [case for area in areas() for case in cases_of(area)]
#: As the control plane of the tests has it.
SERVICES = "10.0.0.0/24"


@pytest.fixture(scope="module")
def embedded() -> Iterator[Client]:
    """An administrator of an embedded cluster of the release that was recorded."""
    made = KubernetesCluster(
        name="demo",
        version="1.36",
        identify=lambda token: identify(token),
        service_cidr=SERVICES,
    )
    with made:
        client = Client(made.endpoint, made.certificate_authority_pem, ADMINISTRATOR)
        yield client
        client.close()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """An administrator of a real kube-apiserver."""
    assets = find_assets(os.environ)
    if assets is None:
        pytest.skip(UNSET)
    plane = ControlPlane(assets, Path(tmp_path_factory.mktemp("plane")), identify, ADMINISTRATOR)
    plane.start()
    try:
        client = Client(plane.endpoint, plane.certificate_authority_pem, ADMINISTRATOR)
        yield client
        client.close()
    finally:
        plane.stop()


def expected(case: Case) -> Answer:
    """What was recorded for a case."""
    return recorded(case.area)[case.title]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_the_embedded_api_says_what_was_recorded(case: Case, embedded: Client) -> None:
    assert play(embedded, case) == expected(case)


@pytest.mark.parametrize("area", areas())
def test_the_real_server_still_says_what_was_recorded(area: str, real: Client) -> None:
    assert {case.title: play(real, case) for case in cases_of(area)} == recorded(area)


@pytest.mark.parametrize("area", areas())
def test_every_case_is_recorded_once(area: str) -> None:
    titles = [case.title for case in cases_of(area)]
    assert sorted(titles) == sorted(recorded(area))


def test_there_are_good_objects_and_bad_ones() -> None:
    statuses = [answer.status for area in areas() for answer in recorded(area).values()]
    assert statuses.count(201) + statuses.count(200) > 100
    assert statuses.count(422) > 300
