from __future__ import annotations

import base64

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from rehearsal.aws import Credentials
from rehearsal.aws.account import AccessEntry, Cluster
from rehearsal.aws.identity import identify, role_of_token

ROLE = "arn:aws:iam::123456789012:role/Remover"
OWN = Credentials("ASIAOWN", "secret", "session", ROLE)
HANDED_OUT = {"ASIAOWN": OWN}


def token(
    cluster: str = "platform", secret: str = "secret", key: str = "ASIAOWN", action: str = "GetCallerIdentity"
) -> str:
    """A token as EKS's clients make it."""
    url = f"https://sts.eu-west-1.amazonaws.com/?Action={action}&Version=2011-06-15"
    request = AWSRequest(method="GET", url=url, headers={"x-k8s-aws-id": cluster})
    SigV4QueryAuth(BotoCredentials(key, secret, "session"), "sts", "eu-west-1", expires=60).add_auth(request)
    return "k8s-aws-v1." + base64.urlsafe_b64encode(request.url.encode()).decode().rstrip("=")


def test_a_token_leads_to_the_role_that_signed_it() -> None:
    assert role_of_token(token(), "platform", HANDED_OUT) == ROLE


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
    assert role_of_token(wrong, "platform", HANDED_OUT) is None


def test_an_old_token_leads_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    import datetime as dt

    import botocore.auth

    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda: dt.datetime.now(dt.UTC) - dt.timedelta(hours=12)
    )
    assert role_of_token(token(), "platform", HANDED_OUT) is None


@pytest.fixture
def cluster() -> Cluster:
    """A cluster with an entry for the role."""
    made = Cluster("platform", kubernetes=None, security_group="sg-1")  # type: ignore[arg-type]
    made.entries[ROLE] = AccessEntry(ROLE, "remover", ("removers",), cluster_admin=False)
    return made


def test_an_entry_gives_its_user_name_and_groups(cluster: Cluster) -> None:
    identity = identify(HANDED_OUT, cluster, token(), 0.0)
    assert identity is not None
    assert (identity.username, identity.groups, identity.cluster_admin) == (
        "remover",
        frozenset({"removers"}),
        False,
    )


def test_a_role_without_an_entry_is_nobody(cluster: Cluster) -> None:
    cluster.entries.clear()
    assert identify(HANDED_OUT, cluster, token(), 0.0) is None


def test_a_young_entry_refuses_at_least_three_times_and_for_its_delay(cluster: Cluster) -> None:
    given = token()
    answers = [identify(HANDED_OUT, cluster, given, 0.01)]
    cluster.entries[ROLE].first_seen = 0.0  # long ago
    answers += [identify(HANDED_OUT, cluster, given, 0.01) for _ in range(3)]
    assert [answer is not None for answer in answers] == [False, False, False, True]
