"""What the custom resource is given, checked before anything is deleted by it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from errors import PermanentError

# Stricter than a tag's value: EC2's filters take * and ? for wildcards, and another cluster's name must
# never match. Cilium's own names are narrower still.
_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", re.ASCII)
_VPC: Final = re.compile(r"vpc-[0-9A-Za-z]{1,32}", re.ASCII)


@dataclass(frozen=True)
class Properties:
    """The custom resource's properties.

    Attributes:
        cilium_name: Cilium's name of the cluster, the value of the tag its interfaces carry.
        vpc_id: The cluster's VPC.
    """

    cilium_name: str
    vpc_id: str

    @classmethod
    def of(cls, raw: object) -> Properties:
        """Read ``ResourceProperties``.

        Raises:
            PermanentError: With every property that is missing or malformed.
        """
        given: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
        rules: dict[str, tuple[re.Pattern[str], str, str]] = {
            "CiliumClusterName": (
                _NAME,
                "must be Cilium's name of the cluster",
                "pass its cluster.name",
            ),
            "VpcId": (_VPC, "must be the id of the cluster's VPC", "pass one like 'vpc-0123456789abcdef0'"),
        }
        problems = []
        for name, (pattern, rule, fix) in rules.items():
            value = given.get(name)
            if not isinstance(value, str) or not pattern.fullmatch(value):
                got = "nothing" if value is None else repr(value)
                problems.append(f"{name}: {rule}, got {got}; {fix}")
        if problems:
            raise PermanentError("\n".join(problems))
        return cls(cilium_name=given["CiliumClusterName"], vpc_id=given["VpcId"])
