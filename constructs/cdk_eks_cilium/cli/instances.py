"""``instances``: a file of facts of instance types that the library does not know yet."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any, Final

from cdk_eks_cilium.addressing import (
    InstanceType,
    NodeAddressing,
    Row,
    find,
    instance_problems,
    known,
    read_facts,
    render_facts,
    rows_from_answer,
)
from cdk_eks_cilium.problems import InputError, Problem, refuse

from .answer import USAGE, Answer, Table, Target, UsageError, extra
from .ec2_types import Ec2Error, ask, open_session
from .frame import add_json
from .output import reason

STDIN: Final = "-"
_AWS_CLI: Final = "write it with 'aws ec2 describe-instance-types --output json'"
_NAMED_AT_MOST: Final = 20
_COLUMNS: Final = ("type", "ENIs", "IPv4 per ENI", "hypervisor", "vCPUs", "architecture", "max pods")
Types = Mapping[str, InstanceType]


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--region", help="ask EC2 in this region (default: the region of the profile)")
    parser.add_argument(
        "--type",
        nargs="+",
        action="extend",
        default=[],
        metavar="TYPE",
        help="only these types, such as m6i.large (default: all types of the region)",
    )
    parser.add_argument(
        "--from-json",
        metavar="FILE",
        help="do not ask EC2, but read what 'aws ec2 describe-instance-types --output json' printed (-: from "
        "standard input)",
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="the file to write or replace (default: standard output)"
    )
    parser.add_argument(
        "--show", nargs="+", metavar="TYPE", help="print what the library knows of these types"
    )
    add_json(parser, "with --show: print JSON")


def run(options: argparse.Namespace) -> Answer:
    """Write a file of instance facts, for the setting instance_facts.

    It asks EC2 with your credentials, which need the IAM action ec2:DescribeInstanceTypes.
    """
    if options.show:
        return _show(options)
    if options.json:
        raise UsageError("--json goes with --show only")
    if options.from_json is not None and (options.region or options.type):
        raise UsageError("--from-json goes with neither --region nor --type")
    # Before the question, so that nobody waits for an answer that cannot be written.
    before = {} if options.output is None else _present(options.output)
    try:
        rows, source, notes = (
            _from_ec2(options) if options.from_json is None else _from_json(options.from_json)
        )
    except Ec2Error as error:
        return Answer(code=USAGE, notes=[str(error)])
    text = render_facts({row["name"]: row for row in rows}.values(), source, date.today())
    types = read_facts(text, "the answer").types
    return Answer(
        None,
        [text],
        notes=[*notes, *_report(str(options.output or "standard output"), types, before)],
        target=options.output and Target("--output", options.output),
    )


def _show(options: argparse.Namespace) -> Answer:
    if options.region or options.type or options.from_json is not None or options.output:
        raise UsageError("--show goes with --json only")
    found = _known_facts(options.show)
    rows = [["-" if value is None else str(value) for value in facts.values()] for facts in found]
    return Answer(found, [Table(_COLUMNS, rows)])


def _known_facts(names: Sequence[str]) -> list[dict[str, Any]]:
    """The facts of types in the library's table. ``max_pods`` is that of a node with the default values."""
    problems: list[Problem] = []
    found: list[dict[str, Any]] = []
    for name in dict.fromkeys(names):
        try:
            found.append(_facts(find(name, where="--show")))
        except InputError as unknown:
            problems += unknown.problems
    refuse(problems)
    return found


def _facts(instance: InstanceType) -> dict[str, Any]:
    addressing = NodeAddressing()
    usable = not any(instance_problems("--show", [instance.name], addressing))
    return {
        "name": instance.name,
        "enis": instance.enis,
        "ipv4_per_eni": instance.ipv4_per_eni,
        "hypervisor": "metal" if instance.bare_metal else "nitro" if instance.nitro else "xen",
        "vcpus": instance.vcpus,
        "architecture": instance.architecture,
        "max_pods": addressing.pods(instance) if usable else None,
    }


def _from_ec2(options: argparse.Namespace) -> tuple[list[Row], str, list[str]]:
    with extra("EC2 needs boto3", "use --from-json"):
        session = open_session(options.region)
    if not session.region_name:
        raise UsageError("no region: name one with --region, in AWS_DEFAULT_REGION or in the profile")
    return ask(session, list(dict.fromkeys(options.type))), f"region {session.region_name}", []


def _from_json(name: str) -> tuple[list[Row], str, list[str]]:
    where = "standard input" if name == STDIN else name
    try:
        # As bytes: json then reads UTF-16 too, which PowerShell's `>` writes.
        answer = json.loads(sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes())
    except OSError as error:
        rule = f"must be a file that can be read: {reason(error)}"
        refuse([Problem("--from-json", rule, name, _AWS_CLI, id="CEK7006")])
    except (ValueError, RecursionError) as error:
        refuse([Problem(where, "must be JSON", str(error).partition("\n")[0], _AWS_CLI, id="CEK7007")])
    rows = rows_from_answer(answer, where, _AWS_CLI)
    partial = f"warning: {where}: the answer is only the first part; leave out --no-paginate and --max-items"
    return rows, "an answer that the AWS CLI got", [partial] if answer.get("NextToken") else []


def _present(file: Path) -> Types:
    """The types of the file to replace; empty for a new file."""
    if not file.resolve().parent.is_dir():
        rule = "must be in a folder that exists"
        refuse([Problem("--output", rule, str(file), "make the folder", id="CEK7008")])
    if not file.exists():
        return {}
    try:
        return read_facts(file.read_text(encoding="utf-8")).types
    except OSError as error:
        rule = f"must be a file that can be replaced: {reason(error)}"
        raise InputError([Problem("--output", rule, str(file), "name another", id="CEK7009")]) from None
    except ValueError:
        rule, fix = "must be a new file or a file of instance facts", "name another, or delete it"
        raise InputError([Problem("--output", rule, str(file), fix, id="CEK7010")]) from None


def _report(where: str, types: Types, before: Types) -> Iterator[str]:
    table = known()
    new = [name for name in types if name not in table]
    others = [(name, _changes(find(name), types[name])) for name in types if name in table]
    differ = [f"{name} ({changes})" for name, changes in others if changes]
    gone = [name for name in before if name not in types]
    yield f"{where}: {len(types)} instance types; the library's table has {len(types) - len(new)} of them"
    yield from _names("new to the library", new)
    yield from _names("different from the library", differ)
    yield from _names("no longer in the file", gone)


def _changes(old: InstanceType, new: InstanceType) -> str:
    values = [(field.name, getattr(old, field.name), getattr(new, field.name)) for field in fields(old)]
    return ", ".join(f"{name} {here}, not {there}" for name, there, here in values if here != there)


def _names(title: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        more = len(names) - _NAMED_AT_MOST
        rest = [f"and {more} more"] if more > 0 else []
        yield f"  {title}: {', '.join([*names[:_NAMED_AT_MOST], *rest])}"
