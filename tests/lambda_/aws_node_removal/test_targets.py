"""What belongs to aws-node beside its DaemonSet."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.lambda_.conftest import Run
from tests.lambda_.fake_api_server import GONE, FakeApiServer, Reply, daemon_set, deleted, failure

RBAC = "/apis/rbac.authorization.k8s.io/v1"
PATHS = [
    f"{RBAC}/clusterrolebindings/aws-node",
    f"{RBAC}/clusterroles/aws-node",
    "/api/v1/namespaces/kube-system/serviceaccounts/aws-node",
    "/api/v1/namespaces/kube-system/configmaps/amazon-vpc-cni",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/eniconfigs.crd.k8s.amazonaws.com",
]


def test_extras_go_after_the_daemon_set(server: FakeApiServer, run: Run) -> None:
    server.play(*[deleted(), GONE] * 6)
    data = run(server, RemoveExtras="true")["Data"]
    asked = [request.path for request in server.requests if request.method == "DELETE"]
    assert asked == ["/apis/apps/v1/namespaces/kube-system/daemonsets/aws-node", *PATHS]
    assert data == {
        "Removed": "aws-node,ClusterRoleBinding/aws-node,ClusterRole/aws-node,ServiceAccount/aws-node,"
        "ConfigMap/amazon-vpc-cni,CustomResourceDefinition/eniconfigs.crd.k8s.amazonaws.com",
        "AlreadyGone": "",
    }


def test_extras_that_are_not_there_are_fine(server: FakeApiServer, run: Run) -> None:
    server.play(deleted(), GONE)
    data = run(server, RemoveExtras="true")["Data"]
    assert data["Removed"] == "aws-node"
    assert len(data["AlreadyGone"].split(",")) == len(PATHS)


@pytest.mark.parametrize("asked", [{}, {"RemoveExtras": "false"}])
def test_extras_stay_without_the_option(asked: dict[str, str], server: FakeApiServer, run: Run) -> None:
    server.play(deleted(), GONE)
    run(server, **asked)
    assert len(server.requests) == 2


def test_the_extras_do_not_include_types_that_eks_restores(code: SimpleNamespace) -> None:
    names = {target.name for target in code.targets.EXTRAS}
    assert not names & {"cninodes.vpcresources.k8s.aws", "policyendpoints.networking.k8s.aws"}


def test_a_definition_is_awaited_while_its_objects_go(server: FakeApiServer, run: Run) -> None:
    held = Reply(body=daemon_set("crd", deleting=True, finalizers=["customresourcecleanup.apiextensions"]))
    server.play(GONE, GONE, GONE, GONE, GONE, held, held, GONE)
    data = run(server, "update", RemoveExtras="true")["Data"]
    assert data["Removed"] == "CustomResourceDefinition/eniconfigs.crd.k8s.amazonaws.com"


def test_a_missing_right_is_reported_with_kind_and_scope(
    server: FakeApiServer, run: Run, code: SimpleNamespace
) -> None:
    server.play(GONE, failure(403, "no"))
    with pytest.raises(code.errors.DeadlineError) as caught:
        run(server, "update", RemoveExtras="true")
    assert str(caught.value).startswith("ClusterRoleBinding aws-node of cluster demo: must be gone before ")
    assert str(caught.value).endswith(
        "bind that group to a ClusterRole with the verbs get and delete on "
        "clusterrolebindings.rbac.authorization.k8s.io aws-node, then deploy again"
    )


def test_the_command_in_the_error_has_the_scope_of_the_extra(
    server: FakeApiServer, run: Run, code: SimpleNamespace
) -> None:
    server.play(*[GONE] * 5, failure(409, "changed"))
    with pytest.raises(
        code.errors.DeadlineError,
        match=r"\(kubectl get customresourcedefinition eniconfigs\.crd\.k8s\.amazonaws\.com -o yaml\)",
    ):
        run(server, "update", RemoveExtras="true")
