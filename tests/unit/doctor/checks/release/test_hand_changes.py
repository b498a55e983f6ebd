"""Who owns the fields of Cilium's workloads."""

from __future__ import annotations

from cdk_eks_cilium.doctor.checks.release.hand_changes import hand_changes
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.world import Thing, World, by_helm, result


def own(world: World, manager: str, fields: Thing, **more: str) -> None:
    meta = world.one(kinds.DAEMON_SETS, "cilium")["metadata"]
    meta["managedFields"].append(by_helm({"f:spec": fields}, manager) | more)


def test_a_source_that_leaves_the_owners_out_tells_nothing() -> None:
    world = healthy()
    for reading in (kinds.DAEMON_SETS, kinds.DEPLOYMENTS):
        for each in world.all(reading):
            del each["metadata"]["managedFields"]
    assert result(world, hand_changes).verdict is Verdict.SKIPPED


def test_a_restart_by_kubectl_is_harmless() -> None:
    world = healthy()
    annotation: Thing = {"f:annotations": {".": {}, "f:kubectl.kubernetes.io/restartedAt": {}}}
    own(world, "kubectl-rollout", {"f:template": {"f:metadata": annotation}})
    assert result(world, hand_changes).verdict is Verdict.OK


def test_controllers_and_the_status_are_not_people() -> None:
    world = healthy()
    own(world, "kube-controller-manager", {"f:replicas": {}})
    own(world, "kubectl-edit", {"f:paused": {}}, subresource="status")
    assert result(world, hand_changes).verdict is Verdict.OK


def test_kubectl_scale_is_a_change() -> None:
    world = healthy()
    meta = world.one(kinds.DEPLOYMENTS, "cilium-operator")["metadata"]
    # The API server takes the field from Helm where the number differs.
    del meta["managedFields"][0]["fieldsV1"]["f:spec"]["f:replicas"]
    meta["managedFields"].append(
        by_helm({"f:spec": {"f:replicas": {}}}, "kubectl") | {"subresource": "scale"}
    )
    (finding,) = result(world, hand_changes).findings
    (evidence,) = finding.evidence
    assert (evidence.object, evidence.field) == ("Deployment kube-system/cilium-operator", "spec.replicas")


def test_a_field_that_helm_owns_too_has_the_value_of_the_chart() -> None:
    world = healthy()
    own(world, "argocd", {"f:replicas": {}})
    assert result(world, hand_changes).verdict is Verdict.OK


def test_an_item_of_a_list_is_named_by_its_key() -> None:
    world = healthy()
    own(world, "kubectl-set", {"f:template": {"f:spec": {'k:{"name":"cilium-agent"}': {"f:image": {}}}}})
    (finding,) = result(world, hand_changes).findings
    assert finding.evidence[0].field == 'spec.template.spec.k:{"name":"cilium-agent"}.image'
