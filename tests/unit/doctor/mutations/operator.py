"""The operator does not run, may not call EC2, or cannot serve nodes."""

from __future__ import annotations

from cdk_eks_cilium.doctor.engine import kinds
from tests.unit.doctor.facts import NODES
from tests.unit.doctor.mutations import Mutation
from tests.unit.doctor.world import Thing, World

FIRST = NODES[0][0]
_AT = (
    "time=2026-11-30T11:58:20.512Z level={level} source=/go/src/github.com/cilium/cilium/pkg/ipam/node.go:559"
)


def say(world: World, text: str, level: str = "warn") -> None:
    """Let the leading operator write a line in the form of slog."""
    line = f"{_AT.format(level=level)} {text}"
    world.all(kinds.OPERATOR_LOGS)[0]["lines"].append(line)


def count(world: World, *samples: str) -> None:
    """Let the operator count something else."""
    found = world.all(kinds.OPERATOR_METRICS)[0]
    for sample in samples:
        name = sample.rpartition(" ")[0]
        lines = [line for line in found["text"].splitlines() if not line.startswith(name + " ")]
        found["text"] = "\n".join([*lines, sample, ""])


def deployment(world: World) -> Thing:
    return world.one(kinds.DEPLOYMENTS, "cilium-operator")


def _down(world: World) -> None:
    deployment(world)["status"] = {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2}
    for number in range(2):
        pod = world.one(kinds.PODS, f"cilium-operator-{number}")
        pod["status"]["conditions"][0]["status"] = "False"
        pod["status"]["containerStatuses"][0] |= {
            "ready": False,
            "restartCount": 12,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        }


def _silent(world: World) -> None:
    world.one(kinds.KUBE_SYSTEM_LEASES, "cilium-operator-resource-lock")["spec"]["renewTime"] = (
        "2026-11-30T11:20:00.000000Z"
    )


def _no_role(world: World) -> None:
    world.one(kinds.KUBE_SYSTEM_SERVICE_ACCOUNTS, "cilium-operator")["metadata"]["annotations"] = {}


def _no_trust(world: World) -> None:
    # The form of https://github.com/cilium/cilium/issues/27224.
    say(
        world,
        'msg="Unable to synchronize EC2 VPC list" error="operation error EC2: DescribeVpcs, get identity: '
        "get credentials: failed to refresh cached credentials, failed to retrieve credentials, operation "
        "error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 403, api error AccessDenied: "
        'Not authorized to perform sts:AssumeRoleWithWebIdentity"',
    )


def _denied(world: World) -> None:
    # The form of https://github.com/cilium/cilium/pull/20703.
    say(
        world,
        'msg="Unable to create interface on instance" error="unable to create ENI: operation error '
        "EC2: CreateNetworkInterface, https response error StatusCode: 403, RequestID: 0a1b, api error "
        "UnauthorizedOperation: You are not authorized to perform this operation. User: "
        "arn:aws:sts::111122223333:assumed-role/op/1 is not authorized to perform: ec2:CreateTags on "
        "resource: arn:aws:ec2:eu-west-1:111122223333:network-interface/*. Encoded authorization failure "
        f'message: 4AbCd-EfGh_1" name={FIRST}',
        "info",
    )


def _counted_denied(world: World) -> None:
    count(
        world,
        "cilium_operator_ec2_api_duration_seconds_count"
        '{operation="DescribeRouteTables",response_code="403 Forbidden"} 31',
    )


def _throttled(world: World) -> None:
    count(
        world,
        "cilium_operator_ec2_api_duration_seconds_count"
        '{operation="CreateNetworkInterface",response_code="503 Service Unavailable"} 5',
    )


def _no_prefixes(world: World) -> None:
    say(
        world,
        'msg="Subnet might be out of prefixes, Cilium will not allocate prefixes on this node anymore" '
        f"node={FIRST} instanceID=i-0",
    )


def _full_nodes(world: World) -> None:
    count(world, 'cilium_operator_ipam_nodes{category="at-capacity"} 1')


def _status_error(world: World) -> None:
    found = world.one(kinds.CILIUM_NODES, FIRST)
    found["status"]["ipam"]["operator-status"] = {"error": "unable to reuse from pool default: pool is gone"}


MUTATIONS = (
    Mutation(
        "no operator is ready",
        _down,
        ("operator-runs",),
        ("none of 2 operators is ready", "status.conditions[Ready] is Running CrashLoopBackOff"),
    ),
    Mutation(
        "nobody renews the operator's lease",
        _silent,
        ("operator-leads",),
        ("the leading operator is silent for 40 minutes",),
    ),
    Mutation(
        "the operator has no role",
        _no_role,
        ("operator-has-credentials",),
        (
            "metadata.annotations[eks.amazonaws.com/role-arn] is missing",
            "aws eks list-pod-identity-associations",
        ),
    ),
    Mutation(
        "the role does not trust the operator",
        _no_trust,
        ("operator-has-credentials",),
        ("AWS gives cilium-operator no credentials", "aws iam get-role --role-name op"),
    ),
    Mutation(
        "EC2 refuses an action",
        _denied,
        ("operator-may-call-ec2",),
        (
            "EC2 refuses cilium-operator ec2:CreateTags, ec2:CreateNetworkInterface",
            "aws sts decode-authorization-message --encoded-message 4AbCd-EfGh_1",
        ),
    ),
    Mutation(
        "EC2 refused an action before",
        _counted_denied,
        ("operator-may-call-ec2",),
        ("warning: EC2 has refused ec2:DescribeRouteTables", "is 31 since it started"),
    ),
    Mutation(
        "EC2 throttles the operator",
        _throttled,
        ("operator-not-throttled",),
        ("EC2 throttles cilium-operator: 62 % of CreateNetworkInterface", "is 5 of 8, expected less than 1%"),
    ),
    Mutation(
        "the operator found no prefix",
        _no_prefixes,
        ("operator-log-clear",),
        (f"the node gets single addresses for good ({FIRST})",),
    ),
    Mutation(
        "a node has all addresses that it can have",
        _full_nodes,
        ("operator-keeps-up",),
        ("1 node of 3 without any further address",),
    ),
    Mutation(
        "the operator wrote an error into a CiliumNode",
        _status_error,
        ("operator-status-clear",),
        ("status.ipam.operator-status.error is unable to reuse from pool default",),
    ),
)
