"""The files of a command, and the cluster that they are for."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, get_args

from cdk_eks_cilium import settings as environment
from cdk_eks_cilium.cli.answer import FINDINGS, Answer, UsageError
from cdk_eks_cilium.cli.settings_option import add_settings, named_settings
from cdk_eks_cilium.policy.agent_options import HOST_FIREWALL, AgentOptions
from cdk_eks_cilium.policy.cluster_policies import not_enforced
from cdk_eks_cilium.policy.documents import KINDS, Document
from cdk_eks_cilium.policy.model import KubernetesClusterNetworkPolicy, Policy
from cdk_eks_cilium.policy.tenancy import DEFAULT_DENY, namespace_labels
from cdk_eks_cilium.policy_analysis.evaluation import Enforcement, Evaluation
from cdk_eks_cilium.policy_analysis.reading import (
    STANDARD_INPUT,
    LeftOut,
    notes,
    read_inventory,
    read_sources,
    read_written,
)
from cdk_eks_cilium.policy_analysis.services import ServiceProxy
from cdk_eks_cilium.policy_analysis.workloads import Inventory
from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.settings import Settings
from cdk_eks_cilium.settings.tenant_policies import agent_options, tenants_policies
from cdk_eks_cilium.values import derive_cluster_name
from cdk_eks_cilium.versions.cilium import CiliumVersion

_FILES: Final = (
    "YAML or JSON with policies, pods or what makes pods, namespaces and Services; a folder; or '-' for "
    "standard input"
)
_POLICY_KINDS: Final = frozenset({*KINDS, "NetworkPolicy"})


@dataclass(frozen=True)
class Given:
    """The input of a command.

    Attributes:
        policies: The policies. NetworkPolicies of Kubernetes count, because Cilium enforces them, too.
        inventory: The objects that the policies are about.
        version: The release of Cilium that they are for.
        enforcement: The policy enforcement mode of the agents.
        generated: The policies that the library makes by itself, which nobody can correct.
        left_out: What of the input is not in them.
        agent_options: The options of the agents; None if unknown.
        service_proxy: Who hands connections to Services to pods on each node.
        tiers: Whether agents enforce ClusterNetworkPolicies; None if that is unknown.
        remarks: What was taken for granted or ignored, in words.
        rendered: What kustomizations set in the objects, in words.
        documents: Each policy as it was written; None for a tenant's policy.
    """

    policies: Sequence[Policy]
    inventory: Inventory
    version: CiliumVersion
    enforcement: Enforcement
    generated: Sequence[Policy] = ()
    left_out: Sequence[LeftOut] = ()
    agent_options: AgentOptions | None = None
    service_proxy: ServiceProxy = "kube-proxy"
    tiers: bool | None = None
    remarks: Sequence[str] = ()
    rendered: Sequence[str] = ()
    documents: Sequence[Document | None] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out or taken for granted, and why, in words."""
        return (*notes(self.left_out), *self.rendered, *self.remarks)

    def told(self, answer: Answer) -> Answer:
        """An answer about this input that says what was left out of it, see `told`."""
        return told(replace(answer, notes=(*self.rendered, *self.remarks, *answer.notes)), self.left_out)


def told(answer: Answer, left_out: Sequence[LeftOut]) -> Answer:
    """The answer with what was left out of it: as notes, and in data that is an object as ``leftOut``.

    Where policies or pods could not be read, the answer does not end with 0.
    """
    data = answer.data
    if isinstance(data, dict):
        data = {**data, "leftOut": [each.as_json() for each in left_out]}
    wrong = any(each.problem for each in left_out)
    code = answer.code or (FINDINGS if wrong else answer.code)
    return replace(answer, data=data, code=code, notes=(*notes(left_out), *answer.notes))


def add_files(parser: argparse.ArgumentParser, what: str = _FILES, *, settings: bool = True) -> None:
    """Add the arguments for files, release and enforcement to a command's parser.

    Args:
        parser: The parser.
        what: The help text of the files.
        settings: Whether an environment's settings may add to the files.
    """
    parser.add_argument("files", nargs="*" if settings else "+", type=Path, metavar="FILE", help=what)
    default = f"the settings', else {CiliumVersion.DEFAULT}" if settings else str(CiliumVersion.DEFAULT)
    parser.add_argument(
        "--cilium",
        metavar="X.Y.Z",
        help=f"the release of Cilium that the policies are for (default: {default})",
    )
    if not settings:
        return
    add_settings(
        parser,
        "a settings file: its tenants with their policies, default deny among them, its release of Cilium "
        "and its enforcement mode",
    )
    parser.add_argument(
        "--cluster-name",
        metavar="NAME",
        help="Cilium's name of the cluster (default: the settings', else default)",
    )
    parser.add_argument(
        "--mesh",
        action="append",
        default=[],
        metavar="CLUSTER=FILE",
        help="another cluster of the mesh, and files or a folder with its pods and namespaces",
    )
    parser.add_argument(
        "--cidr-match-mode",
        action="append",
        choices=("nodes", "pods"),
        default=[],
        help="what ranges mean beside addresses outside the cluster: the agents' policy-cidr-match-mode "
        "(default: the settings', else nothing)",
    )
    parser.add_argument(
        "--enforcement",
        choices=("default", "always", "never"),
        help="the policy enforcement mode of the agents (default: the settings', else default, which leaves "
        "pods open that no policy selects)",
    )


def add_service_proxy(parser: argparse.ArgumentParser) -> None:
    """Add the option for who hands connections to Services to pods."""
    parser.add_argument(
        "--service-proxy",
        choices=get_args(ServiceProxy),
        help="who hands connections to Services to pods, on each node (default: the settings', else "
        "kube-proxy)",
    )


def read(options: argparse.Namespace, *, lenient: bool = False) -> Given:
    """Read the input of a command; with *lenient*, also policies that the release refuses.

    Raises:
        InputError: For everything wrong in the files.
        UsageError: If no file is named.
    """
    if options.settings is None and not options.files:
        raise UsageError("name files with policies, or --settings")
    return read_set(options.files, options, lenient=lenient)


def read_set(paths: Sequence[Path], options: argparse.Namespace, *, lenient: bool = False) -> Given:
    """Read some files or folders with the release, enforcement and settings of a command's options.

    Commands that compare two sets of policies read each with it.

    Raises:
        InputError: For everything wrong in the files.
    """
    settings = named_settings(options)
    version = version_of(options, settings)
    reading = read_sources(paths)
    found, unread = read_written(reading.documents, version, lenient=lenient)
    policies = [policy for policy, _ in found]
    written = {id(policy): document for policy, document in found}
    known, unknown = read_inventory(reading.documents, options.cluster_name or _cluster_name(settings))
    enforcement: Enforcement = options.enforcement or "default"
    generated: list[Policy] = []
    agents: AgentOptions | None = None
    if settings is not None:
        enforcement = options.enforcement or settings.cilium.policy_enforcement
        # A tenant's file may be among the files, too.
        policies += [one for one in _tenants(settings) if one not in policies]
        generated = [one for one in policies if one.name == DEFAULT_DENY and _is_isolated(settings, one)]
        namespaces = {
            one.namespace: namespace_labels(one.pod_security, one.labels) for one in settings.tenants
        }
        known = replace(known, namespaces={**namespaces, **known.namespaces})
        agents = agent_options(settings)
        known = replace(known, ranges_mean=agents.ranges_mean, host_firewall=agents.has(HOST_FIREWALL))
    if options.cidr_match_mode:
        known = replace(known, ranges_mean=frozenset(options.cidr_match_mode))
    mesh, beside = _mesh(options)
    known = replace(known, mesh=mesh)
    left_out = (*reading.left_out, *unread, *unknown, *beside)
    replaced = settings is not None and settings.cilium.kube_proxy_replacement
    named: ServiceProxy | None = getattr(options, "service_proxy", None)
    proxy: ServiceProxy = named or ("cilium" if replaced else "kube-proxy")
    tiers = settings.cilium.cluster_network_policies if settings is not None else None
    judged, remarks = _in_tiers(policies, version, tiers)
    kept = policies if lenient else judged
    return Given(
        kept,
        known,
        version,
        enforcement,
        generated,
        left_out,
        agents,
        proxy,
        tiers,
        remarks,
        reading.remarks,
        [written.get(id(one)) for one in kept],
    )


def _mesh(options: argparse.Namespace) -> tuple[tuple[Inventory, ...], list[LeftOut]]:
    """What ``--mesh`` says of other clusters, with what is left out of that."""
    found: dict[str, list[Path]] = {}
    for text in options.mesh:
        name, equals, path = text.partition("=")
        if not equals or not name or not path:
            raise InputError([Problem("--mesh", "must be CLUSTER=FILE", text, id="CEK7181")])
        found.setdefault(name, []).append(Path(path))
    mesh: list[Inventory] = []
    left_out: list[LeftOut] = []
    for name, paths in found.items():
        reading = read_sources(paths)
        known, unknown = read_inventory(reading.documents, name)
        mesh.append(known)
        left_out += [*reading.left_out, *unknown]
    return tuple(mesh), left_out


def _cluster_name(settings: Settings | None) -> str:
    return derive_cluster_name(settings.name) if settings is not None else "default"


def _in_tiers(
    policies: list[Policy], version: CiliumVersion, tiers: bool | None
) -> tuple[list[Policy], list[str]]:
    """The policies that agents enforce, with what to say about ClusterNetworkPolicies."""
    named = [one for one in policies if isinstance(one, KubernetesClusterNetworkPolicy)]
    if not named:
        return policies, []
    names = ", ".join(f"{one.written_as} {one.name}" for one in named)
    why = not_enforced(version, tiers)
    if why:
        return [one for one in policies if one not in named], [f"ignored: {names}: {why}"]
    if tiers is None:
        return policies, [
            f"taken as enforced: {names}: agents enforce them where the chart's "
            "k8sClusterNetworkPolicy.enabled is true, as --settings would tell"
        ]
    return policies, []


def version_of(options: argparse.Namespace, settings: Settings | None = None) -> CiliumVersion:
    """The release that the options or the settings name.

    Raises:
        InputError: If the release is unknown.
    """
    if options.cilium is not None:
        return CiliumVersion.of(options.cilium, where="--cilium")
    return environment.cilium_version(settings) if settings is not None else CiliumVersion.DEFAULT


def evaluation_of(options: argparse.Namespace, given: Given) -> Evaluation:
    """The evaluation of the policies.

    Raises:
        InputError: If the files have no policy.
    """
    need_policies(options, given)
    return Evaluation(given.policies, given.inventory, version=given.version, enforcement=given.enforcement)


def _is_isolated(settings: Settings, policy: Policy) -> bool:
    """Whether a policy is for a namespace that the library gives its default deny."""
    return any(one.default_deny and one.namespace == policy.metadata.namespace for one in settings.tenants)


def _tenants(settings: Settings) -> list[Policy]:
    return [policy for tenant in settings.tenants for policy in tenants_policies(settings, tenant)]


def need_policies(options: argparse.Namespace, given: Given) -> None:
    """Refuse input without a policy.

    Raises:
        InputError: If the files have no policy.
    """
    # Where agents ignore every policy, the note says so.
    if not given.policies and not given.remarks:
        wrong = [each for each in given.left_out if each.problem]
        problems = [each.problem for each in wrong if each.problem]
        # A policy that is wrong is not missing.
        if not any(each.kind in _POLICY_KINDS for each in wrong):
            paths = [*options.files, *([options.settings] if options.settings else [])]
            templates = any(each.reason == "template" for each in given.left_out)
            fix = "render the templates first" if templates else "also name the files with the policies"
            rule = f"must contain a policy of Cilium{beside(given.left_out)}"
            problems.append(Problem(named(paths), rule, fix=fix, id="CEK7016"))
        raise InputError(problems)


def named(paths: Iterable[Path]) -> str:
    """The files of a command as errors name them."""
    return ", ".join("standard input" if str(path) == STANDARD_INPUT else str(path) for path in paths)


def beside(left_out: Sequence[LeftOut]) -> str:
    """The end of a rule that input must contain something else, too; empty if nothing else was there."""
    found = notes(each for each in left_out if not each.problem and each.reason != "template")
    parts = "; ".join(each.partition(": ")[2] for each in found)
    return f" beside what was left out ({parts})" if parts else ""
