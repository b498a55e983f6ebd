"""The release, its configuration and its CRDs are not what they should be."""

from __future__ import annotations

from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.readings import ApiVersion
from tests.unit.doctor.mutations import Mutation
from tests.unit.doctor.mutations.changes import by_hand, configure, deployment, image, release
from tests.unit.doctor.world import Thing, World, by_helm, thing


def _not_installed(world: World) -> None:
    world.remove(kinds.DAEMON_SETS, "cilium")


def _not_rolled_out(world: World) -> None:
    world.one(kinds.DAEMON_SETS, "cilium")["status"] |= {"updatedNumberScheduled": 1, "numberAvailable": 2}


def _not_observed(world: World) -> None:
    world.one(kinds.DAEMON_SETS, "cilium")["metadata"]["generation"] = 4


def _generic(world: World) -> None:
    image(deployment(world, "cilium-operator"), "quay.io/cilium/operator-generic:v1.19.6")


def _older_operator(world: World) -> None:
    image(deployment(world, "cilium-operator"), "quay.io/cilium/operator-aws:v1.18.12@sha256:da54cc50")


def _operator_stuck(world: World) -> None:
    deployment(world, "cilium-operator")["status"]["updatedReplicas"] = 1


def _other_release(world: World) -> None:
    world.planned(cilium="1.19.5")


def _changed_option(world: World) -> None:
    by_hand(world)["enable-endpoint-routes"] = "false"
    fields: Thing = {"f:data": {"f:enable-endpoint-routes": {}}}
    meta = world.one(kinds.KUBE_SYSTEM_CONFIG_MAPS, "cilium-config")["metadata"]
    # The API server takes a field from Helm that another manager changes.
    del meta["managedFields"][0]["fieldsV1"]["f:data"]["f:enable-endpoint-routes"]
    meta["managedFields"].append(by_helm(fields, "kubectl-patch", "2026-11-01T08:00:30Z"))


def _missing_option(world: World) -> None:
    del by_hand(world)["write-cni-conf-when-ready"]


def _further_option(world: World) -> None:
    by_hand(world)["bpf-lb-map-max"] = "131072"


def _changed_by_hand(world: World) -> None:
    fields: Thing = {"f:spec": {"f:template": {"f:spec": {"f:priorityClassName": {}}}}}
    meta = deployment(world, "hubble-ui")["metadata"]
    meta["managedFields"].append(by_helm(fields, "kubectl-edit"))


def _known_fault(world: World) -> None:
    release(world, "1.17.4")
    world.planned(kubernetes="1.32")
    world.one(ApiVersion())["gitVersion"] = "v1.32.3-eks-0"
    for node in world.all(kinds.NODES):
        node["status"]["nodeInfo"]["kubeletVersion"] = "v1.32.3-eks-0"


def _fault_of_policies(world: World) -> None:
    rule = {"toPorts": [{"rules": {"http": [{"method": "GET"}]}}]}
    spec = {"endpointSelector": {"matchLabels": {"app": "web"}}, "ingress": [rule]}
    world.add(kinds.CILIUM_POLICIES, thing(kinds.CILIUM_POLICIES, "get-only", "team-a", spec=spec))


def _refused_option(world: World) -> None:
    configure(world, bpf_policy_map_max="64")


def _newer_kubernetes(world: World) -> None:
    world.one(ApiVersion())["gitVersion"] = "v1.36.0-eks-0"
    world.planned(kubernetes="1.36")


def _end_of_life(world: World) -> None:
    release(world, "1.17.18")
    world.one(ApiVersion())["gitVersion"] = "v1.33.1-eks-0"
    for node in world.all(kinds.NODES):
        node["status"]["nodeInfo"]["kubeletVersion"] = "v1.33.1-eks-0"


def _newer_kubelet(world: World) -> None:
    world.all(kinds.NODES)[1]["status"]["nodeInfo"]["kubeletVersion"] = "v1.36.0-eks-0"


def _oldest_kubelet(world: World) -> None:
    world.all(kinds.NODES)[1]["status"]["nodeInfo"]["kubeletVersion"] = "v1.32.9-eks-0"


def _no_definition(world: World) -> None:
    world.remove(kinds.CUSTOM_TYPES, "ciliumcidrgroups.cilium.io")


def _not_established(world: World) -> None:
    world.one(kinds.CUSTOM_TYPES, "ciliumnodes.cilium.io")["status"]["conditions"] = [
        {"type": "Established", "status": "False", "reason": "NotAccepted"}
    ]


def _old_schema(world: World) -> None:
    labels = world.one(kinds.CUSTOM_TYPES, "ciliumnetworkpolicies.cilium.io")["metadata"]["labels"]
    labels["io.cilium.k8s.crd.schema.version"] = "1.30.9"


def _old_version(world: World) -> None:
    found = world.one(kinds.CUSTOM_TYPES, "ciliumnodeconfigs.cilium.io")
    found["status"]["storedVersions"] = ["v2alpha1", "v2"]


GATEWAY_KINDS = ("gatewayclasses", "gateways", "httproutes", "referencegrants", "grpcroutes")


def serve_gateways(world: World, bundle: str | None) -> None:
    configure(world, enable_gateway_api="true")
    for plural in GATEWAY_KINDS if bundle else ():
        world.add(
            kinds.CUSTOM_TYPES,
            thing(
                kinds.CUSTOM_TYPES,
                f"{plural}.gateway.networking.k8s.io",
                metadata={"annotations": {"gateway.networking.k8s.io/bundle-version": bundle}},
                spec={"group": "gateway.networking.k8s.io"},
                status={"conditions": [{"type": "Established", "status": "True"}]},
            ),
        )


def _no_gateways(world: World) -> None:
    serve_gateways(world, None)


def _old_gateways(world: World) -> None:
    serve_gateways(world, "v1.2.0")


def _other_cni(world: World) -> None:
    status = {"desiredNumberScheduled": 3}
    world.add(
        kinds.DAEMON_SETS,
        thing(kinds.DAEMON_SETS, "kube-flannel-ds", "kube-flannel", spec={"template": {}}, status=status),
    )


def _chained(world: World) -> None:
    configure(world, cni_chaining_mode="aws-cni")


MUTATIONS = (
    Mutation(
        "agents of a new revision do not come",
        _not_rolled_out,
        ("agents-rolled-out",),
        ("updatedNumberScheduled is 1, expected 3", "status.numberAvailable is 2, expected 3"),
    ),
    Mutation(
        "the controller has not seen the DaemonSet",
        _not_observed,
        ("agents-rolled-out",),
        ("status.observedGeneration is 1, expected 4",),
    ),
    Mutation(
        "the operator is of another cloud",
        _generic,
        ("operator-suits-agents",),
        ("error: cilium-operator has an image that does not know EC2", "expected operator-aws"),
    ),
    Mutation(
        "the operator is older than the agents",
        _older_operator,
        ("operator-suits-agents",),
        ("cilium-operator is of 1.18.12, and the agents are of 1.19.6",),
    ),
    Mutation(
        "the operator's new pod does not come",
        _operator_stuck,
        ("operator-suits-agents",),
        ("not rolled out", "status.updatedReplicas is 1, expected 2"),
    ),
    Mutation(
        "another release than planned runs",
        _other_release,
        ("planned-release",),
        ("Cilium 1.19.6 runs, and settings.yaml names 1.19.5",),
    ),
    Mutation(
        "somebody changes an option",
        _changed_option,
        ("planned-config",),
        (
            "1 option unlike settings.yaml, written by kubectl-patch",
            "data.enable-endpoint-routes is 'false', expected 'true'",
            "--force-conflicts",
        ),
    ),
    Mutation(
        "an option is gone",
        _missing_option,
        ("planned-config",),
        ("data.write-cni-conf-when-ready is missing, expected",),
    ),
    Mutation(
        "an option is added",
        _further_option,
        ("planned-config",),
        ("data.bpf-lb-map-max is '131072', expected no such option",),
    ),
    Mutation(
        "somebody edits a Deployment of the chart",
        _changed_by_hand,
        ("hand-changes",),
        (
            "1 field of workloads changed by hand",
            "Deployment kube-system/hubble-ui: spec.template.spec.priorityClassName is owned by kubectl-edit",
        ),
    ),
    Mutation(
        "the release has a known fault",
        _known_fault,
        ("known-faults", "tested-pair"),
        ("error: known fault of 1.17.4", "expected v1.17.5 or newer", "issues/39106"),
    ),
    Mutation(
        "a policy brings a known fault about",
        _fault_of_policies,
        ("known-faults",),
        ("warning: known fault of 1.19.6", "issues/43493", "data.kube-proxy-replacement is true"),
    ),
    Mutation(
        "an option that agents refuse",
        _refused_option,
        ("accepted-config",),
        ("agents refuse the option bpf-policy-map-max", "must be 256 or more"),
    ),
    Mutation(
        "EKS upgrades the control plane by itself",
        _newer_kubernetes,
        ("tested-pair",),
        ("Cilium 1.19.6 is tested with Kubernetes 1.30 to 1.34, not with 1.36",),
    ),
    Mutation(
        "Cilium reaches its end of life",
        _end_of_life,
        ("tested-pair",),
        ("Cilium 1.17.18 has reached its end of life",),
    ),
    Mutation(
        "a kubelet is newer than the API server",
        _newer_kubelet,
        ("kubelet-skew",),
        ("error: 1 kubelet outside", "status.nodeInfo.kubeletVersion is 1.36"),
    ),
    Mutation(
        "a kubelet is as old as can be",
        _oldest_kubelet,
        ("kubelet-skew",),
        ("warning: 1 kubelet as old as the API server allows",),
    ),
    Mutation(
        "a CRD is deleted",
        _no_definition,
        ("cilium-definitions",),
        ("CRD ciliumcidrgroups.cilium.io", "rollout restart deployment/cilium-operator"),
    ),
    Mutation(
        "a CRD is not established",
        _not_established,
        ("cilium-definitions",),
        ("status.conditions[Established] is False NotAccepted, expected True",),
    ),
    Mutation(
        "a CRD has an older schema",
        _old_schema,
        ("cilium-definitions",),
        ("1 CRD of Cilium with an older schema than the rest", "is 1.30.9, expected 1.32.3"),
    ),
    Mutation(
        "a CRD stores objects in a version that ends",
        _old_version,
        ("stored-versions",),
        ("that Cilium 1.20 drops", "status.storedVersions is v2alpha1, v2", "--subresource status"),
    ),
    Mutation(
        "Gateway API has no CRDs",
        _no_gateways,
        ("gateway-definitions", "known-faults"),
        ("5 CRDs of Gateway API missing", "download/v1.4.1/standard-install.yaml"),
    ),
    Mutation(
        "the CRDs of Gateway API are old",
        _old_gateways,
        ("gateway-definitions", "known-faults"),
        ("5 CRDs of Gateway API older than Cilium 1.19.6 needs", "is v1.2.0, expected v1.4.1 or newer"),
    ),
    Mutation(
        "another CNI is installed",
        _other_cni,
        ("only-cni",),
        ("another CNI runs beside Cilium: kube-flannel/kube-flannel-ds",),
    ),
    Mutation(
        "Cilium is chained to aws-node",
        _chained,
        ("only-cni",),
        ("Cilium is chained to another CNI: cni-chaining-mode is aws-cni",),
    ),
)
