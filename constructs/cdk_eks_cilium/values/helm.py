"""The Helm values of an installation: the typed values, checked first and then written for one chart."""

from __future__ import annotations

from typing import Any

from cdk_eks_cilium.problems import refuse
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .model import CiliumValues
from .rendering.chart import chart_values
from .rendering.references import References
from .rules.problems import problems
from .rules.references import reference_problems


def helm_values(values: CiliumValues, version: CiliumVersion, refs: References) -> dict[str, Any]:
    """The values to install the Cilium chart of *version* with: plain JSON, the same for the same input.

    Raises:
        InputError: With every problem at once, if *values* do not fit *version* (see `problems`) or *refs*
            lack something that *values* need.
    """
    refuse([*problems(values, version), *reference_problems(values, refs)])
    return chart_values(values, version, refs)
