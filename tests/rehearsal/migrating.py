"""The example of a migration, played phase by phase on a cluster that runs aws-node."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from cdk_eks_cilium.migration import PHASES, Phase
from rehearsal.aws.account import Account, Cluster
from rehearsal.aws.existing import provide
from rehearsal.aws.existing_clusters import provide_clusters
from rehearsal.aws.runtime import Options, Runtime
from rehearsal.cloudformation.assembly import Assembly
from rehearsal.cloudformation.engine import Engine
from rehearsal.cloudformation.state import Recorder
from rehearsal.reachability.network import Interface
from rehearsal.reachability.paths import inside
from rehearsal.reachability.reading import read_network
from rehearsal.reachability.traffic import ANY_TCP, udp
from rehearsal.report.verdict import EndStateFinding, after_create
from tests.rehearsal.assemblies import ROOT

CLUSTER = "shop"
VPC = "vpc-0123456789abcdef0"
OLD_GROUP = "sg-0123456789abcdef1"
PODS = IPv4Network("100.64.0.0/16")
_AWS_NODE = ("DaemonSet", "aws-node", "kube-system")


@cache
def _example() -> Any:
    """The stack of the example, whose module also makes an app of its own."""
    return runpy.run_path(str(ROOT / "examples/03-migration/app.py"))["MigrationStack"]


def example(phase: Phase, out: Path) -> cdk.App:
    """The example's app in a phase, which is not synthesized yet."""
    app = cdk.App(outdir=str(out), context={"phase": phase}, builtin_cloud_formation_validation=False)
    _example()(app, "shop", env=cdk.Environment(account="111122223333", region="eu-west-1"))
    return app


def assemblies(folder: Path) -> dict[Phase, Assembly]:
    """The example's assembly for each phase."""
    made: dict[Phase, Assembly] = {}
    for phase in PHASES:
        example(phase, folder / phase).synth()
        made[phase] = Assembly.load(folder / phase)
    return made


@dataclass
class Seen:
    """The cluster after a step.

    Attributes:
        findings: What the rehearsal judges.
        cnis: The CNI of each node: of old nodes under ``old``, of others under ``new``.
        agents: The nodes on which an agent of Cilium runs, by the same words.
        aws_node: The pod template of aws-node; None if it is gone.
        policies: The names of clusterwide policies.
        interfaces: How many pod interfaces nodes have, with prefixes.
        core_dns: Whether CoreDNS runs.
        addons: EKS's add-ons for the CNI.
        reach: Who reaches whom by routes, groups and network ACLs, where the old nodes are in a group
            of their own: ``old pods to new pods, any TCP port``, and so on.
    """

    findings: list[EndStateFinding]
    cnis: list[tuple[str, str | None]]
    agents: list[str]
    aws_node: dict[str, Any] | None
    policies: list[str]
    interfaces: int
    core_dns: bool
    addons: list[str]
    reach: dict[str, bool]

    @property
    def faults(self) -> list[str]:
        return [f"{each.check}: {each.detail}" for each in self.findings if not each.good]


@dataclass
class Migration:
    """A cluster with two old nodes, and the phases to bring it to."""

    account: Account
    runtime: Runtime
    engine: Engine
    phases: dict[Phase, Assembly]
    steps: list[str] = field(default_factory=list)

    @property
    def cluster(self) -> Cluster:
        return self.account.clusters[CLUSTER]

    def deploy(self, phase: Phase) -> Seen:
        assembly = self.phases[phase]
        self.runtime.asset, self.runtime.existing_crds = assembly.asset, assembly.existing_crds
        (stack,) = assembly.stacks
        (self.engine.update if stack.name in self.engine.stacks else self.engine.create)(stack)
        self.steps.append(phase)
        return self.look()

    def destroy(self) -> Seen:
        self.engine.delete("shop")
        return self.look()

    def look(self) -> Seen:
        kubernetes = self.cluster.kubernetes
        nodes = list(self.cluster.nodes.values())
        kind = {node.name: "old" if node.before else "new" for node in nodes}
        daemon_set = kubernetes.get(*_AWS_NODE)
        return Seen(
            after_create(self.account, self.engine.stacks.values()),
            sorted((kind[node.name], kubernetes.node_state(node.name).cni) for node in nodes),
            sorted(kind[each["metadata"]["name"]] for each in kubernetes.objects("CiliumNode", None)),
            daemon_set and daemon_set["spec"]["template"]["spec"],
            sorted(
                each["metadata"]["name"]
                for each in kubernetes.objects("CiliumClusterwideNetworkPolicy", None)
            ),
            sum(bool(interface.prefixes) for node in nodes for interface in node.interfaces),
            kubernetes.addon_state("coredns")[0],
            sorted(kubernetes.managed_addons & {"vpc-cni"}),
            self._reach(),
        )

    def _reach(self) -> dict[str, bool]:
        ec2 = self.account.client("ec2")
        # The rehearsal takes the rules of groups that exist on trust. Here they are all there is.
        network = read_network(ec2, VPC, {}, ())
        subnets = network.subnets.values()
        old = [each for each in subnets if not each.cidr.subnet_of(PODS)]
        new = [each for each in subnets if each.cidr.subnet_of(PODS)]
        old_pods = [Interface("old pods", each.id, (OLD_GROUP,)) for each in old]
        new_pods = [Interface("new pods", each.id, (self.cluster.security_group,)) for each in new]
        return {
            f"{sources[0].name} to {targets[0].name}, {traffic}": all(
                inside(network, source, target, traffic).reached for source in sources for target in targets
            )
            for sources, targets in ((old_pods, new_pods), (new_pods, old_pods))
            if sources and targets
            for traffic in (ANY_TCP, udp(53))
        }


@contextmanager
def migration(
    phases: dict[Phase, Assembly], charts: Path | None = None, say: Callable[[str], None] = lambda _: None
) -> Iterator[Migration]:
    """A cluster as it is before the first phase."""
    last = phases["move"]
    with (
        Account(last.environment) as account,
        Runtime(Options(charts=charts), last.asset, say) as runtime,
    ):
        templates = [stack.template for each in phases.values() for stack in each.stacks]
        provide(account, templates)
        texts = provide_clusters(account, runtime, templates)
        ready = {phase: each.standing_in(texts) for phase, each in phases.items()}
        yield Migration(account, runtime, Engine(account, runtime, Recorder(lambda _: None)), ready)
