"""The files of a command, and the cluster that they are for."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cdk_eks_cilium import settings as environment
from cdk_eks_cilium.cli.answer import UsageError
from cdk_eks_cilium.cli.settings_option import add_settings, named_settings
from cdk_eks_cilium.policy.cluster_policies import not_enforced
from cdk_eks_cilium.policy.documents import load_policies, read_files
from cdk_eks_cilium.policy.model import KubernetesClusterNetworkPolicy, Policy
from cdk_eks_cilium.policy.tenancy import DEFAULT_DENY, namespace_labels
from cdk_eks_cilium.policy_analysis.endpoint_view import endpoint_views
from cdk_eks_cilium.policy_analysis.evaluation import Enforcement, Evaluation
from cdk_eks_cilium.policy_analysis.workloads import Inventory, inventory
from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.settings import Settings
from cdk_eks_cilium.settings.tenant_policies import tenants_policies
from cdk_eks_cilium.values import derive_cluster_name
from cdk_eks_cilium.versions.cilium import CiliumVersion

_FILES: Final = "YAML with policies, pods or what makes pods, namespaces and Services, or a folder"


@dataclass(frozen=True)
class Given:
    """The input of a command.

    Attributes:
        policies: The policies. NetworkPolicies of Kubernetes count, because Cilium enforces them, too.
        inventory: The objects that the policies are about.
        version: The release of Cilium that they are for.
        enforcement: The policy enforcement mode of the agents.
        generated: The policies that the library makes by itself, which nobody can correct.
        notes: What was left out or taken for granted, and why.
        tiers: Whether agents enforce ClusterNetworkPolicies; None if that is unknown.
    """

    policies: Sequence[Policy]
    inventory: Inventory
    version: CiliumVersion
    enforcement: Enforcement
    generated: Sequence[Policy] = ()
    notes: Sequence[str] = ()
    tiers: bool | None = None


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
        "--enforcement",
        choices=("default", "always", "never"),
        help="the policy enforcement mode of the agents (default: the settings', else default, which leaves "
        "pods open that no policy selects)",
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
    documents = read_files(paths)
    policies: list[Policy] = [
        *load_policies(documents, None if lenient else version),
        *endpoint_views(documents, version),
    ]
    known = inventory(documents)
    enforcement: Enforcement = options.enforcement or "default"
    generated: list[Policy] = []
    if settings is not None:
        enforcement = options.enforcement or settings.cilium.policy_enforcement
        # A tenant's file may be among the files, too.
        policies += [one for one in _tenants(settings) if one not in policies]
        generated = [one for one in policies if one.name == DEFAULT_DENY and _is_isolated(settings, one)]
        namespaces = {
            one.namespace: namespace_labels(one.pod_security, one.labels) for one in settings.tenants
        }
        known = replace(
            known,
            namespaces={**namespaces, **known.namespaces},
            cluster_name=derive_cluster_name(settings.name),
        )
    tiers = settings.cilium.cluster_network_policies if settings is not None else None
    judged, notes = _in_tiers(policies, version, tiers)
    return Given(policies if lenient else judged, known, version, enforcement, generated, notes, tiers)


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
    if options.cilium:
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
    if not given.policies and not given.notes:
        names = ", ".join(map(str, (*options.files, *([options.settings] if options.settings else []))))
        fix = "also name the files with the policies"
        raise InputError([Problem(names, "must contain a policy of Cilium", fix=fix, id="CEK7016")])
