"""Skipped minors of Cilium: refused where the stack and the agents agree, and never in a roll-back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.lambda_.conftest import Serve
from tests.lambda_.fake_api_server import FakeApiServer, failure
from tests.lambda_.release_takeover.conftest import DAEMON_SETS, ReleaseServer

AGENTS = f"{DAEMON_SETS}/cilium"


def runs(api: ReleaseServer, image: str) -> None:
    """Have agents of an image there."""
    found = api.put(AGENTS)
    container = {"name": "cilium-agent", "image": image}
    found["spec"] = {
        "template": {"spec": {"containers": [{"name": "other", "image": "x:v1.2.3"}, container]}}
    }


def update(serve: Serve, api: FakeApiServer, old: str | None, new: str, **more: Any) -> dict[str, Any]:
    former = {} if old is None else {"CiliumVersion": old}
    former |= more.pop("former", {})
    return serve(api, "Update", former=former, CiliumVersion=new, **more)


@pytest.mark.parametrize(
    ("old", "new", "first"),
    [("1.18.12", "1.20.0", "the newest 1.19"), ("1.20.0", "1.18.12", "the newest 1.19")],
)
def test_a_skipped_minor_is_refused_up_and_down(
    api: ReleaseServer, serve: Serve, code: SimpleNamespace, old: str, new: str, first: str
) -> None:
    runs(api, f"quay.io/cilium/cilium:v{old}@sha256:0123")
    with pytest.raises(code.errors.PermanentError) as refused:
        update(serve, api, old, new)
    assert str(refused.value).startswith(
        f"cilium.version: must not skip a minor, {old} runs, got {new}; deploy {first} first"
    )
    assert [request.path for request in api.requests] == [AGENTS]


@pytest.mark.parametrize(
    ("old", "new"),
    [("1.18.12", "1.19.6"), ("1.19.6", "1.18.12"), ("1.18.4", "1.18.12"), ("1.18.4", "1.18.4")],
)
def test_one_minor_at_a_time_is_let_through(api: ReleaseServer, serve: Serve, old: str, new: str) -> None:
    runs(api, f"quay.io/cilium/cilium:v{old}")
    assert update(serve, api, old, new)["Data"] == {"TakenBack": "nothing"}


def test_the_roll_back_of_a_refused_update_is_let_through(api: ReleaseServer, serve: Serve) -> None:
    runs(api, "quay.io/cilium/cilium:v1.18.12")
    update(serve, api, "1.20.0", "1.18.12")


def test_an_allowed_skip_is_let_through_and_so_is_its_roll_back(api: ReleaseServer, serve: Serve) -> None:
    runs(api, "quay.io/cilium/cilium:v1.18.12")
    update(serve, api, "1.18.12", "1.20.0", MinorSkipAllowed="true")
    runs(api, "quay.io/cilium/cilium:v1.20.0")
    update(serve, api, "1.20.0", "1.18.12", former={"MinorSkipAllowed": "true"})


@pytest.mark.parametrize(
    "image",
    ["registry.example.com:5000/cilium/cilium", "cilium:latest", "cilium@sha256:01", "cilium:v2.0.0", ""],
)
def test_agents_whose_release_is_unknown_refuse_nothing(api: ReleaseServer, serve: Serve, image: str) -> None:
    runs(api, image)
    update(serve, api, "1.18.12", "1.20.0")


def test_without_agents_nothing_is_refused(api: ReleaseServer, serve: Serve) -> None:
    update(serve, api, "1.18.12", "1.20.0")


def test_a_stack_from_before_this_rule_is_let_through(api: ReleaseServer, serve: Serve) -> None:
    runs(api, "quay.io/cilium/cilium:v1.18.12")
    update(serve, api, None, "1.20.0")


@pytest.mark.parametrize("status", [400, 403, 500])
def test_an_api_server_that_does_not_tell_refuses_nothing(
    api: ReleaseServer, serve: Serve, status: int
) -> None:
    runs(api, "quay.io/cilium/cilium:v1.18.12")
    api.faults += [("GET", "daemonsets/cilium", failure(status, "no"))] * 100
    update(serve, api, "1.18.12", "1.20.0")


def test_a_changed_image_that_the_stack_did_not_change_is_left_alone(
    api: ReleaseServer, serve: Serve
) -> None:
    runs(api, "quay.io/cilium/cilium:v1.20.0")
    update(serve, api, "1.18.4", "1.18.12")
