"""What the commands of a plan name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CommandNames:
    """The cluster and its settings.

    Attributes:
        cluster: The name of the cluster.
        settings: The path of its settings file.
    """

    cluster: str = "CLUSTER"
    settings: str = "settings.yaml"

    @property
    def doctor(self) -> str:
        """The command that checks the cluster."""
        return f"cdk-eks-cilium doctor --settings {self.settings}"

    @property
    def make(self) -> str:
        """What make is told beside its target; empty for the default."""
        return "" if self.settings == CommandNames.settings else f" SETTINGS={self.settings}"
