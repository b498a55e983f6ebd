"""Which instance types have chips that need drivers in the image."""

from __future__ import annotations

import re

from .image import Accelerator

_GRAPHICS_OF_AMD = ("g4ad",)


def accelerator_of(instance_type: str) -> Accelerator | None:
    """The chips of a type by its family; None without chips that an image of EKS has drivers for.

    Source: https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html. The families ``p`` and ``g`` have
    GPUs of NVIDIA, except ``g4ad``; ``inf`` and ``trn`` have Neuron's chips.
    """
    family = instance_type.partition(".")[0]
    if family not in _GRAPHICS_OF_AMD and re.match(r"(p|g|gr)[0-9]", family):
        return "nvidia"
    return "neuron" if re.match(r"(inf|trn)[0-9]", family) else None
