"""Tables of the command line, and of the releases that go together."""

from __future__ import annotations

from cdk_eks_cilium.cli.main import COMMANDS
from cdk_eks_cilium.versions import CiliumVersion, minors
from scripts.schema_words import table


def commands() -> str:
    """Every command with what it does."""
    return table(("Command", "What it does"), [(f"`{name}`", what) for name, what in COMMANDS.items()])


def releases() -> str:
    """Each minor of Cilium with its newest patch and the Kubernetes releases that it is tested with."""
    rows = []
    for minor in reversed(minors()):
        newest = CiliumVersion.newest_of(minor)
        oldest, latest = newest.tested_kubernetes
        rows.append((minor, str(newest), f"{oldest} to {latest}", "no" if newest.end_of_life else "yes"))
    return table(("Cilium", "Newest patch", "Tested with Kubernetes", "Maintained"), rows)
