"""Writes and reads a file with facts of instance types.

The file has the form of the library's own table: a line that names source and day, then a CSV. A user makes
it from the answer of EC2's DescribeInstanceTypes, for types that the table lacks or describes as they once
were.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from cdk_eks_cilium.problems import MISSING, Problem, refuse

from .instance_types import InstanceType, parse_row

COLUMNS: Final = ("name", "enis", "ipv4_per_eni", "hypervisor", "vcpus", "architecture", "memory_mib")
#: Files that were written before have these.
_EARLIER_COLUMNS: Final = COLUMNS[:-1]
_HYPERVISORS: Final = ("nitro", "xen", "metal")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]*")
Row = dict[str, str]


@dataclass(frozen=True)
class Facts:
    """The content of a file of facts.

    Attributes:
        types: The types by name, for `NodeAddressing.instance_facts`.
        source: Their source and day: the head of the file.
    """

    types: Mapping[str, InstanceType]
    source: str


def row_from_api(facts: Mapping[str, Any]) -> Row:
    """Return the row of one element of ``InstanceTypes`` in the answer of DescribeInstanceTypes.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceTypeInfo.html

    Raises:
        KeyError: If the element lacks what addressing needs.
    """
    network = facts["NetworkInfo"]
    first_card = network.get("DefaultNetworkCardIndex", 0)
    # The total counts every network card, but interfaces attached without naming a card go to the first.
    on_card = [
        card["MaximumNetworkInterfaces"]
        for card in network.get("NetworkCards", ())
        if card["NetworkCardIndex"] == first_card
    ]
    architectures = facts["ProcessorInfo"]["SupportedArchitectures"]
    return {
        "name": facts["InstanceType"],
        "enis": str(min([network["MaximumNetworkInterfaces"], *on_card])),
        "ipv4_per_eni": str(network["Ipv4AddressesPerInterface"]),
        "hypervisor": "metal" if facts["BareMetal"] else facts["Hypervisor"],
        "vcpus": str(facts["VCpuInfo"]["DefaultVCpus"]),
        # The oldest types also support 32 bits, which no node uses.
        "architecture": next(name for name in architectures if name != "i386"),
        "memory_mib": str(facts.get("MemoryInfo", {}).get("SizeInMiB", "")),
    }


def rows_from_answer(answer: Any, where: str, fix: str) -> list[Row]:
    """Return the rows of an answer that may be invalid, such as one from a file.

    Args:
        answer: All pages in one, as ``aws ec2 describe-instance-types --output json`` prints them.
        where: The source that the problems name.
        fix: What to do about an invalid answer, as a clause.

    Raises:
        InputError: If the answer is invalid, with every invalid element at once.
    """
    listed = answer.get("InstanceTypes") if isinstance(answer, Mapping) else None
    if not isinstance(listed, list):
        got = list(answer)[:5] if isinstance(answer, Mapping) else type(answer).__name__
        refuse([Problem(where, "must be an object with the list InstanceTypes", got, fix, id="CEK3011")])
    if not listed:
        refuse([Problem(where, "must have at least one instance type", listed, fix, id="CEK3012")])
    rows: list[Row] = []
    problems: list[Problem] = []
    for number, facts in enumerate(listed or ()):
        at = f"{where}, InstanceTypes[{number}]"
        try:
            row = row_from_api(facts)
        except KeyError as lacking:
            name = facts.get("InstanceType", MISSING)
            problems.append(Problem(at, f"must have the key {lacking.args[0]}", name, fix, id="CEK3013"))
        except (AttributeError, TypeError, StopIteration):
            # A part has another type than mapping or list, or no architecture has 64 bits.
            rule = "must describe an instance type as EC2 does"
            problems.append(Problem(at, rule, type(facts).__name__, fix, id="CEK3014"))
        else:
            rows.append(row)
            problems += _row_problems(at, row)
    refuse(problems)
    return rows


def render_facts(rows: Iterable[Row], source: str, day: date, by: str = "cdk-eks-cilium") -> str:
    """Return the text of a file of facts, sorted by name.

    Args:
        rows: Its rows.
        source: Where they come from: ``region eu-central-1``.
        day: The day of EC2's answer.
        by: The program that writes the file.
    """
    out = io.StringIO()
    out.write(f"# EC2 DescribeInstanceTypes, {source}, written {day} by {by}\n")
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(rows, key=lambda each: each["name"]))
    return out.getvalue()


def read_facts(text: str, where: str = "instance_facts") -> Facts:
    """Read a file of facts.

    Raises:
        InputError: If the file does not have the form that `render_facts` writes, with every invalid line.
    """
    lines = text.splitlines()
    head = [line for line in lines if line.startswith("#")]
    reader = csv.DictReader(line for line in lines if not line.startswith("#"))
    fix = "write it with 'cdk-eks-cilium instances --region REGION --output FILE'"
    if not head:
        rule = "must begin with a line '# ' that names its source and day"
        refuse([Problem(where, rule, fix=fix, id="CEK3015")])
    if tuple(reader.fieldnames or ()) not in (COLUMNS, _EARLIER_COLUMNS):
        rule = f"must have the columns {','.join(COLUMNS)}"
        refuse([Problem(where, rule, ",".join(reader.fieldnames or ()), fix, id="CEK3016")])
    types: dict[str, InstanceType] = {}
    problems: list[Problem] = []
    for number, row in enumerate(reader, start=1):
        at = f"{where}, row {number}"
        found = _row_problems(at, row)
        problems += found
        if not found:
            types[row["name"]] = parse_row(row)
    refuse(problems)
    return Facts(MappingProxyType(types), " ".join(line.lstrip("# ") for line in head))


def _row_problems(where: str, row: Mapping[Any, Any]) -> list[Problem]:
    if None in row or None in row.values():
        count = len(COLUMNS if "memory_mib" in row else _EARLIER_COLUMNS)
        return [Problem(where, f"must have {count} values", [*row.values()], id="CEK3017")]
    problems = []
    if not _NAME.fullmatch(row["name"]):
        problems.append(Problem(f"{where}: name", "must be the name of a type", row["name"], id="CEK3018"))
    # Earlier files lack the memory, which only advice depends on.
    memory = {"memory_mib": 1} if row.get("memory_mib") else {}
    for name, least in {"enis": 1, "ipv4_per_eni": 2, "vcpus": 1, **memory}.items():
        value = row[name]
        if not (value.isascii() and value.isdigit() and int(value) >= least):
            problems.append(
                Problem(f"{where}: {name}", f"must be a number of {least} or more", value, id="CEK3019")
            )
    if row["hypervisor"] not in _HYPERVISORS:
        rule = f"must be one of {', '.join(_HYPERVISORS)}"
        problems.append(Problem(f"{where}: hypervisor", rule, row["hypervisor"], id="CEK3020"))
    return problems
