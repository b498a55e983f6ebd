from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Make = Callable[..., Any]

AS_TEXT = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
    '"Principal": {"Service": "%s.amazonaws.com"}}]}'
)


def role(trust: Any, **more: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": trust, **more},
    }


def tags(value: str) -> dict[str, Any]:
    return {"Tags": [{"Key": "team", "Value": value}]}


def service(app: Any) -> str:
    document = app.client("iam").get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]
    return str(document["Statement"][0]["Principal"]["Service"])


def test_a_role_takes_its_trust_as_text_too(deployment: Make) -> None:
    app = deployment()
    app.engine.create(app.stack(Resources={"Role": role(AS_TEXT % "ec2")}))
    assert service(app) == "ec2.amazonaws.com"
    app.engine.update(app.stack(Resources={"Role": role(AS_TEXT % "lambda")}))
    assert service(app) == "lambda.amazonaws.com"


@pytest.mark.parametrize("action", ["sts:AssumeRole", "sts:TagSession"])
def test_the_tags_of_a_role_change_whatever_its_trust_says(deployment: Make, action: str) -> None:
    app = deployment()
    statement = {"Effect": "Allow", "Action": action, "Principal": {"Service": "pods.eks.amazonaws.com"}}
    trust = {"Version": "2012-10-17", "Statement": [statement]}
    app.engine.create(app.stack(Resources={"Role": role(trust, **tags("a"))}))
    app.engine.update(app.stack(Resources={"Role": role(trust, **tags("b"))}))
    assert app.history("UPDATE_COMPLETE") == ["Role", "app"]


def test_the_tags_of_an_identity_provider_change_in_place(deployment: Make) -> None:
    app = deployment()

    def provider(team: str) -> dict[str, Any]:
        return {"Type": "AWS::IAM::OIDCProvider", "Properties": {"Url": "https://oidc.test/a", **tags(team)}}

    app.engine.create(app.stack(Resources={"Provider": provider("a")}))
    app.engine.update(app.stack(Resources={"Provider": provider("b")}))
    assert app.history("UPDATE_COMPLETE") == ["Provider", "app"]
