from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from rehearsal.aws import Credentials
from rehearsal.identity import identify, role_of_token
from rehearsal.world import AccessEntry, Cluster

ROLE = "arn:aws:iam::123456789012:role/Remover"
OWN = Credentials("ASIAOWN", "secret", "session", ROLE)


def token(
    cluster: str = "platform", secret: str = "secret", key: str = "ASIAOWN", action: str = "GetCallerIdentity"
) -> str:
    """A token as EKS's clients make it."""
    url = f"https://sts.eu-west-1.amazonaws.com/?Action={action}&Version=2011-06-15"
    request = AWSRequest(method="GET", url=url, headers={"x-k8s-aws-id": cluster})
    SigV4QueryAuth(BotoCredentials(key, secret, "session"), "sts", "eu-west-1", expires=60).add_auth(request)
    return "k8s-aws-v1." + base64.urlsafe_b64encode(request.url.encode()).decode().rstrip("=")


def test_a_token_leads_to_the_role_that_signed_it() -> None:
    assert role_of_token(token(), "platform", {"ASIAOWN": OWN}) == ROLE


@pytest.mark.parametrize(
    "wrong",
    [
        token(cluster="another"),
        token(secret="guessed"),
        token(key="ASIASTRANGER"),
        token(action="GetSessionToken"),
        "k8s-aws-v1.!!!",
        "k8s-aws-v1." + base64.urlsafe_b64encode(b"https://sts.amazonaws.com/").decode(),
        "plain",
    ],
)
def test_a_token_of_anything_else_leads_to_nobody(wrong: str) -> None:
    assert role_of_token(wrong, "platform", {"ASIAOWN": OWN}) is None


def test_an_old_token_leads_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    import datetime as dt

    import botocore.auth

    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda: dt.datetime.now(dt.UTC) - dt.timedelta(minutes=16)
    )
    assert role_of_token(token(), "platform", {"ASIAOWN": OWN}) is None


@pytest.fixture
def cluster(deployment: Callable[..., Any]) -> Any:
    def make(delay: float) -> tuple[Any, Cluster]:
        app = deployment(authorization_delay=delay)
        app.world.cloud.handed_out["ASIAOWN"] = OWN
        made = Cluster("platform", kubernetes=None, security_group="sg-1")  # type: ignore[arg-type]
        made.entries[ROLE] = AccessEntry(ROLE, "remover", ("removers",), cluster_admin=False)
        return app.world, made

    return make


def test_an_entry_gives_its_user_name_and_groups(cluster: Any) -> None:
    world, made = cluster(0.0)
    identity = identify(world, made, token())
    assert identity is not None
    assert (identity.username, identity.groups, identity.cluster_admin) == (
        "remover",
        frozenset({"removers"}),
        False,
    )


def test_a_role_without_an_entry_is_nobody(cluster: Any) -> None:
    world, made = cluster(0.0)
    made.entries.clear()
    assert identify(world, made, token()) is None


def test_a_young_entry_refuses_at_least_three_times_and_for_its_delay(cluster: Any) -> None:
    world, made = cluster(0.01)
    given = token()
    answers = [identify(world, made, given)]
    made.entries[ROLE].first_seen = 0.0  # long ago
    answers += [identify(world, made, given) for _ in range(3)]
    assert [answer is not None for answer in answers] == [False, False, False, True]
