"""What the minor releases of Kubernetes validate differently.

The feature gates and their defaults:
https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/.
"""

# belief: K8S-validation-by-release

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Release:
    """A minor release of Kubernetes, as 35 for 1.35."""

    minor: int

    @classmethod
    def of(cls, version: str) -> Release:
        """The release of a version, as ``1.35``."""
        return cls(int(version.split(".")[1]))

    @property
    def relaxed_variables(self) -> bool:
        """``RelaxedEnvironmentVariableValidation``: names of variables are nearly any printable text."""
        return self.minor >= 32

    @property
    def relaxed_searches(self) -> bool:
        """``RelaxedDNSSearchValidation``: search paths of DNS may have underscores, and be a dot."""
        return self.minor >= 33

    @property
    def relaxed_services(self) -> bool:
        """``RelaxedServiceNameValidation``: names of Services may begin with a digit."""
        return self.minor >= 36

    @property
    def variables_from_files(self) -> bool:
        """``EnvFiles``: a variable may come from a file."""
        return self.minor >= 35

    @property
    def container_restart_rules(self) -> bool:
        """``ContainerRestartRules``: any container may have a restart policy."""
        return self.minor >= 35

    @property
    def suspended_resources(self) -> bool:
        """``MutablePodResourcesForSuspendedJobs``: a suspended Job's requests and limits may change."""
        return self.minor >= 36

    @property
    def pod_resources(self) -> bool:
        """``PodLevelResources``: a pod may have requests and limits."""
        return self.minor >= 34
