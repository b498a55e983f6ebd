"""Lines of the operator's log, in the forms of its releases."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.views.operator_log import LogLine, operator_lines
from cdk_eks_cilium.doctor.checks.views.operator_problems import (
    CREDENTIALS,
    DENIED,
    OTHER,
    THROTTLED,
    encoded_message,
    operations_of,
    problem_of,
)
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from tests.unit.doctor.healthy import healthy

# https://github.com/cilium/cilium/issues/33849
LOGRUS = (
    'time="2026-11-30T11:26:29Z" level=warning msg="Instance not found! Please delete corresponding '
    'ciliumnode if instance has already been deleted." instanceID=i-1 name=ip-10-0-1-10.ec2.internal '
    "subsys=ipam"
)
# https://github.com/cilium/cilium/issues/42092
SLOG = (
    "time=2026-11-30T11:35:41.271607635Z level=warn source=/go/src/github.com/cilium/cilium/pkg/ipam/"
    'node.go:559 msg="Instance is out of interfaces" subsys=ipam-allocator-aws '
    "name=ip-10-0-1-10.ec2.internal instanceID=i-1"
)
JSON = (
    '{"time":"2026-11-30T11:35:41Z","level":"info","msg":"Unable to create interface on instance",'
    '"error":"unable to create ENI: denied","name":"ip-10-0-1-10.ec2.internal"}'
)
NODE = "ip-10-0-1-10.ec2.internal"
NOT_FOUND = "Instance not found! Please delete corresponding ciliumnode if instance has already been deleted."


def lines(*texts: str) -> list[LogLine]:
    world = healthy()
    world.things[kinds.OPERATOR_LOGS] = [{"pod": "operator", "lines": list(texts)}]
    return operator_lines(world.seen())


@pytest.mark.parametrize(
    ("line", "parsed"),
    [
        (LOGRUS, LogLine("operator", "warning", NOT_FOUND, NODE)),
        (SLOG, LogLine("operator", "warning", "Instance is out of interfaces", NODE)),
        (
            JSON,
            LogLine(
                "operator",
                "info",
                "Unable to create interface on instance: unable to create ENI: denied",
                NODE,
            ),
        ),
        ("panic: no format at all", LogLine("operator", "", "panic: no format at all", "")),
    ],
    ids=["logrus", "slog", "json", "another form"],
)
def test_each_form_has_its_message_level_and_node(line: str, parsed: LogLine) -> None:
    assert lines(line) == [parsed]


def test_the_time_of_kubectl_does_not_hide_the_fields() -> None:
    assert lines(f"2026-11-30T11:35:41.2Z {SLOG}") == lines(SLOG)
    assert lines(f"2026-11-30T11:35:41.2Z {JSON}") == lines(JSON)


def test_debug_lines_and_lines_older_than_an_hour_do_not_count() -> None:
    old = SLOG.replace("T11:35", "T10:35")
    assert lines(old, LOGRUS.replace("T11:26", "T09:26"), SLOG.replace("level=warn", "level=debug")) == []
    assert lines(f"2026-11-30T10:35:41Z {old.partition(' ')[2]}") == []


def test_a_line_without_a_time_counts() -> None:
    assert len(lines('level=warning msg="Instance is out of interfaces" name=a')) == 1


def test_no_logs_at_all_are_unread() -> None:
    world = healthy()
    world.things[kinds.OPERATOR_LOGS] = []
    with pytest.raises(UnreadError, match="the operator has written no logs"):
        operator_lines(world.seen())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("UnauthorizedOperation: You are not authorized to perform this operation.", DENIED),
        (
            "operation error STS: AssumeRoleWithWebIdentity, ... api error AccessDenied: Not authorized",
            CREDENTIALS,
        ),
        ("failed to refresh cached credentials, no EC2 IMDS role found", CREDENTIALS),
        ("api error RequestLimitExceeded: Request limit exceeded.", THROTTLED),
        (
            "api error InsufficientFreeAddressesInSubnet: The specified subnet does not have enough free",
            OTHER,
        ),
        (
            "No matching subnet available for interface creation (VPC=vpc-1 AZ=a SubnetIDs=[])",
            OTHER,
        ),
    ],
)
def test_a_line_has_the_kind_of_its_first_cause(text: str, kind: str) -> None:
    problem = problem_of(text)
    assert problem is not None
    assert problem.kind == kind


def test_other_lines_tell_of_no_problem() -> None:
    assert problem_of("Synchronized ENI information") is None
    assert problem_of("Waited for 1.19s due to client-side throttling, not priority and fairness") is None


def test_the_refused_actions_are_named_once() -> None:
    text = (
        "operation error EC2: CreateNetworkInterface, is not authorized to perform: "
        "ec2:CreateNetworkInterface on resource: arn. Encoded authorization failure message: a_B-9 status"
    )
    assert operations_of(text) == ("ec2:CreateNetworkInterface",)
    assert encoded_message(text) == "a_B-9"
    assert encoded_message("no message") == ""
