"""Whether the agents' configuration is the one that the settings render to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cilium_config import CONFIG, config
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.checks.views.writers import GIVE_BACK, by_hand
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import KUBE_SYSTEM, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.seen import Seen

_LONGEST: Final = 120
# Where CDK fills a value in while it deploys, the plan has what stands for it: a token, or words in brackets.
_FILLED_LATER: Final = re.compile(r"\$\{|<[^<>]+>")


@check(
    "planned-config",
    "the agents' configuration is what the settings render to",
    reads=(KUBE_SYSTEM_CONFIG_MAPS,),
    symptom="agents do something that the settings do not say",
    answers=("HELM-4-applies-on-server", "HELM-manager-name"),
    links=("https://docs.cilium.io/en/stable/network/kubernetes/configuration/",),
)
def planned_config(seen: Seen) -> Iterator[Outcome]:
    """The chart writes every option of the agents into the ConfigMap cilium-config, key by key.

    A key that differs was changed by hand, with ``cilium config set`` or ``kubectl``, or by a deploy with
    other settings. The next upgrade by Helm 4 fails on a field that another program changed. Values that only
    the deploy knows, such as ids of subnets, are not compared.
    """
    planned, found = seen.planned("config"), seen.derived(config)
    later = [key for key, value in planned.items() if _FILLED_LATER.search(value)]
    wrong = {
        key: each for key in sorted(planned.keys() | found.keys()) if (each := _differs(key, planned, found))
    }
    if not wrong:
        unseen = f", {len(later)} of them known to the deploy alone" if later else ""
        yield Fine(f"{counted(len(planned), 'option')}{unseen}")
        return
    written = seen.one(KUBE_SYSTEM_CONFIG_MAPS, "cilium-config", KUBE_SYSTEM) or {}
    writers = {path.removeprefix("data."): who for path, who in by_hand(written, "data")}
    people = ", ".join(sorted({writers[key] for key in wrong if key in writers}))
    yield Finding(
        Severity.WARNING,
        f"{counted(len(wrong), 'option')} unlike {seen.plan.source}"
        + (f", written by {people}" if people else ""),
        tuple(wrong.values()),
        "kubectl --namespace kube-system get configmap cilium-config --output yaml --show-managed-fields\n"
        f"{GIVE_BACK}\n"
        "kubectl --namespace kube-system rollout restart daemonset/cilium deployment/cilium-operator",
    )


def _differs(key: str, planned: Mapping[str, str], found: Mapping[str, str]) -> Evidence | None:
    wanted, seen = planned.get(key), found.get(key)
    if wanted == seen or (wanted is not None and seen is not None and _FILLED_LATER.search(wanted)):
        return None
    return Evidence(
        CONFIG,
        f"data.{key}",
        "" if seen is None else _short(seen),
        "no such option" if wanted is None else _short(wanted),
    )


def _short(value: str) -> str:
    return repr(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}...")
