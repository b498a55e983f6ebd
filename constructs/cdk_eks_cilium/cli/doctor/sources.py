"""Where the readings of a call come from: a live cluster or a dump, and AWS."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from cdk_eks_cilium.cli.answer import UsageError, extra
from cdk_eks_cilium.cli.output import reason
from cdk_eks_cilium.doctor.checks.views.subnets import pod_subnets
from cdk_eks_cilium.doctor.engine.fields import labels_of
from cdk_eks_cilium.doctor.engine.kinds import NODES
from cdk_eks_cilium.doctor.engine.plan import Plan
from cdk_eks_cilium.doctor.engine.reader import Reader, Readers, UnreadError
from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Aws, Reading
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.doctor.readers.cluster_name import ClusterName, of_access, of_nodes
from cdk_eks_cilium.doctor.readers.once import Once
from cdk_eks_cilium.doctor.readers.unreachable import UnreachableError

_TYPE_LABEL = "node.kubernetes.io/instance-type"


@dataclass(frozen=True)
class Opened:
    """What is examined.

    Attributes:
        subject: It in words, such as ``context prod``.
        reader: Reads it.
        notes: What a reader of the report must know of it, once it is read.
        taken: When a dump was made; None for a live cluster, and where a dump does not say it.
        untold: Ids of checks that a dump cannot answer, with the reason.
    """

    subject: str
    reader: Reader
    notes: Callable[[], tuple[str, ...]] = tuple
    taken: datetime | None = None
    untold: Mapping[str, str] = field(default_factory=dict)


def declare_source(parser: argparse.ArgumentParser) -> None:
    """Add the options that name a live cluster, or a dump."""
    declare_cluster(parser)
    parser.add_argument(
        "--from",
        dest="folder",
        type=Path,
        metavar="DIR",
        help="examine a dump, such as a cilium sysdump or files of `kubectl get`, instead of a live cluster",
    )


def declare_cluster(parser: argparse.ArgumentParser) -> None:
    """Add the options that name a live cluster."""
    parser.add_argument("--context", metavar="NAME", help="the context (default: the current one)")
    parser.add_argument(
        "--kubeconfig", type=Path, metavar="FILE", help="the kubeconfig (default: as for kubectl)"
    )


def declare_aws(parser: argparse.ArgumentParser) -> None:
    """Add the options that name the account."""
    parser.add_argument(
        "--aws",
        action=argparse.BooleanOptionalAction,
        help="ask EKS and EC2, too (default: where there are credentials, a region and a cluster's name)",
    )
    parser.add_argument("--profile", metavar="NAME", help="the AWS profile (default: as for the AWS CLI)")
    parser.add_argument("--region", metavar="REGION", help="the region (default: of settings or kubeconfig)")
    parser.add_argument(
        "--cluster", metavar="NAME", help="the name in EKS (default: of settings or kubeconfig)"
    )


def opening(
    options: argparse.Namespace, plan: Plan, wanted: Iterable[Reading]
) -> tuple[str, Callable[[], Opened]]:
    """What a call examines, in words, and a function that opens it for one pass.

    The function raises `UnreachableError` where a cluster cannot be asked, and `UsageError`.

    Args:
        options: Its options.
        plan: What settings want.
        wanted: What will be read; AWS is asked only if some of it is AWS's.

    Raises:
        UsageError: Options contradict each other, or a folder is missing.
    """
    readings = list(dict.fromkeys(wanted))
    asks_aws = any(isinstance(reading, Aws) for reading in readings)
    if options.folder is None:
        name = f"context {options.context}" if options.context else "the current context"
        return name, partial(_open_live, options, plan, asks_aws)
    if options.context or options.kubeconfig:
        raise UsageError("--from goes with neither --context nor --kubeconfig")
    if not options.folder.exists():
        raise UsageError(f"--from: no such folder: {options.folder}")
    return f"dump {options.folder.name}", partial(_open_dump, options, plan, readings)


def _open_dump(options: argparse.Namespace, plan: Plan, readings: Sequence[Reading]) -> Opened:
    from cdk_eks_cilium.doctor.readers.dump import DumpReader

    try:
        dump = DumpReader(options.folder, readings)
    except (OSError, ValueError) as error:
        words = f"cannot be read ({reason(error)})" if isinstance(error, OSError) else str(error)
        raise UsageError(f"--from {options.folder}: {words}") from None
    source = Opened(f"dump {options.folder.name}", Once(dump), lambda: dump.notes, dump.taken, dump.untold)
    if not any(isinstance(each, Aws) for each in readings) or not _wants_aws(options):
        return source
    return _with_aws(source, ClusterName(), options, plan)


def _open_live(options: argparse.Namespace, plan: Plan, asks_aws: bool) -> Opened:
    with extra("a live cluster needs the package kubernetes", "examine a dump with --from"):
        from cdk_eks_cilium.doctor.readers.access import KubeconfigError
        from cdk_eks_cilium.doctor.readers.live import LiveReader

        try:
            live = LiveReader.of(options.kubeconfig, options.context)
        except KubeconfigError as error:
            raise UsageError(str(error)) from None
    reader = Once(live)
    # A cluster that cannot be reached is not a finding, so ask for something small first.
    try:
        reader.read(ApiVersion())
    except UnreachableError:
        raise
    except UnreadError:
        pass
    source = Opened(f"context {live.access.context}" if live.access.context else "this cluster", reader)
    named = of_access(live.access)
    if plan.cluster and named.name and plan.cluster != named.name:
        raise UsageError(f"--settings: of the cluster {plan.cluster!r}, and the context is of {named.name!r}")
    if not asks_aws:
        return source
    if options.aws is False:
        return _noting(source, "AWS was not asked (--no-aws)")
    return _with_aws(source, named, options, plan)


def _wants_aws(options: argparse.Namespace) -> bool:
    return bool(options.aws or options.profile or options.cluster or options.region)


def _with_aws(source: Opened, named: ClusterName, options: argparse.Namespace, plan: Plan) -> Opened:
    """The source with AWS behind it; if AWS lacks something, and nobody asked for it, without AWS and a note.

    Raises:
        UsageError: Somebody asked for AWS, and it lacks something.
    """
    planned = ClusterName(plan.cluster or "", plan.region or "", plan.account or "")
    found = ClusterName(options.cluster or "", options.region or "").or_else(named).or_else(planned)
    if not (found.name and found.region):
        found = found.or_else(of_nodes(_nodes(source.reader)))
    try:
        from cdk_eks_cilium.doctor.readers.aws import AwsReader, has_credentials, open_session

        session: Any = open_session(found.region or None, options.profile)
        lacking = _lacking(found, session, has_credentials(session))
    except ModuleNotFoundError:
        lacking = "the package boto3: pip install 'cdk-eks-cilium[cli]'"
    except UnreadError as error:
        lacking = f"a session: {error}"
    if not lacking:
        account = AwsReader(
            session,
            found.name,
            lambda: _types(source.reader),
            pod_subnets=lambda: _pod_subnets(source.reader, plan),
            stacks=plan.stacks or (),
        )
        return replace(source, reader=Readers(source.reader, account))
    if _wants_aws(options):
        raise UsageError(f"AWS needs {lacking}")
    return _noting(source, f"AWS was not asked: it needs {lacking}")


def _noting(source: Opened, note: str) -> Opened:
    return replace(source, notes=lambda: (note, *source.notes()))


def _lacking(found: ClusterName, session: Any, credentials: bool) -> str:
    if not credentials:
        return "credentials: log in, or name a profile with --profile"
    if not session.region_name:
        return "a region: name it with --region"
    if not found.name:
        return "the cluster's name: give it with --cluster"
    return ""


def _nodes(reader: Reader) -> Iterable[Any]:
    try:
        found = reader.read(NODES)
    except UnreadError:
        return ()
    return found.objects if found else ()


def _types(reader: Reader) -> Iterable[str]:
    return {name for node in _nodes(reader) if (name := labels_of(node).get(_TYPE_LABEL))}


def _pod_subnets(reader: Reader, plan: Plan) -> Iterable[str]:
    """The subnets of pods; none where the cluster itself does not tell them."""
    try:
        found = pod_subnets(Seen(reader, plan))
    except UnreadError:
        return ()
    return found.ids if found is not None else ()
