"""What the chart's templates see: the values that a deployment writes, over the chart's own defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.versions.chart_catalogue import CHANGING, Catalogue
from cdk_eks_cilium.versions.cilium import CiliumVersion, minors

from .chart import chart_values
from .merge import leaves
from .references import References

_MINOR: Final = re.compile(r"v?(?P<minor>1\.\d+)(\.|$)")
#: The deployment's names have no part in what goes together; these are valid ones.
PLACEHOLDERS: Final = References(
    cluster_name="platform",
    operator_role_arn="arn:aws:iam::111122223333:role/cilium-operator",
    subnet_ids=("subnet-0123456789abcdef0",),
    api_server_host="example.eks.amazonaws.com",
)

#: What `_written` returns where nothing is written, and the chart's default counts.
_DEFAULT: Final = object()


class EffectiveValues:
    """The values of one installation, as the templates of its chart read them.

    Attributes:
        version: The release of the chart.
        written: What the deployment gives to Helm. It must stay as it is.
    """

    def __init__(self, written: Mapping[str, Any], version: CiliumVersion) -> None:
        self.written = written
        self.version = version
        self._catalogue = Catalogue.of(version)
        # The rules ask hundreds of times for the same values.
        self._found: dict[str, Any] = {}
        self._true: dict[str, bool] = {}

    @classmethod
    def of(
        cls, values: CiliumValues, version: CiliumVersion, refs: References = PLACEHOLDERS
    ) -> EffectiveValues:
        """What *values* install with the chart of *version*; valid placeholders stand for *refs*."""
        return cls(chart_values(values, version, refs), version)

    @property
    def defaults_of(self) -> CiliumVersion:
        """The release whose defaults count: the chart's, or the one that ``upgradeCompatibility`` names."""
        match = _MINOR.match(str(self.written.get("upgradeCompatibility") or ""))
        if match is None:
            return self.version
        minor = match["minor"]
        return min(CiliumVersion.newest_of(minor if minor in minors() else minors()[0]), self.version)

    def get(self, path: str) -> Any:
        """The value at a *path* such as ``hubble.relay.enabled``; `MISSING` where templates find nothing.

        A null is nothing: Helm drops the chart's default for it
        (https://helm.sh/docs/chart_template_guide/values_files/#deleting-a-default-key). So is what lies
        below a plain value, a default that each release changes, and a section that nobody writes to.
        """
        if path not in self._found:
            self._found[path] = self.at(tuple(path.split(".")))
        return self._found[path]

    def at(self, path: tuple[str, ...]) -> Any:
        """The value at a path in parts, where a part may have dots in it; otherwise as `get`."""
        value = self._written_at(path)
        if value is _DEFAULT:
            value = self._default(".".join(path))
        return MISSING if value is None else value

    def on(self, path: str) -> bool:
        """Whether a template's ``if`` takes the value at *path* for true: not false, 0, or empty."""
        if path not in self._true:
            self._true[path] = self._is_true(path)
        return self._true[path]

    def _is_true(self, path: str) -> bool:
        value = self._written(path)
        if value is _DEFAULT:
            if self._catalogue.has_section(path):
                return True
            value = self._default(path)
        return value is not MISSING and bool(value)

    def clears(self, path: str) -> bool:
        """Whether a null that the deployment writes at *path* takes away a default of the chart."""
        if self._written(path) is not None or not isinstance(self._parent(path), Mapping):
            return False
        key = self._catalogue.find(path)
        return key is not None and (self._catalogue.has_section(path) or key.default not in (None, MISSING))

    def null_sections(self) -> Iterator[str]:
        """Each section that the deployment writes as null, and that the chart's own values lack."""
        for parts, value in leaves(self.written):
            path = ".".join(parts)
            if value is None and self._catalogue.has_keys_in(path) and not self._catalogue.has_section(path):
                yield path

    def _default(self, path: str) -> Any:
        """What the chart itself has at *path*; None where templates find nothing."""
        key = self._catalogue.find(path)
        return None if key is None or key.default is CHANGING else key.default

    def _parent(self, path: str) -> Any:
        above = path.rpartition(".")[0]
        return self._written(above) if above else self.written

    def _written(self, path: str) -> Any:
        """What is written at *path*: `_DEFAULT` if nothing is, None for a null there or above."""
        return self._written_at(tuple(path.split(".")))

    def _written_at(self, path: tuple[str, ...]) -> Any:
        value: Any = self.written
        for name in path:
            # Python takes far longer to see that a dict is a Mapping than that it is a dict.
            if not isinstance(value, (dict, Mapping)):
                return None
            if name not in value:
                return _DEFAULT
            value = value[name]
        return value
