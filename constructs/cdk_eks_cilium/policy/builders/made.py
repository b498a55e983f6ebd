"""Parts made from arguments, with what is wrong blamed on the call."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from cdk_eks_cilium.policy.model import Part, said
from cdk_eks_cilium.policy.wording import problems_of
from cdk_eks_cilium.problems import InputError, Problem

P = TypeVar("P", bound=Part)


def made(model: type[P], where: str, **fields: Any) -> P:
    """The part with the *fields* that are not None.

    Args:
        model: What to make.
        where: The call to blame.
        fields: Its fields, under Python's names.

    Raises:
        InputError: For everything wrong in them.
    """
    try:
        return model(**said(**fields))
    except ValidationError as error:
        raise InputError(problems_of(error, where, model)) from None


def refused(where: str, rule: str, fix: str = "") -> InputError:
    """The error for one mistake."""
    return InputError([Problem(where, rule, fix=fix)])
