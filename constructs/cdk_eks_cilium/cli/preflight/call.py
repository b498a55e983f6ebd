"""The command itself: reads the account, runs the checks, and reports."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cdk_eks_cilium.cli.answer import STOPPED, Answer, UsageError, extra
from cdk_eks_cilium.cli.examining.answering import answer, listed
from cdk_eks_cilium.cli.examining.choosing import chosen
from cdk_eks_cilium.cli.examining.options import declare_checks, declare_output, positive
from cdk_eks_cilium.cli.examining.progress import Progress
from cdk_eks_cilium.cli.output import tell
from cdk_eks_cilium.cli.settings_option import add_settings, read_settings
from cdk_eks_cilium.doctor.checks import PREFLIGHT, preflight_checks
from cdk_eks_cilium.doctor.engine.account_kinds import CHANGE_SETS, IDENTITY
from cdk_eks_cilium.doctor.engine.check import Check
from cdk_eks_cilium.doctor.engine.examine import examine, look
from cdk_eks_cilium.doctor.engine.finding import Severity
from cdk_eks_cilium.doctor.engine.plan import Plan
from cdk_eks_cilium.doctor.engine.reader import NotAskedError, Readers, UnreadError
from cdk_eks_cilium.doctor.engine.readings import Reading
from cdk_eks_cilium.doctor.reports import Report, exit_status

if TYPE_CHECKING:
    from cdk_eks_cilium.doctor.readers.change_sets import ChangeSetReader

_SECONDS: Final = 120
_ASSEMBLY: Final = Path("cdk.out")


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_settings(parser)
    parser.add_argument("--profile", metavar="NAME", help="the AWS profile (default: as for the AWS CLI)")
    parser.add_argument("--region", metavar="REGION", help="the region (default: of the settings)")
    parser.add_argument(
        "--change-set",
        action="store_true",
        help="also make a change set of each synthesized stack, read what CloudFormation says, and delete it",
    )
    parser.add_argument(
        "--assembly",
        type=Path,
        metavar="DIR",
        help=f"with --change-set: the folder that `cdk synth` wrote (default: {_ASSEMBLY})",
    )
    parser.add_argument(
        "--timeout",
        type=positive,
        metavar="SECONDS",
        default=_SECONDS,
        help="how long all reading may take; what is later is unknown (default: %(default)s)",
    )
    declare_checks(parser)
    declare_output(parser)


def run(options: argparse.Namespace) -> Answer:
    """Say whether the account takes a deploy of the settings, before it.

    It only reads, apart from --change-set; `preflight role` prints the rights that it needs. The exit status
    is 0 where all is well, 1 for findings, 3 if AWS cannot be reached or does not know the caller, and 4 if
    nothing is wrong but something could not be judged.
    """
    checks = chosen(preflight_checks(), options.only, options.skip)
    if options.list:
        return listed(checks, options, PREFLIGHT)
    if options.assembly and not options.change_set:
        raise UsageError("--assembly goes with --change-set")
    plan = _plan(options)
    session = _session(options, plan)
    try:
        report = _examined(checks, session, plan, options)
    except UnreadError as error:
        return Answer(code=STOPPED, notes=[f"preflight: {error}"])
    return answer(report, exit_status(report.diagnosis, report.fail_on), options)


def _plan(options: argparse.Namespace) -> Plan:
    settings = read_settings(options, must_fit=False)
    from cdk_eks_cilium.doctor.planning.from_settings import plan_of

    plan = plan_of(settings, str(options.settings or "settings.yaml"), renders=False)
    if options.region and plan.region != options.region:
        raise UsageError(f"--region: the settings deploy to {plan.region!r}, so correct 'region' there")
    return plan


def _session(options: argparse.Namespace, plan: Plan) -> Any:
    with extra("preflight needs the package boto3", "ask AWS by hand"):
        from cdk_eks_cilium.doctor.readers.aws import has_credentials, open_session

        try:
            session = open_session(plan.region, options.profile)
        except UnreadError as error:
            raise UsageError(str(error)) from None
        if not has_credentials(session):
            raise UsageError("AWS needs credentials: log in, or name a profile with --profile")
    return session


def _examined(checks: Sequence[Check], session: Any, plan: Plan, options: argparse.Namespace) -> Report:
    """The report.

    Raises:
        UnreadError: AWS does not say who calls.
    """
    from cdk_eks_cilium.doctor.readers.before import AccountReader

    account = AccountReader(session, plan, seconds=options.timeout)
    identity = account.read(IDENTITY)
    caller = identity.objects[0] if identity else {}
    change_sets = _change_sets(session, options)
    notes: tuple[str, ...] = ()
    try:
        with Progress(checks, "reading the account") as progress:
            seen = look(checks, Readers(account, change_sets or _NotAsked()), plan, progress.heard)
            diagnosis = examine(checks, seen, options.ignore)
    finally:
        if change_sets is not None:
            notes = _closed(change_sets)
    return Report(
        diagnosis,
        f"account {caller.get('Account')} in {plan.region}",
        plan.source,
        datetime.now(UTC),
        PREFLIGHT,
        Severity(options.fail_on),
        notes,
        tool="preflight",
    )


class _NotAsked:
    """Makes no change sets."""

    def read(self, reading: Reading) -> None:
        """Nothing, and why.

        Raises:
            NotAskedError: Of change sets.
        """
        if reading == CHANGE_SETS:
            raise NotAskedError("--change-set asks CloudFormation")


def _change_sets(session: Any, options: argparse.Namespace) -> ChangeSetReader | None:
    """The reader of change sets; None where nobody asked for them.

    Raises:
        UsageError: The folder is not an assembly.
    """
    if not options.change_set:
        return None
    from cdk_eks_cilium.doctor.readers.assembly import AssemblyError
    from cdk_eks_cilium.doctor.readers.change_sets import ChangeSetReader

    try:
        return ChangeSetReader(session, options.assembly or _ASSEMBLY, options.timeout)
    except AssemblyError as error:
        raise UsageError(f"--assembly: {error}") from None


def _closed(change_sets: ChangeSetReader) -> tuple[str, ...]:
    """Delete what is left, also after Ctrl-C; what stays, in words."""
    try:
        change_sets.close()
    except UnreadError as error:
        tell(str(error))
        return (str(error),)
    return ()
