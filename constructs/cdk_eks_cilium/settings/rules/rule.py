"""A rule over several settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.settings.model import Settings

Rule = Callable[[Settings], Iterable[Problem]]
"""Yields the problems of settings whose fields are valid one by one."""
