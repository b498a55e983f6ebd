"""Where a deployment goes."""

# no belief: account and region of the assembly

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Environment:
    """Account and region a stack goes to; placeholders when the stack is environment-agnostic."""

    account: str
    region: str

    @property
    def partition(self) -> str:
        """AWS partition of the region, as `AWS::Partition` gives it."""
        if self.region.startswith("cn-"):
            return "aws-cn"
        return "aws-us-gov" if self.region.startswith("us-gov-") else "aws"

    @property
    def url_suffix(self) -> str:
        """DNS suffix of the partition's service endpoints."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"
