"""Edge cases of the checks of cilium-operator."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.operator.operator_has_credentials import operator_has_credentials
from cdk_eks_cilium.doctor.checks.operator.operator_keeps_up import operator_keeps_up
from cdk_eks_cilium.doctor.checks.operator.operator_leads import operator_leads
from cdk_eks_cilium.doctor.checks.operator.operator_log_clear import operator_log_clear
from cdk_eks_cilium.doctor.checks.operator.operator_may_call_ec2 import operator_may_call_ec2
from cdk_eks_cilium.doctor.checks.operator.operator_not_throttled import operator_not_throttled
from cdk_eks_cilium.doctor.checks.operator.operator_runs import operator_runs
from cdk_eks_cilium.doctor.checks.operator.operator_status_clear import operator_status_clear
from cdk_eks_cilium.doctor.engine import aws_kinds, kinds
from cdk_eks_cilium.doctor.engine.check import Check
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from cdk_eks_cilium.doctor.engine.examine import examine
from cdk_eks_cilium.doctor.engine.plan import NOTHING
from cdk_eks_cilium.doctor.engine.reader import NotAskedError, UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen
from tests.unit.doctor.checks.judging import judged, summaries
from tests.unit.doctor.facts import NODES
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.addresses import cilium_node, set_option
from tests.unit.doctor.mutations.operator import FIRST, count, deployment, say
from tests.unit.doctor.world import NOW, thing

CALLS = "cilium_operator_ec2_api_duration_seconds_count"
LEASE = "cilium-operator-resource-lock"


# operator-runs and operator-leads


def test_a_cluster_without_the_operator_is_an_error() -> None:
    world = healthy()
    world.remove(kinds.DEPLOYMENTS, "cilium-operator")
    assert summaries(judged(operator_runs, world)) == ["error: cilium-operator is not installed"]
    assert judged(operator_leads, world).verdict is Verdict.SKIPPED


def test_an_operator_scaled_to_zero_is_an_error() -> None:
    world = healthy()
    deployment(world)["spec"]["replicas"] = 0
    assert summaries(judged(operator_runs, world)) == ["error: cilium-operator is scaled to zero"]


def test_two_operators_need_two_nodes() -> None:
    world = healthy()
    deployment(world)["status"]["readyReplicas"] = 1
    assert "keep apart" not in judged(operator_runs, world).findings[0].fix
    for name, *_ in NODES[1:]:
        world.remove(kinds.NODES, name)
    (finding,) = judged(operator_runs, world).findings
    assert finding.summary == "1 of 2 operators are ready"
    assert "--replicas 1" in finding.fix


@pytest.mark.parametrize("spec", [None, {"holderIdentity": ""}])
def test_a_lease_that_nobody_holds_is_an_error(spec: dict[str, str] | None) -> None:
    world = healthy()
    if spec is None:
        world.remove(kinds.KUBE_SYSTEM_LEASES, LEASE)
    else:
        world.one(kinds.KUBE_SYSTEM_LEASES, LEASE)["spec"] = spec
    assert summaries(judged(operator_leads, world)) == ["error: no operator leads"]


def test_a_lease_without_a_time_still_names_its_holder() -> None:
    world = healthy()
    world.one(kinds.KUBE_SYSTEM_LEASES, LEASE)["spec"] = {"holderIdentity": "a-1"}
    assert judged(operator_leads, world).detail == "a-1"


# operator-has-credentials


def test_pod_identity_needs_its_agent() -> None:
    world = healthy()
    world.one(kinds.KUBE_SYSTEM_SERVICE_ACCOUNTS, "cilium-operator")["metadata"]["annotations"] = {}
    assert judged(operator_has_credentials, world).verdict is Verdict.ERROR
    world.add(kinds.DAEMON_SETS, thing(kinds.DAEMON_SETS, "eks-pod-identity-agent", "kube-system"))
    assert "by Pod Identity" in judged(operator_has_credentials, world).detail


def test_rights_of_nodes_are_enough_where_nothing_is_planned() -> None:
    world = healthy()
    world.one(kinds.KUBE_SYSTEM_SERVICE_ACCOUNTS, "cilium-operator")["metadata"]["annotations"] = {}
    world.plan = NOTHING
    assert judged(operator_has_credentials, world).verdict is Verdict.WARNING
    for index in range(len(NODES)):
        cilium_node(world, index)["status"]["eni"] = {}
    assert judged(operator_has_credentials, world).verdict is Verdict.ERROR


def test_the_deployment_names_the_service_account() -> None:
    world = healthy()
    deployment(world)["spec"]["template"]["spec"]["serviceAccountName"] = "operator"
    (finding,) = judged(operator_has_credentials, world).findings
    assert finding.evidence[0].object == "ServiceAccount kube-system/operator"
    assert "--service-account operator" in finding.fix


def test_objects_tell_of_credentials_where_the_log_cannot_be_read() -> None:
    world = healthy()
    world.unread[kinds.OPERATOR_LOGS] = "forbidden"
    assert judged(operator_has_credentials, world).verdict is Verdict.OK
    world.one(kinds.KUBE_SYSTEM_SERVICE_ACCOUNTS, "cilium-operator")["metadata"]["annotations"] = {}
    assert judged(operator_has_credentials, world).verdict is Verdict.ERROR


# calls of EC2


@pytest.mark.parametrize("check", [operator_may_call_ec2, operator_not_throttled], ids=lambda each: each.id)
def test_one_of_log_and_metrics_is_enough_and_without_both_it_is_unknown(check: Check) -> None:
    world = healthy()
    world.unread[kinds.OPERATOR_LOGS] = "forbidden"
    assert judged(check, world).detail == "by what can be read"
    world.unread[kinds.OPERATOR_METRICS] = "no route to the port"
    assert judged(check, world).unknown == ("forbidden; no route to the port",)


def test_a_refused_line_without_an_action_still_counts() -> None:
    # https://github.com/cilium/cilium/issues/13701
    world = healthy()
    say(
        world,
        'msg="Unable to synchronize EC2 interface list" error="UnauthorizedOperation: You are not authorized '
        'to perform this operation.\\n\\tstatus code: 403, request id: 0a1b" subsys=eni',
    )
    (finding,) = judged(operator_may_call_ec2, world).findings
    assert finding.summary == "EC2 refuses cilium-operator ec2:?"
    assert "decode-authorization-message" not in finding.fix


def test_a_refusal_in_the_log_and_in_the_metrics_is_one_finding() -> None:
    world = healthy()
    say(world, 'msg=x error="operation error EC2: DescribeVpcs, api error UnauthorizedOperation: no"')
    count(world, f'{CALLS}{{operation="DescribeVpcs",response_code="403 Forbidden"}} 4')
    assert len(judged(operator_may_call_ec2, world).findings) == 1


def test_the_older_names_of_operations_and_labels_are_known() -> None:
    world = healthy()
    count(world, f'{CALLS}{{operation="CreateNetworkInterfaceRequest",responseCode="403 Forbidden"}} 4')
    (finding,) = judged(operator_may_call_ec2, world).findings
    assert finding.summary == "EC2 has refused ec2:CreateNetworkInterface"


def test_a_few_throttled_calls_in_many_are_nothing() -> None:
    world = healthy()
    count(
        world,
        f'{CALLS}{{operation="DescribeSubnets",response_code="OK"}} 9000',
        f'{CALLS}{{operation="DescribeSubnets",response_code="503 Service Unavailable"}} 9',
    )
    assert judged(operator_not_throttled, world).verdict is Verdict.OK


def test_throttling_in_the_log_is_enough() -> None:
    world = healthy()
    world.unread[kinds.OPERATOR_METRICS] = "no route to the port"
    say(world, 'msg=x error="api error RequestLimitExceeded: Request limit exceeded."')
    assert summaries(judged(operator_not_throttled, world)) == [
        "warning: EC2 throttles cilium-operator: 1 line of its log"
    ]


# operator-log-clear


def test_what_the_operator_says_of_nodes_that_are_gone_is_left_out() -> None:
    world = healthy()
    text = "Instance not found! Please delete corresponding ciliumnode if instance has already been deleted."
    say(world, f'msg="{text}" name=ip-10-9-9-9.ec2.internal')
    assert judged(operator_log_clear, world).verdict is Verdict.OK
    say(world, f'msg="{text}" name={FIRST}')
    assert judged(operator_log_clear, world).verdict is Verdict.WARNING
    cilium_node(world)["status"]["eni"] = {}
    assert judged(operator_log_clear, world).verdict is Verdict.OK


def test_each_problem_of_the_log_is_one_finding() -> None:
    world = healthy()
    for _ in range(5):
        say(world, f'msg="Instance is out of interfaces" name={FIRST}')
    say(world, 'msg=x error="No matching subnet available for interface creation (VPC=vpc-1)"')
    assert summaries(judged(operator_log_clear, world)) == [
        "warning: a node has all the interfaces that it can have, and needs more addresses "
        f"({FIRST}), 5 lines of the operator's log",
        "error: no pod subnet is in the zone of a node, 1 line of the operator's log",
    ]


def test_a_log_that_cannot_be_read_is_unknown() -> None:
    world = healthy()
    world.unread[kinds.OPERATOR_LOGS] = "forbidden"
    assert judged(operator_log_clear, world).unknown == ("forbidden",)


def test_lines_count_where_nodes_cannot_be_read() -> None:
    world = healthy()
    world.unread[kinds.NODES] = "forbidden"
    say(world, 'msg="Instance is out of interfaces" name=ip-10-9-9-9.ec2.internal')
    assert judged(operator_log_clear, world).verdict is Verdict.WARNING


# operator-keeps-up


def test_releases_without_metrics_are_skipped() -> None:
    world = healthy()
    set_option(world, "operator-prometheus-serve-addr", None)
    world.unread[kinds.OPERATOR_METRICS] = "refused"
    assert judged(operator_keeps_up, world).verdict is Verdict.SKIPPED


def test_one_new_node_may_need_addresses_and_many_are_told() -> None:
    world = healthy()
    count(world, 'cilium_operator_ipam_nodes{category="in-deficit"} 1')
    assert judged(operator_keeps_up, world).verdict is Verdict.OK
    count(world, 'cilium_operator_ipam_nodes{category="in-deficit"} 2')
    assert summaries(judged(operator_keeps_up, world)) == ["warning: 2 nodes of 3 need addresses"]


def test_failing_attempts_are_decoded() -> None:
    world = healthy()
    sample = "cilium_operator_ipam_allocation_duration_seconds_count"
    count(world, f'{sample}{{status="unableToFindSubnet",type="createInterfaceAndAllocateIP"}} 2')
    assert summaries(judged(operator_keeps_up, world)) == [
        "warning: 2 of 5 attempts failed: no subnet was found (2 times)"
    ]


def test_free_addresses_are_known_from_metrics_where_ec2_cannot_be_asked() -> None:
    world = healthy()
    sample = "cilium_operator_ipam_available_ips_per_subnet"
    count(
        world,
        f'{sample}{{availability_zone="eu-west-1a",subnet_id="subnet-pa"}} 15',
        f'{sample}{{availability_zone="eu-west-1a",subnet_id="subnet-na"}} 0',
    )
    assert judged(operator_keeps_up, world).verdict is Verdict.OK
    world.unread[aws_kinds.SUBNETS] = "no credentials"
    assert summaries(judged(operator_keeps_up, world)) == [
        "warning: no prefix fits into 1 pod subnet: subnet-pa"
    ]


def test_an_operator_that_does_not_lead_counts_nothing() -> None:
    world = healthy()
    world.all(kinds.OPERATOR_METRICS).insert(0, {"pod": "b", "text": "cilium_operator_ipam_nodes 0\n"})
    assert judged(operator_keeps_up, world).detail == "3 nodes, 3 attempts"


@pytest.mark.parametrize("check", [operator_may_call_ec2, operator_not_throttled])
def test_an_operator_that_nobody_was_asked_about_is_skipped_and_an_unread_one_unknown(check: Check) -> None:
    never, failed = NotAskedError("no container runs"), UnreadError("not allowed")
    sources = (kinds.OPERATOR_LOGS, kinds.OPERATOR_METRICS)
    for why, verdict in (((never, never), Verdict.SKIPPED), ((never, failed), Verdict.UNKNOWN)):
        world = healthy()
        seen = Seen(world, world.plan, NOW, read=dict(zip(sources, why, strict=True)))
        assert examine([check], seen).results[0].verdict is verdict


# operator-status-clear


def test_an_error_that_is_known_from_the_log_is_decoded() -> None:
    world = healthy()
    for index in (0, 1):
        cilium_node(world, index)["status"]["ipam"]["operator-status"] = {
            "error": "unable to determine limits"
        }
    (finding,) = judged(operator_status_clear, world).findings
    assert "the operator does not know the type of an instance" in finding.summary
    assert len(finding.evidence) == 2
