"""What CDK gives an app in place of a value that its command line has yet to look up.

The command line runs an app, looks up in the account what the app asked for, and runs the app again with the
answers. Rules over looked-up values must let these stand-ins pass: an app that fails before has no look-up.
https://docs.aws.amazon.com/cdk/v2/guide/context.html
"""

from __future__ import annotations

import re
from typing import Any, Final

STAND_IN_RANGE: Final = "100.64.0.0/16"
"""A range to make subnets of on the first pass, whose templates nobody deploys."""

# The VPC, its subnets and their tables: `DUMMY_VPC_PROPS` in
# https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-ec2/lib/vpc.ts.
_OF_A_VPC: Final = re.compile(r"1\.2\.3\.4/5|vpc-12345|[sp]-(12345|67890)|rtb-(12345|57890|67890)[sp]")
# `availabilityZones` in https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/core/lib/stack.ts.
_ZONE: Final = re.compile(r"dummy1[a-z]")
# `valueFromLookup` in https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-ssm/lib/parameter.ts;
# an app may write more text around it, or split it.
_PARAMETER: Final = "dummy-value-for-"


def awaits_lookup(value: Any) -> bool:
    """Whether *value* stands for a VPC's attribute, a zone, or a parameter that CDK has yet to look up."""
    if not isinstance(value, str):
        return False
    return bool(_PARAMETER in value or _OF_A_VPC.fullmatch(value) or _ZONE.fullmatch(value))


def is_token(value: Any) -> bool:
    """Whether *value* is a text with a token in it, which only a deployment knows.

    `cdk.Token.is_unresolved()` says the same of texts, by a call to Node.js. Their spelling:
    https://docs.aws.amazon.com/cdk/v2/guide/tokens.html.
    """
    return isinstance(value, str) and "${Token[" in value


def known_at_synth(value: str) -> bool:
    """Whether *value* is neither a token nor a stand-in for a look-up; see `is_list_token` for lists."""
    return not is_token(value) and not awaits_lookup(value)


def is_list_token(text: str) -> bool:
    """Whether *text* stands for a whole list that only a deployment knows, such as ``Fn.get_azs()``."""
    return text.startswith("#{Token[")
