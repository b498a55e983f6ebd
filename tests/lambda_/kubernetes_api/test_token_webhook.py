"""The webhook that a real kube-apiserver asks about the function's tokens, asked in its stead."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import botocore.auth
import pytest
import trustme
from botocore.credentials import Credentials as BotoCredentials

from rehearsal.aws import Credentials
from rehearsal.kubernetes.real.token_webhook import TokenWebhook
from tests.lambda_.kubernetes_api.authenticator import Authenticator
from tests.lambda_.kubernetes_api.client import Client, Reply
from tests.lambda_.kubernetes_api.kinds import CLUSTER, REGION

GROUP = "cdk-eks-cilium:shop"
NOBODY = {"authenticated": False}

Sign = Callable[..., str]


@pytest.fixture
def authenticator() -> Authenticator:
    return Authenticator(CLUSTER, REGION)


@pytest.fixture
def function_role(authenticator: Authenticator) -> Credentials:
    """Credentials of a role with an access entry in one group."""
    made = authenticator.new_role()
    authenticator.enter(made, GROUP)
    return made


@pytest.fixture
def webhook(authenticator: Authenticator, authority: trustme.CA) -> Iterator[Client]:
    """Asks the webhook as an API server does."""
    served = TokenWebhook(authenticator.identify, authority)
    client = Client(served.url, authority.cert_pem.bytes().decode(), "not-needed")
    yield client
    client.close()
    served.stop()


@pytest.fixture
def sign(code: SimpleNamespace, function_role: Credentials) -> Sign:
    """Makes a token with the function's own code: sign(cluster=..., region=..., secret=...)."""

    def make(cluster: str = CLUSTER, region: str = REGION, secret: str = function_role.secret_key) -> str:
        credentials = BotoCredentials(function_role.access_key, secret, function_role.session_token)
        return str(code.eks_token.make_token(cluster, region, credentials))

    return make


def review(webhook: Client, token: str, version: str = "v1") -> Reply:
    asked = {
        "apiVersion": f"authentication.k8s.io/{version}",
        "kind": "TokenReview",
        "spec": {"token": token, "audiences": ["https://127.0.0.1:6443/"]},
    }
    return webhook.ask("POST", "/authenticate", asked)


def status_of(webhook: Client, token: str) -> Any:
    reply = review(webhook, token)
    assert reply.status == 200
    assert (reply.body["apiVersion"], reply.body["kind"]) == ("authentication.k8s.io/v1", "TokenReview")
    return reply.body["status"]


def test_the_functions_token_leads_to_the_groups_of_its_access_entry(
    webhook: Client, sign: Sign, function_role: Credentials
) -> None:
    name = function_role.role_arn.rpartition("/")[2]
    user = {"username": f"arn:aws:sts::123456789012:assumed-role/{name}/function", "groups": [GROUP]}
    assert status_of(webhook, sign()) == {"authenticated": True, "user": user}


def test_the_administrators_token_leads_to_every_right(webhook: Client, authenticator: Authenticator) -> None:
    user = {"username": "administrator", "groups": ["system:masters"]}
    assert status_of(webhook, authenticator.administrator) == {"authenticated": True, "user": user}


@pytest.mark.parametrize(
    "wrong",
    [{"cluster": "another"}, {"region": "eu-west-1"}, {"region": "cn-north-1"}, {"secret": "guessed"}],
    ids=["another-cluster", "another-regions-sts", "another-partitions-sts", "another-secret"],
)
def test_a_token_that_was_signed_for_something_else_leads_to_nobody(
    wrong: dict[str, str], webhook: Client, sign: Sign
) -> None:
    assert status_of(webhook, sign(**wrong)) == NOBODY


@pytest.mark.parametrize("token", ["", "plain", "k8s-aws-v1.", "k8s-aws-v1.!!!", "k8s-aws-v1.aHR0cHM6Ly9b"])
def test_an_invalid_token_leads_to_nobody(token: str, webhook: Client) -> None:
    assert status_of(webhook, token) == NOBODY


def test_a_role_without_an_access_entry_is_nobody_until_it_has_one(
    webhook: Client, authenticator: Authenticator, code: SimpleNamespace
) -> None:
    role = authenticator.new_role()
    credentials = BotoCredentials(role.access_key, role.secret_key, role.session_token)
    token = code.eks_token.make_token(CLUSTER, REGION, credentials)
    assert status_of(webhook, token) == NOBODY
    authenticator.enter(role, GROUP)
    assert status_of(webhook, token)["user"]["groups"] == [GROUP]


def test_an_old_token_leads_to_nobody(webhook: Client, sign: Sign, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = dt.datetime.now(dt.UTC) - dt.timedelta(hours=12)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: earlier)
    assert status_of(webhook, sign()) == NOBODY


def test_a_review_of_another_version_is_refused(webhook: Client, sign: Sign) -> None:
    reply = review(webhook, sign(), version="v1beta1")
    assert reply.status == 400
    assert reply.body["message"] == (
        "must be a TokenReview of authentication.k8s.io/v1, "
        "got ('authentication.k8s.io/v1beta1', 'TokenReview')"
    )


def test_a_body_that_is_not_a_review_is_refused(webhook: Client) -> None:
    assert webhook.ask("POST", "/authenticate", ["token"]).status == 400
