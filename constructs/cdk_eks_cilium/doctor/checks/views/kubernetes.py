"""The release of Kubernetes."""

from __future__ import annotations

import re
from typing import Final

from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.readings import ApiVersion
from cdk_eks_cilium.doctor.engine.seen import Seen

_MINOR: Final = re.compile(r"v?1\.(?P<minor>\d+)")


def minor_in(text: str) -> int | None:
    """The minor of a release such as ``v1.35.2-eks-3abbec1``; None for another text."""
    match = _MINOR.match(text)
    return int(match["minor"]) if match else None


def api_minor(seen: Seen) -> int | None:
    """The minor of the API server; needs `ApiVersion`. None where it does not tell."""
    told = [minor_in(str(each.get("gitVersion", ""))) for each in seen.list(ApiVersion())]
    return told[0] if told else None


def kubelet_minor(node: Object) -> int | None:
    """The minor of a node's kubelet; None where it does not tell."""
    return minor_in(str(at(node, "status.nodeInfo.kubeletVersion", "")))
