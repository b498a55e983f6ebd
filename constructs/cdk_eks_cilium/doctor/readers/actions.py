"""The actions of IAM that calls need."""

from __future__ import annotations

import re
from typing import Final

#: Clients of boto3 whose actions have another prefix than their name.
#: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
_PREFIXES: Final = {
    "service-quotas": "servicequotas",
    "elbv2": "elasticloadbalancing",
}


def action_of(service: str, operation: str) -> str:
    """The action of IAM for a call, such as ``ec2:DescribeSubnets``.

    Args:
        service: The name of boto3's client.
        operation: The name of the API's operation.

    Raises:
        ValueError: The operation has another form, such as that of a method of boto3.
    """
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]+", operation):
        raise ValueError(f"{service}:{operation}: an operation has the name of the API, as DescribeSubnets")
    return f"{_PREFIXES.get(service, service)}:{operation}"
