"""What others may reach in a workload or a tenant, and what it may reach."""

from .exposure import Exposure, ExposureLine, OpenWorkload

__all__ = ["Exposure", "ExposureLine", "OpenWorkload"]
