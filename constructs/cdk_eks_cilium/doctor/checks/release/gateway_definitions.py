"""Whether the CRDs of Gateway API suit this release and the next one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cilium_config import config, is_on
from cdk_eks_cilium.doctor.checks.views.definitions import by_name
from cdk_eks_cilium.doctor.checks.views.known_release import known_release
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import CUSTOM_TYPES, DAEMON_SETS, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.versions.upgrade_notes import GATEWAY_API

_GROUP: Final = ".gateway.networking.k8s.io"
_BUNDLE: Final = "gateway.networking.k8s.io/bundle-version"
_NEEDED: Final = ("gatewayclasses", "gateways", "httproutes", "referencegrants", "grpcroutes")


@check(
    "gateway-definitions",
    "the CRDs of Gateway API suit Cilium",
    reads=(CUSTOM_TYPES, DAEMON_SETS, KUBE_SYSTEM_CONFIG_MAPS),
    symptom="Gateways stay without an address, or stop being served after an upgrade of Cilium",
    links=(
        "https://docs.cilium.io/en/stable/network/servicemesh/gateway-api/gateway-api/#prerequisites",
        "https://github.com/cilium/cilium/issues/44816",
    ),
)
def gateway_definitions(seen: Seen) -> Iterator[Outcome]:
    """Cilium serves Gateways only where the CRDs of Gateway API are in the cluster before its operator
    starts, in the release that it needs.

    The chart does not install them. Each minor of Cilium needs a newer release of them: install it before the
    upgrade.
    """
    if not is_on(seen.derived(config), "enable-gateway-api"):
        yield Skip("Cilium serves no Gateways: enable-gateway-api is off")
        return
    version, found = seen.derived(known_release), seen.derived(by_name)
    wanted = GATEWAY_API.get(version.minor)
    needed = [f"{name}{_GROUP}" for name in _NEEDED if wanted or name != "grpcroutes"]
    missing = [name for name in needed if name not in found]
    of = f"Gateway API {wanted}" if wanted else "Gateway API"
    install = _install(wanted, version.minor)
    if missing:
        yield Finding(
            Severity.ERROR,
            f"{counted(len(missing), 'CRD')} of Gateway API missing, so Cilium serves no Gateway",
            tuple(Evidence(f"CRD {name}", "metadata.name", "", f"of {of}") for name in missing),
            install,
        )
    bundles = {
        name: (at(each, "metadata.annotations") or {}).get(_BUNDLE, "")
        for name, each in found.items()
        if name in needed
    }
    older = {
        name: seen for name, seen in bundles.items() if wanted and seen and _order(seen) < _order(wanted)
    }
    if older:
        yield Finding(
            Severity.WARNING,
            f"{counted(len(older), 'CRD')} of Gateway API older than Cilium {version} needs",
            tuple(
                Evidence(f"CRD {name}", f"metadata.annotations[{_BUNDLE}]", seen, f"v{wanted} or newer")
                for name, seen in older.items()
            ),
            install,
        )
    yield Fine(counted(len(bundles), "CRD") + (f"; {_next(version.minor)}" if _next(version.minor) else ""))


def _install(wanted: str | None, minor: str) -> str:
    guide = f"https://docs.cilium.io/en/v{minor}/network/servicemesh/gateway-api/gateway-api/#prerequisites"
    bundle = (
        f"https://github.com/kubernetes-sigs/gateway-api/releases/download/v{wanted}/standard-install.yaml"
    )
    apply = f"kubectl apply --server-side --filename {bundle}" if wanted else f"# Install what {guide} names."
    return f"{apply}\nkubectl --namespace kube-system rollout restart deployment/cilium-operator"


def _next(minor: str) -> str:
    later = f"1.{int(minor.split('.')[1]) + 1}"
    wanted = GATEWAY_API.get(later)
    return f"Cilium {later} needs Gateway API {wanted}" if wanted else ""


def _order(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.removeprefix("v").split("-")[0].split(".") if part.isdigit())
