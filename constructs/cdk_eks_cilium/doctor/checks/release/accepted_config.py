"""Whether agents of this release start with this configuration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cdk_eks_cilium.doctor.checks.views.cilium import AGENTS, RESTART, agents, container, replaces_kube_proxy
from cdk_eks_cilium.doctor.checks.views.cilium_config import CONFIG, config
from cdk_eks_cilium.doctor.checks.views.known_release import known_release
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.problems import MISSING, Problem
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.rules.agents import CONTRADICTIONS
from cdk_eks_cilium.values.rules.agents.configuration import Configuration


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
    to break it. The rules are the same that judge values before a deploy.
    """
    options, version = seen.derived(config), seen.derived(known_release)
    arguments = container(seen.derived(agents), "cilium-agent").get("args") or []
    given = Configuration(_values(options, arguments), version)
    refused = [problem for rule in CONTRADICTIONS if (problem := rule.judged(given, "")) is not None]
    for problem in refused:
        place = _place(problem)
        # What neither names has a default of the chart, and that is not a finding.
        if place is not None:
            name, evidence = place
            yield Finding(
                Severity.ERROR,
                f"agents refuse the option {name}, which {problem.rule}",
                (evidence,),
                f"# {problem.fix}. Change the settings and deploy, or by hand:\n"
                f"kubectl --namespace kube-system edit configmap cilium-config\n{RESTART}",
            )
    yield Fine(f"{counted(len(options), 'option')} for Cilium {version}")


def _values(options: Mapping[str, str], arguments: Iterable[str]) -> CiliumValues:
    return CiliumValues(
        kube_proxy_replacement=replaces_kube_proxy(options),
        overrides={"extraConfig": dict(options), "extraArgs": [str(each) for each in arguments]},
    )


def _place(problem: Problem) -> tuple[str, Evidence] | None:
    """The option that a problem is about, and where the cluster has it; None where the cluster does not."""
    _, in_config, option = problem.where.partition(".extraConfig.")
    if in_config:
        return option, Evidence(CONFIG, f"data.{option}", _text(problem.got), problem.rule)
    _, in_arguments, index = problem.where.partition(".extraArgs")
    if in_arguments:
        field = f"spec.template.spec.containers[cilium-agent].args{index}"
        return f"in args{index}", Evidence(AGENTS, field, _text(problem.got), problem.rule)
    return None


def _text(got: object) -> str:
    if got is MISSING:
        return ""
    return str(got).lower() if isinstance(got, bool) else str(got)
