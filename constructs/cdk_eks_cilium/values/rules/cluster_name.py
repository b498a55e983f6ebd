"""Cilium's name of the cluster, derived from EKS's name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from cdk_eks_cilium.problems import Problem, refuse
from cdk_eks_cilium.problems.kubernetes_names import is_dns_label

#: The chart checks it from 1.16 on.
# belief: CILIUM-cluster-name
LONGEST = 32
_DIGITS_OF_HASH = 6


def is_token(text: str) -> bool:
    """Whether *text* holds a CDK token, a value that only the deployment knows."""
    return "${Token[" in text or "#{Token[" in text


def cluster_name_problems(where: str, name: str) -> Iterator[Problem]:
    """What is wrong with *name* as Cilium's name of a cluster; a CDK token is not checked."""
    if is_token(name):
        return
    if name == "default":
        yield Problem(
            where,
            "must not be 'default': the name tags the network interfaces, and the operator's permissions are "
            "bound to that tag",
            fix="give the cluster a name of its own",
            id="CEK2022",
        )
    elif len(name) > LONGEST or not is_dns_label(name):
        yield Problem(
            where,
            f"must be 1 to {LONGEST} characters of a-z, 0-9 and -, with a letter or digit at both ends",
            name,
            "use derive_cluster_name(the EKS name)",
            id="CEK2023",
        )


def derive_cluster_name(eks_name: str, where: str = "cluster_name") -> str:
    """Cilium's name for the EKS cluster *eks_name*.

    EKS allows 100 characters with upper case and underscores, Cilium 32 without these. A name that fits is
    kept. Any other is lowered, cut and given a short hash of the original, which keeps similar names
    apart. The same EKS name always gives the same result.

    Raises:
        InputError: If *eks_name* is empty or a CDK token, whose text is not the name: the caller must
            then pass Cilium's name.
    """
    if not eks_name or is_token(eks_name):
        refuse(
            [
                Problem(
                    where,
                    "cannot be derived from a name that only the deployment knows",
                    eks_name,
                    f"pass Cilium's cluster name yourself (a-z, 0-9, -, at most {LONGEST} characters)",
                    id="CEK2024",
                )
            ]
        )
    if not any(cluster_name_problems("", eks_name)):
        return eks_name
    digest = hashlib.sha256(eks_name.encode()).hexdigest()[:_DIGITS_OF_HASH]
    readable = re.sub(r"[^a-z0-9]+", "-", eks_name.lower()).strip("-")
    readable = readable[: LONGEST - _DIGITS_OF_HASH - 1].strip("-")
    return f"{readable}-{digest}" if readable else digest
