"""Properties that are made when the template is written: after tags, escape hatches and later calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import aws_cdk as cdk
import jsii


@jsii.implements(cdk.IStableAnyProducer)
class _Later:
    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def produce(self) -> Any:
        """The property."""
        return self._make()


def later(make: Callable[[], Any]) -> cdk.IResolvable:
    """A property that *make* makes when the template is written; it may be called several times."""
    return cdk.Lazy.any(cast(cdk.IStableAnyProducer, _Later(make)))
