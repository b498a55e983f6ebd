"""Limit how long CloudFormation waits for a custom resource that never answers."""

from __future__ import annotations

from typing import Final, cast

import aws_cdk as cdk
from constructs import Construct

# belief: CFN-service-timeout
KUBECTL_SECONDS: Final = 16 * 60
"""The kubectl handler and the framework before it have 15 minutes each, counted almost together."""


def limit_service_time(kubectl_resource: Construct) -> None:
    """Give one of CDK's kubectl resources a service timeout, which their props lack.

    Without one, the stack waits for CloudFormation's default hour when a handler dies without an answer.
    """
    resource = cast(cdk.CfnResource, kubectl_resource.node.find_child("Resource").node.default_child)
    resource.add_property_override("ServiceTimeout", KUBECTL_SECONDS)
