"""Policies without effect, too many identities, full maps, and endpoints that are stuck."""

from __future__ import annotations

from cdk_eks_cilium.doctor.engine import kinds
from tests.unit.doctor.mutations import Mutation
from tests.unit.doctor.mutations.changes import configure
from tests.unit.doctor.world import World, thing


def measure(world: World, text: str) -> None:
    """Serve metrics of the agents."""
    configure(world, prometheus_serve_addr=":9962")
    world.add(kinds.AGENT_METRICS, {"pod": "cilium-0", "text": text})


def identities(world: World, number: int, **labels: str) -> None:
    """Add identities; a label with ``{}`` in its value differs for each."""
    for each in range(number):
        found = thing(kinds.CILIUM_IDENTITIES, str(20000 + each))
        found["security-labels"] = {"k8s:io.kubernetes.pod.namespace": "team-a"} | {
            f"k8s:{key}": value.format(each) for key, value in labels.items()
        }
        world.add(kinds.CILIUM_IDENTITIES, found)


def _calico(world: World) -> None:
    status = {"desiredNumberScheduled": 3}
    world.add(
        kinds.DAEMON_SETS,
        thing(kinds.DAEMON_SETS, "calico-node", "calico-system", spec={"template": {}}, status=status),
    )


def _controller_of_eks(world: World) -> None:
    world.add(
        kinds.KUBE_SYSTEM_CONFIG_MAPS,
        thing(
            kinds.KUBE_SYSTEM_CONFIG_MAPS,
            "amazon-vpc-cni",
            "kube-system",
            data={"enable-network-policy-controller": "true"},
        ),
    )
    world.add(kinds.POLICY_ENDPOINTS, thing(kinds.POLICY_ENDPOINTS, "web-x7", "team-a"))


def _open_tenant(world: World) -> None:
    world.remove(kinds.CILIUM_POLICIES, "default-deny")


def _half_open_tenant(world: World) -> None:
    del world.one(kinds.CILIUM_POLICIES, "default-deny")["spec"]["egress"]


def _no_namespace(world: World) -> None:
    world.planned(tenants=("team-a", "team-b"))


def _invalid(world: World) -> None:
    world.one(kinds.CILIUM_POLICIES, "default-deny")["status"]["conditions"][0] |= {
        "status": "False",
        "message": "combining ToServices and ToPorts is not supported yet",
    }


def _never(world: World) -> None:
    configure(world, enable_policy="never")


def _audit(world: World) -> None:
    configure(world, policy_audit_mode="true")


def _admin_policy(world: World) -> None:
    world.add(kinds.ADMIN_POLICIES, thing(kinds.ADMIN_POLICIES, "deny-metadata"))


def _cluster_policy(world: World) -> None:
    world.add(kinds.CLUSTER_POLICIES, thing(kinds.CLUSTER_POLICIES, "deny-metadata"))


def _many_identities(world: World) -> None:
    configure(world, max_connected_clusters="511")
    # One object, many times: only their number counts here.
    identities(world, 1, app="app")
    world.add(kinds.CILIUM_IDENTITIES, *world.all(kinds.CILIUM_IDENTITIES)[-1:] * 26499)


def _one_label(world: World) -> None:
    identities(world, 1200, app="job", **{"batch.example.com/run": "run-{}"})


def _full_policy_map(world: World) -> None:
    measure(
        world,
        'cilium_bpf_map_pressure{map_name="cilium_policy_v2_*"} 1.02\n'
        'cilium_bpf_map_pressure{map_name="ipcache"} 0.000451171875\n',
    )


def _filling_map(world: World) -> None:
    measure(world, 'cilium_bpf_map_pressure{map_name="ct4_global"} 0.93\n')


def _stuck(world: World) -> None:
    world.one(kinds.CILIUM_ENDPOINTS, "web-0")["status"]["state"] = "waiting-for-identity"


def _busy(world: World) -> None:
    for number in range(20):
        name = f"batch-{number}"
        pod = thing(
            kinds.PODS,
            name,
            "team-a",
            spec={"nodeName": "ip-10-0-2-20.ec2.internal"},
            status={"phase": "Succeeded", "startTime": "2026-11-30T11:59:00Z"},
        )
        world.add(kinds.PODS, pod)
        endpoint = thing(kinds.CILIUM_ENDPOINTS, name, "team-a", status={"state": "regenerating"})
        world.add(kinds.CILIUM_ENDPOINTS, endpoint)


def _stale(world: World) -> None:
    networking = {"addressing": [{"ipv4": "100.64.0.30"}]}
    world.add(
        kinds.CILIUM_ENDPOINTS,
        thing(
            kinds.CILIUM_ENDPOINTS,
            "web-old",
            "team-a",
            status={"state": "ready", "networking": networking},
        ),
    )


MUTATIONS = (
    Mutation(
        "Calico enforces policies too",
        _calico,
        ("policy-engines",),
        ("Calico enforces policies beside Cilium", "--namespace calico-system delete daemonset calico-node"),
    ),
    Mutation(
        "EKS's controller of policies is on",
        _controller_of_eks,
        ("policy-engines",),
        (
            "EKS's own controller",
            "PolicyEndpoints: number is 1",
            '"enable-network-policy-controller":"false"',
        ),
    ),
    Mutation(
        "a tenant loses its default deny",
        _open_tenant,
        ("tenants-isolated",),
        ("1 tenant not isolated", "a policy that isolates all pods in ingress is missing"),
    ),
    Mutation(
        "a tenant's egress is open",
        _half_open_tenant,
        ("tenants-isolated",),
        ("a policy that isolates all pods in egress is missing",),
    ),
    Mutation(
        "a tenant has no namespace",
        _no_namespace,
        ("tenants-isolated",),
        ("1 tenant of settings.yaml without a namespace", "Namespace team-b"),
    ),
    Mutation(
        "Cilium refuses a policy",
        _invalid,
        ("valid-policies",),
        ("Cilium does not take 1 of 1 policies", "False: combining ToServices and ToPorts"),
    ),
    Mutation(
        "policies are off",
        _never,
        ("policies-enforced",),
        ("no policy is enforced", "enable-policy is never"),
    ),
    Mutation("policies are only logged", _audit, ("policies-enforced",), ("policies are only logged",)),
    Mutation(
        "an AdminNetworkPolicy is there",
        _admin_policy,
        ("policies-enforced",),
        ("1 object of the kind AdminNetworkPolicy not enforced",),
    ),
    Mutation(
        "a ClusterNetworkPolicy is there",
        _cluster_policy,
        ("policies-enforced",),
        ("the kind ClusterNetworkPolicy not enforced", "from 1.20 on"),
    ),
    Mutation(
        "identities run out",
        _many_identities,
        ("identities",),
        ("warning: 26502 of 32512 identities are in use",),
    ),
    Mutation(
        "a label makes an identity for each pod",
        _one_label,
        ("identities",),
        ("the label batch.example.com/run makes 1199 of 1202 identities", "labels: '!batch.example.com/run'"),
    ),
    Mutation(
        "a policy map is full",
        _full_policy_map,
        ("map-pressure",),
        ("error: policy maps of pods are full: cilium_policy_v2_*", "is 102%", "bpf-policy-map-max is 16384"),
    ),
    Mutation(
        "the map of connections is almost full",
        _filling_map,
        ("map-pressure",),
        ("warning: maps of nodes are almost full: ct4_global", "map_size_ratio"),
    ),
    Mutation(
        "an endpoint waits for its identity",
        _stuck,
        ("endpoints-ready",),
        ("error: 1 endpoint not ready", "status.state is waiting-for-identity, expected ready"),
    ),
    Mutation(
        "agents do not keep up",
        _busy,
        ("endpoints-ready",),
        ("warning: 20 of 26 endpoints being computed", "20 regenerating"),
    ),
    Mutation(
        "an endpoint outlives its pod",
        _stale,
        ("stale-endpoints",),
        ("1 CiliumEndpoint without a pod", "delete ciliumendpoint web-old"),
    ),
)
