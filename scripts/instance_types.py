"""Write the table of instance types that the library plans addresses with.

    python scripts/instance_types.py --region eu-central-1
    python scripts/instance_types.py --from-moto

The first form asks EC2 (DescribeInstanceTypes, with your credentials) and keeps types of the present
table that the region does not offer; the second reads the copy of that answer which moto ships. Users who
lack a type need neither: `cdk-eks-cilium instances` writes a file of facts beside the table.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sys
from datetime import date
from importlib import metadata
from importlib.resources import files
from pathlib import Path

from cdk_eks_cilium.addressing import Row, render_facts, row_from_api
from cdk_eks_cilium.cli.ec2_types import Ec2Error, ask, open_session

TABLE = Path(__file__).parents[1] / "constructs/cdk_eks_cilium/addressing/instance_types.csv"
SCRIPT = "scripts/instance_types.py"


def from_moto() -> tuple[list[Row], str]:
    """Return the rows of moto's copy, and the name of that source."""
    packed = files("moto") / "ec2/resources/instance_types.json.gz"
    types = json.loads(gzip.decompress(packed.read_bytes()))
    return [row_from_api(facts) for facts in types.values()], f"the copy in moto {metadata.version('moto')}"


def from_ec2(region: str) -> tuple[list[Row], str]:
    """Return the rows EC2 gives for a region, and the name of that source."""
    return ask(open_session(region)), f"region {region}"


def present(path: Path) -> list[Row]:
    """Return the rows of the table at *path*, an empty list when the table does not exist yet."""
    if not path.exists():
        return []
    lines = (line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return list(csv.DictReader(lines))


def main(arguments: list[str]) -> int:
    """Write the table and say what it holds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--region", help="ask EC2 in this region")
    source.add_argument("--from-moto", action="store_true", help="read the copy that moto ships")
    parser.add_argument(
        "--output", type=Path, default=TABLE, help="the table to write (default: the library's)"
    )
    parser.add_argument("--date", type=date.fromisoformat, default=date.today(), help="default: today")
    chosen = parser.parse_args(arguments)
    try:
        rows, name = from_moto() if chosen.from_moto else from_ec2(chosen.region)
    except Ec2Error as error:
        print(error, file=sys.stderr)
        return 1
    fresh = {each["name"]: each for each in rows}
    kept = {each["name"]: each for each in present(chosen.output)}
    added = sorted(set(fresh) - set(kept))
    only_old = sorted(set(kept) - set(fresh))
    if only_old:
        name += f", and {len(only_old)} types of the table before"
    chosen.output.write_text(
        render_facts((kept | fresh).values(), name, chosen.date, SCRIPT), encoding="utf-8"
    )
    print(f"{chosen.output}: {len(kept | fresh)} types, {len(added)} new, {len(only_old)} kept from before")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
