"""The handlers of CloudFormation types, found in two folders."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from types import ModuleType

import rehearsal.aws.types
import rehearsal.functions.types
from rehearsal.aws.handler import Handler, ResourceError
from rehearsal.aws.types.accepted import Accepted

_FOLDERS = (rehearsal.aws.types, rehearsal.functions.types)
_UNKNOWN = Accepted()


@functools.cache
def handlers() -> dict[str, Handler]:
    """Every handler by its CloudFormation types.

    Raises:
        TypeError: Two handlers name one type.
    """
    found: dict[str, Handler] = {}
    for folder in _FOLDERS:
        for entry in pkgutil.iter_modules(folder.__path__):
            for handler in _in_module(importlib.import_module(f"{folder.__name__}.{entry.name}")):
                for name in handler.types:
                    if name in found:
                        raise TypeError(f"{name} has two handlers: {found[name]} and {handler}")
                    found[name] = handler
    return found


def _in_module(module: ModuleType) -> list[Handler]:
    return [
        value()
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Handler)
        and value.__module__ == module.__name__
        and "types" in vars(value)
    ]


def find(type_name: str) -> Handler | None:
    """The handler of a type, or else of its family, such as `Custom::`."""
    family = type_name.split("::", 1)[0] + "::"
    return handlers().get(type_name) or handlers().get(family)


def traits(type_name: str) -> Handler:
    """The traits of a type, known before a resource of it is made; an unknown type has the default traits."""
    return find(type_name) or _UNKNOWN


def handler_for(type_name: str) -> Handler:
    """The handler of a type.

    Raises:
        ResourceError: The rehearsal does not know the type; it never skips one silently.
    """
    handler = find(type_name)
    # no belief: a limit of the rehearsal
    if handler is None:
        raise ResourceError(
            f"the rehearsal does not know {type_name}; add a handler in rehearsal/aws/types, "
            "or a reason in accepted.py there"
        )
    return handler
