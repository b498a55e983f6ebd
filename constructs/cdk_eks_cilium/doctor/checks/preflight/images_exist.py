"""Whether the images of node groups exist."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.words import named
from cdk_eks_cilium.doctor.engine.account_kinds import IMAGES, PARAMETERS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.deployment import NodeNeeds
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Unknown
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "images-exist",
    "the images of the node groups exist in the region",
    reads=(IMAGES, PARAMETERS),
    symptom="the stack says that it cannot find a parameter of Systems Manager, or AmiIdNotFound",
    answers=("NODE-image-parameters",),
    links=(
        "https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id-bottlerocket.html",
        "https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html",
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html",
    ),
)
def images_exist(seen: Seen) -> Iterator[Outcome]:
    """AWS publishes the id of each image as a public parameter, by release and architecture, in each region.

    A release that AWS never published, or no longer has, is an unknown parameter. An image of one's own must
    be in the region, and shared with the account.
    """
    fine = []
    for group in seen.planned("deployment").nodes:
        try:
            found = _own(seen, group) if group.image else _published(seen, group)
        except UnreadError as error:
            yield Unknown(f"group {group.name}: {error}")
            continue
        if found is None:
            fine.append(group.name)
        else:
            yield found
    if fine:
        yield Fine(f"of {named(fine)}")


def _published(seen: Seen, group: NodeNeeds) -> Finding | None:
    known = {str(each.get("Name")) for each in seen.list(PARAMETERS)}
    if group.parameter in known:
        return None
    folder = "/".join(group.parameter.split("/")[:-2])
    return Finding(
        Severity.ERROR,
        f"group {group.name}: AWS publishes no such image",
        (Evidence(f"ssm {group.parameter}", "Name", "", "a parameter of the region"),),
        "# Correct image_version of the group, or leave it out for the newest. There are:\n"
        f"aws ssm get-parameters-by-path --region {seen.plan.region} --recursive --path {folder} "
        "--query 'Parameters[].Name' --output text",
    )


def _own(seen: Seen, group: NodeNeeds) -> Finding | None:
    image = next((each for each in seen.list(IMAGES) if each.get("ImageId") == group.image), None)
    name = f"ec2 image {group.image}"
    fix = (
        "# Correct ami_id of the group: ids differ by region, and another account must share its image.\n"
        f"aws ec2 describe-images --region {seen.plan.region} --owners self "
        "--query 'Images[].[ImageId,Architecture,State,Name]' --output text"
    )
    if image is None:
        evidence = (Evidence(name, "ImageId", "", "an image of the region that the account may use"),)
        return Finding(Severity.ERROR, f"group {group.name}: the image does not exist", evidence, fix)
    wrong = tuple(
        Evidence(name, field, str(image.get(field)), wanted)
        for field, wanted in (("State", "available"), ("Architecture", group.architecture))
        if image.get(field) != wanted
    )
    return (
        Finding(Severity.ERROR, f"group {group.name}: its nodes cannot boot it", wrong, fix)
        if wrong
        else None
    )
