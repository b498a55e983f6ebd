"""Calls to an API server as an administrator."""

from __future__ import annotations

import socket

import pytest

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.real.connection import changes
from tests.rehearsal.kubernetes.commands import config_map
from tests.rehearsal.kubernetes.real.conftest import Behind

MAPS = "/api/v1/namespaces/default/configmaps"


def test_an_object_comes_as_it_is_stored(behind: Behind) -> None:
    made = behind.connection.ask("POST", MAPS, config_map(colour="red"))
    assert behind.connection.ask("GET", f"{MAPS}/settings") == made
    assert {r.username for r in behind.server.requests} == {"admin"}


def test_a_refusal_has_the_code_and_the_words_of_the_server(behind: Behind) -> None:
    with pytest.raises(ApiError) as caught:
        behind.connection.ask("GET", f"{MAPS}/settings")
    assert (caught.value.code, caught.value.reason) == (404, "NotFound")
    assert caught.value.message == 'configmaps "settings" not found'
    assert caught.value.details["name"] == "settings"


def test_a_server_that_closes_idle_connections_is_asked_again(behind: Behind) -> None:
    behind.connection.ask("GET", MAPS)
    listening = behind.server._server
    assert listening is not None
    for connection in list(listening._open):
        connection.shutdown(socket.SHUT_RDWR)
    assert behind.connection.ask("GET", MAPS)["kind"] == "ConfigMapList"


def test_a_server_that_is_gone_is_unavailable(behind: Behind) -> None:
    behind.connection.ask("GET", MAPS)
    behind.server.stop()
    with pytest.raises(ApiError, match="the API server does not answer: ") as caught:
        behind.connection.ask("GET", MAPS)
    assert caught.value.code == 503


@pytest.mark.parametrize(("method", "expected"), [("GET", False), ("HEAD", False), ("PATCH", True)])
def test_reading_changes_nothing(method: str, expected: bool) -> None:
    assert changes(method) is expected
