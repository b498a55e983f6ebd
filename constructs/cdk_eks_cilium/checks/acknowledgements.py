"""Acknowledgements of cdk-nag's findings about intended code, each with its reason.

They have no effect in an app without cdk-nag. cdk-nag 3 identifies a finding by rule and detail
(``AwsSolutions-IAM5[Resource::*]``), where the detail spells references as ``<LogicalId.Attribute>``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from constructs import Construct, IConstruct


def acknowledge(scope: IConstruct, findings: Mapping[str, str]) -> None:
    """Acknowledge AwsSolutions findings on *scope* and below: the reason by finding, ``AwsSolutions-L1``."""
    # In one call: each call crosses to Node.js and back.
    cdk.Validations.of(scope).acknowledge(
        *(
            cdk.Acknowledgment(id=f"AwsSolutions::{finding}", reason=reason)
            for finding, reason in findings.items()
        )
    )


def managed_policy(name: str) -> str:
    """The finding of rule IAM4 about one of AWS's managed policies."""
    return f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{name}]"


def wildcard(scope: Construct, resource: str) -> str:
    """The finding of rule IAM5 about a resource with a wildcard; *resource* may hold tokens."""
    return f"AwsSolutions-IAM5[Resource::{as_reported(cdk.Stack.of(scope).resolve(resource))}]"


def acknowledge_provider(scope: Construct, provider: IConstruct, handler: IConstruct) -> None:
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
