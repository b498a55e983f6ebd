"""An account that takes the default settings, over HTTP."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from cdk_eks_cilium.doctor.engine.account_kinds import SERVICE_ROLES
from tests.unit.doctor.readers.accounts import REGION, Account, moto, serving, usual_answers


@pytest.fixture(scope="session")
def account_moto() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        with moto() as url:
            yield url


@pytest.fixture
def account(
    account_moto: str, aws_environment: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Account]:
    """An account that has had clusters before; the working folder is empty."""
    urllib.request.urlopen(urllib.request.Request(f"{account_moto}/moto-api/reset", method="POST"))
    monkeypatch.chdir(tmp_path)
    with serving(account_moto, usual_answers()) as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.url)
        iam = boto3.client("iam", REGION)
        for name, service in SERVICE_ROLES.items():
            # moto gives service-linked roles other names.
            iam.create_role(
                RoleName=name, Path=f"/aws-service-role/{service}/", AssumeRolePolicyDocument="{}"
            )
        made.asked.clear()
        yield made
