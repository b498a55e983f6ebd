"""Quantities, as ``500m`` or ``1Gi``: their values, and how the server writes them.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

# belief: K8S-quantities

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

_PATTERN = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(m|n|u|[kMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,3})?")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


def parsed(quantity: Any) -> Fraction | None:
    """The value of a quantity, or None if it is not one; a fraction of a nano counts as a whole one."""
    split = _split(quantity)
    return None if split is None else split[0]


def shown(quantity: Any) -> str:
    """The quantity as the server writes it: ``1`` for ``1000m``, ``1Gi`` for ``1024Mi``."""
    split = _split(quantity)
    if split is None:
        return str(quantity)
    value, unit = split
    if unit in _BINARY and abs(value) >= 1024:
        return _binary(value)
    if unit[:1] in ("e", "E") and unit != "E":
        return _decimal(value, exponent=True)
    return _decimal(value)


def of(value: Fraction, like: Any = "") -> str:
    """A value as the server writes it, in the units of another quantity."""
    split = _split(like)
    if split and split[1] in _BINARY and value.denominator == 1 and abs(value) >= 1024:
        return _binary(value)
    return _decimal(value)


def _split(quantity: Any) -> tuple[Fraction, str] | None:
    if isinstance(quantity, int | float) and not isinstance(quantity, bool):
        quantity = repr(quantity)
    match = _PATTERN.fullmatch(quantity.strip()) if isinstance(quantity, str) else None
    if match is None:
        return None
    digits, unit = match[1], match[2] or ""
    if unit in _BINARY:
        scale = Fraction(2 ** _BINARY[unit])
    elif unit in _DECIMAL:
        scale = Fraction(10) ** _DECIMAL[unit]
    else:
        scale = Fraction(10) ** int(unit[1:])
    value = Fraction(digits) * scale
    nano = value * 10**9
    whole = math.ceil(nano) if nano >= 0 else math.floor(nano)
    return Fraction(whole, 10**9), unit


def _binary(value: Fraction) -> str:
    whole = math.ceil(value)
    unit = ""
    for name, power in _BINARY.items():
        if whole % 2**power == 0:
            unit = name
    return f"{whole // 2 ** _BINARY[unit] if unit else whole}{unit}"


def _decimal(value: Fraction, *, exponent: bool = False) -> str:
    if value == 0:
        return "0"
    for unit, power in sorted(_DECIMAL.items(), key=lambda item: -item[1]):
        scaled = value / Fraction(10) ** power
        if scaled.denominator == 1:
            suffix = (f"e{power}" if power else "") if exponent else unit
            return f"{scaled}{suffix}"
    return str(value)
