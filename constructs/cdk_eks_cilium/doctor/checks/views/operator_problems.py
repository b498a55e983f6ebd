"""What lines of the operator's log mean."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cdk_eks_cilium.doctor.engine.finding import Evidence
from cdk_eks_cilium.doctor.engine.seen import Seen

from .operator_log import LogLine, operator_lines
from .words import OPERATOR_LOG, RESTART_OPERATOR

DENIED: Final = "denied"
CREDENTIALS: Final = "credentials"
THROTTLED: Final = "throttled"
OTHER: Final = "other"

_SHOWN: Final = 300
"""How much of a line is shown: an encoded message has thousands of letters."""

_OPERATION: Final = re.compile(r"operation error EC2: (\w+)")
_ACTION: Final = re.compile(r"not authorized to perform: (ec2:\w+)")
_ENCODED: Final = re.compile(r"[Ee]ncoded authorization failure message: ([\w-]+)")


@dataclass(frozen=True)
class LogProblem:
    """A problem that lines tell of.

    Attributes:
        kind: `DENIED`, `CREDENTIALS`, `THROTTLED` or `OTHER`.
        words: What a line contains, in lower case; one of them is enough.
        meaning: What it means, as a clause.
        fix: What to do.
        error: Whether nothing works because of it, or it hurts.
    """

    kind: str
    words: tuple[str, ...]
    meaning: str
    fix: str
    error: bool = True


# belief: CILIUM-operator-log-texts
# The texts of Cilium: pkg/aws/eni/node.go, pkg/aws/eni/instances.go and pkg/ipam/node.go at
# https://github.com/cilium/cilium/tree/v1.19.1, unchanged in
# https://github.com/cilium/cilium/blob/26f52507ada32d5c75017780e0d3d5434a54ae42/pkg/aws/ipam/node.go and
# https://github.com/cilium/cilium/blob/09b89c6c9e2548486913ac5dfce38c0bcabdd6e6/operator/pkg/ipam/nodemanager/node.go.
# The codes of EC2: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html.
LOG_PROBLEMS: Final = (
    LogProblem(
        CREDENTIALS,
        # https://github.com/cilium/cilium/issues/27224, and the SDK's texts for a role that refuses the pod,
        # for no role at all, and for a token that EC2 does not know.
        (
            "assumerolewithwebidentity",
            "failed to refresh cached credentials",
            "failed to retrieve credentials",
            "webidentityerr",
            "no ec2 imds role found",
            "expiredtoken",
            "invalidclienttokenid",
            "unrecognizedclient",
            "authfailure",
        ),
        "the operator has no valid credentials",
        "",
    ),
    LogProblem(
        DENIED,
        # https://github.com/cilium/cilium/issues/13701, https://github.com/cilium/cilium/pull/20703.
        ("unauthorizedoperation", "accessdenied", "is not authorized to perform"),
        "EC2 refuses what the operator asks for",
        "",
    ),
    LogProblem(
        THROTTLED,
        # https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
        # Kubernetes' client says "client-side throttling" of its own calls.
        ("requestlimitexceeded", "api error throttl", "throttling: rate exceeded"),
        "EC2 answers that there are too many calls",
        "",
        error=False,
    ),
    LogProblem(
        OTHER,
        ("insufficientfreeaddressesinsubnet", "insufficient free addresses"),
        "a pod subnet has no free address",
        "# Add a block to network.further_pod_cidrs. free-prefixes counts what is free.",
    ),
    LogProblem(
        OTHER,
        ("subnet might be out of prefixes",),
        "a pod subnet has no free /28, and the node gets single addresses for good",
        "# See free-prefixes and nodes-get-prefixes.",
        error=False,
    ),
    LogProblem(
        OTHER,
        ("no matching subnet available",),
        "no pod subnet is in the zone of a node",
        "# See pod-subnet-of-each-zone.",
    ),
    LogProblem(
        OTHER,
        (
            "unable to determine limits",
            "instance limits not found",
            "unable to find limits for instance type",
        ),
        "the operator does not know the type of an instance",
        "# Set eni.updateEC2AdapterLimitViaAPI where the chart has it, and let it ec2:DescribeInstanceTypes.",
    ),
    LogProblem(
        OTHER,
        ("unable to get security groups", "failed to get security group ids"),
        "the operator finds no security group for a new interface",
        # https://github.com/cilium/cilium/issues/18239
        "# With a filter of subnets it does not see the first interface of nodes: remove subnet-tags-filter\n"
        "# and subnet-ids-filter, or name the groups in eni-security-groups.",
    ),
    LogProblem(
        OTHER,
        ("attachmentlimitexceeded",),
        "an instance has all the interfaces that its type can have",
        f"# Others attach interfaces, too, or the operator knows old limits: restart it.\n{RESTART_OPERATOR}",
    ),
    LogProblem(
        OTHER,
        ("networkinterfacelimitexceeded",),
        "the account has as many interfaces as its quota allows",
        "aws service-quotas list-service-quotas --service-code vpc",
    ),
    LogProblem(
        OTHER,
        ("instance is out of interfaces",),
        "a node has all the interfaces that it can have, and needs more addresses",
        "# See max-pods-addressable and nodes-get-prefixes.",
        error=False,
    ),
    LogProblem(
        OTHER,
        # https://github.com/cilium/cilium/issues/46513
        ("instance not found! please delete corresponding ciliumnode",),
        "the operator does not find the instance of a node",
        "# Where the instance runs, restart the operator. Where it is gone, delete the CiliumNode.\n"
        f"{RESTART_OPERATOR}",
        error=False,
    ),
    LogProblem(
        OTHER,
        ("unable to start eni allocator", "unable to init eni allocator"),
        "the operator cannot start to give addresses",
        OPERATOR_LOG,
    ),
    LogProblem(
        OTHER,
        (
            "unable to create interface on instance",
            "unable to create eni",
            "unable to attach eni",
            "unable to mark eni for deletion",
        ),
        "the operator cannot make an interface",
        OPERATOR_LOG,
        # EC2 tells old news for a while, and the operator tries again:
        # https://github.com/cilium/cilium/issues/36428.
        error=False,
    ),
)
"""Problems in order: a line tells of the first whose words it has."""


def log_problems(seen: Seen) -> Mapping[LogProblem, Sequence[LogLine]]:
    """The lines of the operators' logs by problem. Ask with ``seen.derived``; a check that asks reads
    `OPERATOR_LOGS`.

    Raises:
        UnreadError: Nothing has logs of an operator.
    """
    found: dict[LogProblem, list[LogLine]] = defaultdict(list)
    for line in seen.derived(operator_lines):
        problem = problem_of(line.text)
        if problem is not None:
            found[problem].append(line)
    return found


def problem_of(text: str) -> LogProblem | None:
    """What a line tells of; None for other lines."""
    lower = text.lower()
    return next((each for each in LOG_PROBLEMS if any(word in lower for word in each.words)), None)


def lines_of(found: Mapping[LogProblem, Sequence[LogLine]], kind: str) -> list[LogLine]:
    """The lines of all problems of a kind."""
    return [line for problem, lines in found.items() if problem.kind == kind for line in lines]


def log_evidence(lines: Sequence[LogLine]) -> tuple[Evidence, ...]:
    """The newest of some lines, none of which should be there."""
    return tuple(
        Evidence(f"log of {line.pod}", "line", line.text[:_SHOWN], "no such line") for line in lines[-3:]
    )


def operations_of(text: str) -> tuple[str, ...]:
    """The actions of IAM that a line names, such as ``ec2:CreateNetworkInterface``."""
    actions = [*_ACTION.findall(text), *(f"ec2:{each}" for each in _OPERATION.findall(text))]
    return tuple(dict.fromkeys(actions))


def encoded_message(text: str) -> str:
    """The message in which EC2 hides why it refuses; empty where a line has no such message."""
    match = _ENCODED.search(text)
    return match[1] if match else ""
