"""Whether agents of this release start with this configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cilium import RESTART, agents, container, replaces_kube_proxy
from cdk_eks_cilium.doctor.checks.views.cilium_config import CONFIG, config
from cdk_eks_cilium.doctor.checks.views.known_release import known_release
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.problems import MISSING, Problem
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.rules.agents import CONTRADICTIONS
from cdk_eks_cilium.values.rules.agents.configuration import Configuration

_OPTIONS: Final = "extraConfig."


@check(
    "accepted-config",
    "agents of this release start with this configuration",
    reads=(DAEMON_SETS, KUBE_SYSTEM_CONFIG_MAPS),
    symptom="agents stop when they start, or nodes stay NotReady after the next restart",
    answers=("CILIUM-masquerade-needs-interface",),
    links=("https://docs.cilium.io/en/stable/cmdref/cilium-agent/",),
)
def accepted_config(seen: Seen) -> Iterator[Outcome]:
    """Agents refuse some combinations of options, and then do not start. Charts check little of that.

    An agent that runs read its options earlier, so a change by hand may wait for the next restart of a node
    to break it. The rules are those that judge values before a deploy.
    """
    options, version = seen.derived(config), seen.derived(known_release)
    given = Configuration(
        _values(options, container(seen.derived(agents), "cilium-agent").get("args")), version
    )
    refused = [problem for rule in CONTRADICTIONS if (problem := rule.judged(given, "")) is not None]
    # Options that the ConfigMap lacks are judged by the defaults of the chart, and those are not findings.
    ours = [problem for problem in refused if _OPTIONS in problem.where]
    for problem in ours:
        yield Finding(
            Severity.ERROR,
            f"agents refuse the option {_name(problem)}, which {problem.rule}",
            (Evidence(CONFIG, f"data.{_name(problem)}", _text(problem.got), problem.rule),),
            f"# {problem.fix}. Change the settings and deploy, or by hand:\n"
            f"kubectl --namespace kube-system edit configmap cilium-config\n{RESTART}",
        )
    yield Fine(f"{len(options)} options for Cilium {version}")


def _values(options: Mapping[str, str], arguments: object) -> CiliumValues:
    extra = [str(each) for each in arguments] if isinstance(arguments, list) else []
    return CiliumValues(
        kube_proxy_replacement=replaces_kube_proxy(options),
        overrides={"extraConfig": dict(options), "extraArgs": extra},
    )


def _name(problem: Problem) -> str:
    return problem.where.partition(_OPTIONS)[2]


def _text(got: object) -> str:
    if got is MISSING:
        return ""
    return str(got).lower() if isinstance(got, bool) else str(got)
