from __future__ import annotations

import datetime

import pytest

from rehearsal.kubernetes import KubernetesCluster
from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.tokens import Tokens
from tests.rehearsal.kubernetes.test_server import MAPS, call

ACCOUNT = {"metadata": {"name": "default", "namespace": "team"}}


def test_a_token_belongs_to_its_service_account() -> None:
    tokens = Tokens()
    token = tokens.issue(ACCOUNT, {"spec": {}})["status"]["token"]
    identity = tokens.identify(token)
    assert identity is not None
    assert identity.username == "system:serviceaccount:team:default"
    assert tokens.identify(token + "x") is None


def test_a_token_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = Tokens()
    token = tokens.issue(ACCOUNT, {"spec": {"expirationSeconds": 600}})["status"]["token"]
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=601)

    class Later(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:  # type: ignore[override]
            return later

    monkeypatch.setattr(datetime, "datetime", Later)
    assert tokens.identify(token) is None


@pytest.mark.parametrize(
    ("seconds", "problem"), [(599, "less than 10 minutes"), ((1 << 32) + 1, "larger than 2^32 seconds")]
)
def test_a_duration_has_bounds(seconds: int, problem: str) -> None:
    with pytest.raises(ApiError) as refused:
        Tokens().issue(ACCOUNT, {"spec": {"expirationSeconds": seconds}})
    assert refused.value.code == 422
    assert problem in refused.value.message


def test_the_server_knows_the_tokens_that_it_hands_out(cluster: KubernetesCluster) -> None:
    path = "/api/v1/namespaces/default/serviceaccounts/default/token"
    status, answer = call(cluster, "POST", path, {"spec": {}})
    assert status == 201
    refused = call(cluster, "GET", MAPS, token=answer["status"]["token"])
    assert refused[0] == 403
    assert 'User "system:serviceaccount:default:default" cannot list' in refused[1]["message"]
    review = {"spec": {"token": answer["status"]["token"]}}
    known = call(cluster, "POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)[1]
    assert known["status"]["user"]["groups"] == [
        "system:serviceaccounts",
        "system:serviceaccounts:default",
        "system:authenticated",
    ]
