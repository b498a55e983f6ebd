"""Template values as text, with references as ``${Name}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

_NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
_VARIABLE: Final = re.compile(r"\$\{([^!${}][^${}]*)\}")


def text_of(value: Any, names: Mapping[str, str] = _NO_NAMES) -> str:
    """The text that a template value becomes, as far as the template tells.

    Args:
        value: Text, or a function of references and texts.
        names: What a ``Ref`` is, by logical id, where it is known.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and len(value) == 1:
        function, argument = next(iter(value.items()))
        if function == "Ref":
            return names.get(argument, f"${{{argument}}}")
        if function == "Fn::GetAtt":
            return f"${{{argument if isinstance(argument, str) else '.'.join(map(str, argument))}}}"
        if function == "Fn::Join":
            parts = argument[1] if isinstance(argument[1], list) else [argument[1]]
            return str(argument[0]).join(text_of(part, names) for part in parts)
        if function == "Fn::Sub":
            text = str(argument if isinstance(argument, str) else argument[0])
            return _VARIABLE.sub(lambda match: names.get(match[1], match[0]), text)
        if function == "Fn::Base64":
            return text_of(argument, names)
        return f"${{{function} {argument}}}"
    return "" if value is None else str(value)
