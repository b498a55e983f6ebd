"""Which release of the Cilium CLI goes with a release of Cilium, and how to get it."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class CliRelease:
    """A release of the Cilium CLI.

    Attributes:
        name: Such as ``v0.19.5``.
        oldest: The oldest minor of Cilium that it goes with.
    """

    name: str
    oldest: tuple[int, int]


_RELEASES: Final = (
    CliRelease("v0.19.5", (1, 16)),
    CliRelease("v0.16.10", (1, 15)),
    CliRelease("v0.15.22", (1, 14)),
    CliRelease("v0.14.8", (1, 13)),
)
"""The tables "Compatible Cilium Versions" of https://github.com/cilium/cilium-cli: its README, and at
v0.16.10 (https://pkg.go.dev/github.com/cilium/cilium-cli@v0.16.10). No table was found for Cilium 1.12."""

_MACHINES: Final = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64", "AMD64": "amd64"}


def release_for(cilium: str) -> CliRelease:
    """The newest release of the CLI that goes with a release of Cilium; the oldest for still older ones."""
    major, _, rest = cilium.partition(".")
    minor = rest.partition(".")[0]
    if not (major.isdigit() and minor.isdigit()):
        return _RELEASES[0]
    wanted = (int(major), int(minor))
    return next((each for each in _RELEASES if wanted >= each.oldest), _RELEASES[-1])


def download(release: CliRelease, system: str = "", machine: str = "") -> list[str]:
    """Commands that put the CLI into the current folder, with its checksum compared.

    Args:
        release: The release.
        system: Such as ``linux`` or ``darwin``; by default this machine's.
        machine: Such as ``x86_64``; by default this machine's.
    """
    machine = machine or platform.machine()
    name = f"cilium-{(system or platform.system()).lower()}-{_MACHINES.get(machine, machine)}.tar.gz"
    base = f"https://github.com/cilium/cilium-cli/releases/download/{release.name}"
    return [
        f"curl --location --fail --remote-name {base}/{name}",
        f"curl --location --fail --remote-name {base}/{name}.sha256sum",
        f"sha256sum --check {name}.sha256sum",
        f"tar --extract --gzip --file {name} cilium",
    ]
