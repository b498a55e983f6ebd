"""Whether the bootstrap of CDK is there, and new enough."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.engine.account_kinds import BOOTSTRAP_PARAMETER, PARAMETERS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "account-bootstrapped",
    "account and region are bootstrapped for CDK",
    reads=(PARAMETERS,),
    symptom=(
        "SSM parameter /cdk-bootstrap/hnb659fds/version not found. Has the environment been bootstrapped?"
    ),
    links=("https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html",),
)
def account_bootstrapped(seen: Seen) -> Iterator[Outcome]:
    """CDK deploys with roles and a bucket that its bootstrap makes, once for each account and region.

    The templates of this app need version 6 of it, whose number they read from a parameter.
    """
    needed = seen.planned("deployment").bootstrap
    found = next((each for each in seen.list(PARAMETERS) if each.get("Name") == BOOTSTRAP_PARAMETER), None)
    version = str((found or {}).get("Value") or "")
    if version.isdigit() and int(version) >= needed:
        yield Fine(f"version {version}")
        return
    evidence = (Evidence(f"ssm {BOOTSTRAP_PARAMETER}", "Value", version, f"{needed} or more"),)
    fix = f"npx cdk bootstrap aws://{seen.plan.account or 'ACCOUNT'}/{seen.plan.region}"
    summary = f"the bootstrap of CDK is {'too old' if version else 'missing'}"
    yield Finding(Severity.ERROR, summary, evidence, fix)
