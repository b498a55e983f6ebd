"""The steps of an upgrade, with what comes first, what to mind, and the way back."""

from __future__ import annotations

import json

import pytest

from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.upgrade_plan import CommandNames, Deployed, PlannedStep, Stop, UpgradePlan, upgrade_plan
from cdk_eks_cilium.upgrade_plan.plan import as_json
from cdk_eks_cilium.values import CiliumValues, Egress, References
from cdk_eks_cilium.versions.cilium import CiliumVersion

REFS = References(
    cluster_name="platform",
    operator_role_arn="arn:aws:iam::111122223333:role/operator",
    subnet_ids=("subnet-a", "subnet-b"),
    api_server_host="<host>",
)
VALUES = CiliumValues(egress=Egress.node("eth0"))


def plan(
    deployed: tuple[str, str],
    goal: tuple[str, str],
    values: CiliumValues = VALUES,
    names: CommandNames | None = None,
    kubelets: tuple[str, ...] = (),
    agents: tuple[str, ...] = (),
) -> UpgradePlan:
    runs = Deployed(CiliumVersion.of(deployed[0]), deployed[1], kubelets, agents)
    return upgrade_plan(runs, Stop(CiliumVersion.of(goal[0]), goal[1]), values, REFS, names=names)


def titles(found: UpgradePlan) -> list[str]:
    return [step.title for step in found.steps]


def only(found: UpgradePlan) -> PlannedStep:
    (step,) = found.steps
    return step


def test_the_steps_name_what_goes_up() -> None:
    assert titles(plan(("1.18.12", "1.33"), ("1.19.6", "1.34"))) == [
        "Cilium 1.18.12 -> 1.19.6",
        "Kubernetes 1.33 -> 1.34",
    ]


def test_nothing_to_do_has_no_steps() -> None:
    assert titles(plan(("1.19.6", "1.35"), ("1.19.6", "1.35"))) == []


def test_a_step_of_cilium_begins_with_crds_and_the_pre_flight_check() -> None:
    first = only(plan(("1.18.12", "1.33"), ("1.19.6", "1.33"))).first
    assert first[0].startswith("# change CiliumLoadBalancerIPPools to apiVersion cilium.io/v2")
    (helm,) = [line for line in first if line.startswith("helm template")]
    assert "--version 1.19.6" in helm
    assert "--set preflight.enabled=true --set agent=false --set operator.enabled=false" in helm
    assert "--show-only 'templates/cilium-preflight/*'" in helm
    assert first[-1].startswith("kubectl delete")


def test_without_kube_proxy_the_pre_flight_check_knows_the_api_server() -> None:
    values = CiliumValues(egress=Egress.node("eth0"), kube_proxy_replacement=True)
    first = only(plan(("1.18.12", "1.33"), ("1.19.6", "1.33"), values)).first
    assert any(line.startswith("API_SERVER=$(kubectl config view") for line in first)
    assert any('--set k8sServiceHost="$API_SERVER" --set k8sServicePort=443' in line for line in first)


def test_the_way_down_has_no_pre_flight_check() -> None:
    first = only(plan(("1.19.6", "1.33"), ("1.18.12", "1.33"))).first
    assert not any(line.startswith("helm") for line in first)


def test_the_commands_name_the_cluster_and_its_settings() -> None:
    names = CommandNames("platform", "environments/prod.yaml")
    step = only(plan(("1.19.6", "1.34"), ("1.19.6", "1.35"), names=names))
    assert "aws eks list-insights --cluster-name platform --filter categories=UPGRADE_READINESS" in step.first
    assert "make deploy SETTINGS=environments/prod.yaml" in step.then
    assert "cdk-eks-cilium doctor --settings environments/prod.yaml --wait --count 3" in step.then
    assert step.change == {"kubernetes_version": "1.35"}


def test_a_step_of_kubernetes_has_seven_days_to_go_back() -> None:
    (back,) = only(plan(("1.19.6", "1.34"), ("1.19.6", "1.35"))).way_back
    assert back.startswith("within seven days EKS goes back to 1.34, node groups first")
    assert "aws eks update-cluster-version --name CLUSTER --kubernetes-version 1.34" in back


def test_a_later_cilium_that_drops_the_old_kubernetes_closes_the_way_back() -> None:
    found = plan(("1.19.6", "1.31"), ("1.20.0", "1.32"))
    assert titles(found) == ["Kubernetes 1.31 -> 1.32", "Cilium 1.19.6 -> 1.20.0"]
    assert (
        "Cilium 1.20.0, a later step, is tested from Kubernetes 1.32 on: make that step after the seven "
        "days, or take it back first"
    ) in found.steps[0].way_back


def test_the_next_update_of_kubernetes_ends_the_way_back_of_the_one_before() -> None:
    first, second = plan(("1.19.6", "1.33"), ("1.19.6", "1.35")).steps
    assert "the next update of Kubernetes, to 1.35, ends this way back" in first.way_back
    assert not any("ends this way back" in line for line in second.way_back)


def test_one_way_notes_stand_at_the_way_back() -> None:
    step = only(plan(("1.18.12", "1.33"), ("1.19.6", "1.33")))
    assert any("are no longer Helm's" in line for line in step.way_back)
    assert not any("are no longer Helm's" in line for line in step.cautions)


def test_the_window_of_the_ipam_fields_is_told() -> None:
    step = only(plan(("1.19.6", "1.35"), ("1.20.0", "1.35")))
    assert any("a cluster must run 1.20 before 1.21" in line for line in step.cautions)


def test_a_pair_that_cilium_does_not_test_is_told() -> None:
    step = only(plan(("1.19.6", "1.34"), ("1.19.6", "1.35")))
    assert any("1.35 is one minor newer" in line for line in step.cautions)


def test_what_the_new_release_refuses_is_a_problem_of_its_step() -> None:
    values = CiliumValues(egress=Egress.node("eth0"), overrides={"nodePort": {"enabled": True}})
    found = plan(("1.18.12", "1.33"), ("1.19.6", "1.33"), values)
    assert [problem.where for problem in found.problems] == ["cilium.overrides.nodePort.enabled"]
    assert only(found).problems == found.problems


def test_helm_itself_judges_each_step_if_it_is_at_hand() -> None:
    runs = Deployed(CiliumVersion.of("1.18.12"), "1.33")
    goal = Stop(CiliumVersion.of("1.20.0"), "1.33")
    refused = Problem("cilium", "Helm refuses it", id="CEK2900")
    found = upgrade_plan(
        runs, goal, VALUES, REFS, lambda release: [refused] if release.minor == "1.20" else []
    )
    assert [bool(step.problems) for step in found.steps] == [False, True]


@pytest.mark.parametrize(
    ("kubelets", "agents", "text"),
    [
        (
            ("1.33", "1.34"),
            (),
            "nodes: must run Kubernetes 1.34 as the control plane, got 1.33; update",
        ),
        (
            (),
            ("1.18.4", "1.19.6"),
            "cilium: must run one release on every node, got 1.18.4 and 1.19.6; end",
        ),
    ],
)
def test_a_former_step_that_has_not_ended_comes_first(
    kubelets: tuple[str, ...], agents: tuple[str, ...], text: str
) -> None:
    found = plan(("1.19.6", "1.34"), ("1.19.6", "1.35"), kubelets=kubelets, agents=agents)
    (hindrance,) = found.hindrances
    assert str(hindrance).startswith(text)


def test_kubelets_that_are_too_old_are_told() -> None:
    found = plan(("1.19.6", "1.35"), ("1.19.6", "1.35"), kubelets=("1.31",))
    assert found.cautions == ("kubelets 1.31 are more than 3 minors behind 1.35",)


@pytest.mark.parametrize(
    ("deployed", "goal", "text"),
    [
        (("1.19.6", "1.35"), ("1.19.6", "1.34"), "within seven days of the update EKS goes back one minor"),
        (("1.19.6", "1.35"), ("1.19.6", "1.33"), "make a new cluster of 1.33 beside this one"),
        (("1.19.6", "1.34"), ("1.18.12", "1.35"), "--to: must not be older than what runs, 1.19.6, while"),
        (("1.19.6", "1.35"), ("1.19.6", "1.99"), "--kubernetes: must be a release of EKS known here"),
    ],
)
def test_a_goal_that_nothing_leads_to_is_refused(
    deployed: tuple[str, str], goal: tuple[str, str], text: str
) -> None:
    with pytest.raises(InputError) as refused:
        plan(deployed, goal)
    assert text in str(refused.value)


def test_the_plan_is_plain_data() -> None:
    data = json.loads(json.dumps(as_json(plan(("1.18.12", "1.33"), ("1.19.6", "1.34")))))
    assert data["goal"] == {"cilium": "1.19.6", "kubernetes": "1.34"}
    assert [step["subject"] for step in data["steps"]] == ["cilium", "kubernetes"]
    assert data["steps"][0]["before"] == {"cilium": "1.18.12", "kubernetes": "1.33"}
