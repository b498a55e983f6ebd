"""Acknowledgements of cdk-nag's findings about intended code, each with its reason.

They have no effect in an app without cdk-nag. cdk-nag 3 identifies a finding by rule and detail
(``AwsSolutions-IAM5[Resource::*]``), where the detail spells references as ``<LogicalId.Attribute>``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import aws_cdk as cdk
from constructs import IConstruct

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


def acknowledge(
    scope: IConstruct, findings: Mapping[str, str] = _NOTHING, *, wildcards: Mapping[str, str] = _NOTHING
) -> None:
    """Acknowledge AwsSolutions findings on *scope* and below.

    Args:
        scope: Where the findings are.
        findings: The reason by finding, ``AwsSolutions-L1``.
        wildcards: The reason by resource that rule IAM5 finds a wildcard in; a resource may hold tokens.
    """
    reasons = {
        **findings,
        **{
            f"AwsSolutions-IAM5[Resource::{as_reported(resource)}]": reason
            for resource, reason in zip(_resolved(scope, [*wildcards]), wildcards.values(), strict=True)
        },
    }
    # In one call: each call crosses to Node.js and back.
    cdk.Validations.of(scope).acknowledge(
        *(
            cdk.Acknowledgment(id=f"AwsSolutions::{finding}", reason=reason)
            for finding, reason in reasons.items()
        )
    )


def managed_policy(name: str) -> str:
    """The finding of rule IAM4 about one of AWS's managed policies."""
    return f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{name}]"


def acknowledge_provider(scope: IConstruct, provider: IConstruct, handler: IConstruct) -> None:
    """Acknowledge the findings about CDK's provider framework."""
    function = handler.node.default_child
    assert isinstance(function, cdk.CfnElement)
    logs = "writes its own logs, the least any function needs"
    acknowledge(
        scope,
        {
            managed_policy("service-role/AWSLambdaBasicExecutionRole"): f"each function {logs}",
            managed_policy("service-role/AWSLambdaVPCAccessExecutionRole"): (
                "a function inside the VPC manages its own interface, which takes these actions"
            ),
            f"AwsSolutions-IAM5[Resource::<{cdk.Stack.of(provider).get_logical_id(function)}.Arn>:*]": (
                "the framework invokes this one function, in whichever version"
            ),
        },
    )


def _resolved(scope: IConstruct, values: list[str]) -> list[Any]:
    return list(cdk.Stack.of(scope).resolve(values)) if values else []


def as_reported(value: Any) -> str:
    """A resolved template value in cdk-nag's spelling."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and len(value) == 1:
        function, argument = next(iter(value.items()))
        if function == "Ref":
            return f"<{argument}>"
        if function == "Fn::GetAtt":
            return f"<{'.'.join(argument)}>"
        if function == "Fn::Sub" and isinstance(argument, str):
            return argument.replace("${", "<").replace("}", ">")
        if function == "Fn::Join":
            return str(argument[0]).join(as_reported(part) for part in argument[1])
    return json.dumps(value, separators=(",", ":"))
