"""A rule of somebody else's system that code relies on, and that could be wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from cdk_eks_cilium.problems.model import Model

Sure = Literal["inferred", "reported", "documented", "read", "tried"]
"""Where a rule comes from, least sure first."""

SURE: Final[Mapping[Sure, str]] = dict(
    zip(
        get_args(Sure),
        (
            "We concluded it. Nobody who could know has written it down.",
            "People reported it: an issue, a forum, a log.",
            "A document of its vendor has it.",
            "We read it in the source code of the program.",
            "The program itself does it in a test here.",
        ),
        strict=True,
    )
)
"""What each of them means."""

_Text = Annotated[str, Field(min_length=1)]


class Reference(Model):
    """Where a rule is written.

    Attributes:
        url: A document, an issue, or a file of source code; of code, with its release or commit.
        seen: The day on which somebody read it for this ledger; None where it is only cited.
    """

    url: Annotated[str, Field(pattern=r"^https://\S+$")]
    seen: dt.date | None = None


class Belief(Model):
    """One rule.

    Attributes:
        id: Its area and some words, such as ``EKS-max-pods-cap``. Code refers to it.
        rule: The rule, in one sentence.
        sure: Where it comes from.
        sources: Where it is written; may be empty only for what is inferred.
        proof: Tests in which the program itself answers, such as real Helm: paths, with ``::`` and a test.
        tests: Tests that hold our code to the rule. They do not show that the rule is true.
        ask: The command that asks a live cluster or account whether the rule holds; empty if none can.
        expect: When to ask, or the answer to expect.
        if_wrong: What happens to a deploy if the rule is wrong.
    """

    id: Annotated[str, Field(pattern=r"^[A-Z0-9]+(-[a-z0-9]+)+$")]
    rule: _Text
    sure: Sure
    sources: tuple[Reference, ...] = ()
    proof: tuple[_Text, ...] = ()
    tests: tuple[_Text, ...] = ()
    ask: str = ""
    expect: str = ""
    if_wrong: str = ""

    @property
    def area(self) -> str:
        """The part of the id before the first hyphen."""
        return self.id.partition("-")[0]
