"""What the nodes of each group boot, in words."""

from __future__ import annotations

from typing import Any

from cdk_eks_cilium.settings import booting, booting_notes, parse

KEY = "arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef"


def group(**more: Any) -> dict[str, Any]:
    return {"node_groups": [{"name": "workers", **more}]}


def test_a_group_boots_the_newest_image_in_all_zones() -> None:
    (found,) = booting(parse({}))
    assert (found.image, found.capacity, found.also) == ("bottlerocket latest", "on-demand", ())
    assert found.zones == ("eu-west-1a", "eu-west-1b", "eu-west-1c")


def test_what_is_chosen_for_a_group_is_listed() -> None:
    (found,) = booting(
        parse(
            group(
                image_version="1.62.0",
                accelerator="nvidia",
                instance_types=["g5.2xlarge"],
                zones=["eu-west-1a"],
                capacity="spot",
                taints=[{"key": "gpu", "effect": "PreferNoSchedule"}],
                max_unavailable=2,
                node_repair=True,
                volume_key_arn=KEY,
            )
        )
    )
    assert (found.image, found.capacity, found.zones) == (
        "bottlerocket 1.62.0 nvidia",
        "spot",
        ("eu-west-1a",),
    )
    assert found.also == (
        "taint gpu=:PreferNoSchedule",
        "updates 2 at a time",
        "node repair",
        "a key of your own",
    )


def test_the_newest_image_a_key_and_an_own_image_have_consequences() -> None:
    assert list(booting_notes(parse({}))) == [
        "The newest image, of workers: each deploy, also of the same settings, replaces the nodes if AWS has "
        "published an image since; image_version pins one"
    ]
    assert list(booting_notes(parse(group(ami_id="ami-0123456789abcdef0", volume_key_arn=KEY)))) == [
        f"The policy of {KEY} must let AWSServiceRoleForAutoScaling use it, or no node starts",
        "The images of workers are yours: name others for a new kubernetes_version",
    ]
