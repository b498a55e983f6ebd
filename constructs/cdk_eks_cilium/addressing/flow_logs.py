"""What VPC flow logs can be: which connections they record, and how long CloudWatch keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, get_args

from cdk_eks_cilium.problems import Problem

FlowLogTraffic = Literal["all", "rejected"]

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RetentionDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827]

TRAFFIC_TYPES: Final[dict[FlowLogTraffic, str]] = {"all": "ALL", "rejected": "REJECT"}
"""The names in EC2's API."""


def flow_log_problems(where: str, traffic: str, retention_days: int) -> Iterator[Problem]:
    """Yield why flow logs cannot be made like this."""
    if traffic not in TRAFFIC_TYPES:
        rule = f"must be one of {', '.join(TRAFFIC_TYPES)}"
        yield Problem(f"{where}: traffic", rule, traffic, id="CEK3072")
    days = get_args(RetentionDays)
    if retention_days not in days:
        rule = f"must be one of {', '.join(map(str, days))}"
        fix = f"take {min((each for each in days if each >= retention_days), default=days[-1])}"
        yield Problem(f"{where}: retention_days", rule, retention_days, fix, id="CEK3073")
