"""Whether the credentials are of the account and region of the settings."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.engine.account_kinds import IDENTITY, REGIONS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Unknown
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "account-and-region",
    "the credentials are of the account of the settings, and their region is enabled",
    reads=(IDENTITY, REGIONS),
    symptom="a deploy goes to another account, or CDK needs credentials that it does not find",
    links=(
        "https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html",
        "https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html",
    ),
)
def account_and_region(seen: Seen) -> Iterator[Outcome]:
    """CDK deploys to the account of the settings, and to the account of the credentials where the key is
    missing.

    The call goes to the endpoint of STS in the region, which nodes and pods use too. A region that is not
    enabled for the account refuses every call.
    """
    identity = seen.list(IDENTITY)[0]
    account, region = str(identity.get("Account")), seen.plan.region
    wanted = seen.plan.account
    if wanted and wanted != account:
        evidence = (Evidence("sts caller", "Account", account, f"{wanted} of {seen.plan.source}"),)
        fix = (
            "# Take credentials of the other account, or correct the key 'account' of the settings. "
            "Profiles:\n"
            "aws configure list-profiles"
        )
        yield Finding(
            Severity.ERROR, f"the credentials are of account {account} instead of {wanted}", evidence, fix
        )
        return
    try:
        regions = {each.get("RegionName"): str(each.get("OptInStatus")) for each in seen.list(REGIONS)}
    except UnreadError as error:
        yield Unknown(str(error))
        return
    state = regions.get(region, "")
    if state not in ("opt-in-not-required", "opted-in"):
        evidence = (
            Evidence(
                f"ec2 region {region}", "OptInStatus", state or "unknown", "opted-in, or opt-in-not-required"
            ),
        )
        fix = f"aws account enable-region --region-name {region}"
        yield Finding(Severity.ERROR, f"the region {region} is not enabled for the account", evidence, fix)
        return
    yield Fine(f"{identity.get('Arn')} in {region}")
