"""Roles for hand-written templates."""

from __future__ import annotations

from typing import Any


def trusting(service: str) -> dict[str, Any]:
    """A trust policy for a service of AWS."""
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def lambda_role(*statements: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """A role for Lambda functions with these statements, if any, as its own policy."""
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    own = [{"PolicyName": "Own", "PolicyDocument": document}] if statements else []
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": trusting("lambda.amazonaws.com"),
            "Policies": own,
            **properties,
        },
    }
