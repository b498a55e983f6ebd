"""CEL with Kubernetes' functions: https://kubernetes.io/docs/reference/using-api/cel/.

The functions of regular expressions, lists and sets are here, and the questions ``isURL``, ``isIP``,
``isCIDR`` and ``isQuantity``. What works on values of types of its own is missing (``url``, ``ip``, ``cidr``,
``quantity``, ``semver``, ``format``): a rule that uses it is not judged.
"""

# belief: K8S-validation-rules

from __future__ import annotations

import base64
import datetime
import ipaddress
import re
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from rehearsal.kubernetes.schemas import times
from rehearsal.kubernetes.validation import quantities

_MISSING: Final = ("url", "ip", "cidr", "quantity", "format", "semver", "isSemver", "jsonpatch", "cel")
_UNDECLARED = re.compile(r"undeclared reference to '(\w+)")
_RESERVED: Final = frozenset(
    [
        "true",
        "false",
        "null",
        "in",
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ]
)
FORMATS: Final = ("date-time", "date", "byte")


class CompileError(Exception):
    """A rule that is not CEL, or whose types do not fit."""


class EvaluationError(str):
    """Why a rule has no answer for a value, in the words of Go's implementation."""


class Program:
    """A compiled expression."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled

    @property
    def is_boolean(self) -> bool:
        """Whether its answer is true or false, as far as that is known before it runs."""
        return self._compiled.return_type().name() in ("BOOL", "bool", "DYN", "dyn", "ANY", "any")

    # belief: K8S-validation-rules
    def ask(self, data: dict[str, Any]) -> Any:
        """The answer for these variables, or an `EvaluationError`."""
        try:
            found = self._compiled.eval(data=data)
            if found.type().name() == "ERROR":
                return EvaluationError(_go_words(str(found.value())))
            return found.plain_value()
        except RuntimeError as error:
            return EvaluationError(_go_words(str(error)))


def _go_words(problem: str) -> str:
    if missing := re.search(r'Key not found in map : "(.*)"', problem):
        return f"no such key: {missing[1]}"
    return re.sub(r"^[A-Z_]+: |\s*\[[A-Z_]+\]$", "", problem)


# belief: K8S-validation-rules
@cache
def program(text: str, kind: str = "any", *, optional: bool = False) -> Program | None:
    """A compiled rule; None for one with a function that is missing here.

    Args:
        text: The rule.
        kind: The type of ``self`` as a schema calls it, or ``any``.
        optional: Whether ``oldSelf`` may be missing, and is asked by its methods.

    Raises:
        CompileError: With the words of the compiler.
    """
    if optional and "oldSelf" in text:
        return None
    try:
        return Program(_environment(kind).compile(text))
    except RuntimeError as error:
        words = str(error).removeprefix("INVALID_ARGUMENT: ").removesuffix(" [INVALID_ARGUMENT]")
        if set(_UNDECLARED.findall(words)) & set(_MISSING):
            return None
        raise CompileError(words) from None


@cache
def _environment(kind: str) -> Any:
    # The library is large, and most clusters have no rule.
    from cel_expr_python import cel
    from cel_expr_python.ext import ext_math, ext_optional, ext_strings

    types = {
        "string": cel.Type.STRING,
        "date-time": cel.Type.TIMESTAMP,
        "date": cel.Type.TIMESTAMP,
        "byte": cel.Type.BYTES,
        "integer": cel.Type.INT,
        "number": cel.Type.DOUBLE,
        "boolean": cel.Type.BOOL,
        "array": cel.Type.List(cel.Type.DYN),
        "object": cel.Type.Map(cel.Type.STRING, cel.Type.DYN),
    }
    variables = dict.fromkeys(("self", "oldSelf"), types.get(kind, cel.Type.DYN))
    extensions = [ext_strings.ExtStrings(), ext_math.ExtMath(), ext_optional.ExtOptional()]
    return cel.NewEnv(variables=variables, extensions=[*extensions, _kubernetes(cel)])


def escaped(name: str) -> str:
    """The name of a property in rules."""
    if name in _RESERVED:
        return f"__{name}__"
    text = name.replace("__", "__underscores__").replace(".", "__dot__")
    return text.replace("-", "__dash__").replace("/", "__slash__")


def converted(value: Any, kind: str) -> Any:
    """A value that a rule asks for, where its format has a type of its own; else the value itself."""
    match kind:
        case "date-time":
            return datetime.datetime.fromisoformat(times.canonical(value))
        case "date":
            return datetime.datetime.fromisoformat(f"{value}T00:00:00+00:00")
        case "byte":
            return base64.b64decode(value)
    return value


def _find_all(text: str, pattern: str, most: int = -1) -> list[str]:
    found = [match.group(0) for match in re.finditer(pattern, text)]
    return found if most < 0 else found[:most]


def _find(text: str, pattern: str) -> str:
    return next(iter(_find_all(text, pattern)), "")


def _is(check: Any, text: str) -> bool:
    try:
        check(text)
    except ValueError:
        return False
    return True


def _is_cidr(text: str) -> bool:
    return "/" in text and _is(lambda each: ipaddress.ip_network(each, strict=False), text)


def _last_index(items: list[Any], item: Any) -> int:
    return next((i for i in reversed(range(len(items))) if items[i] == item), -1)


def _kubernetes(cel: Any) -> Any:
    text, whole, truth, anything = cel.Type.STRING, cel.Type.INT, cel.Type.BOOL, cel.Type.DYN
    items = cel.Type.List(anything)
    table: tuple[tuple[str, Any, list[Any], bool, Any], ...] = (
        ("find", text, [text, text], True, _find),
        ("findAll", cel.Type.List(text), [text, text], True, _find_all),
        ("findAll", cel.Type.List(text), [text, text, whole], True, _find_all),
        ("isSorted", truth, [items], True, lambda given: list(given) == sorted(given)),
        ("sum", anything, [items], True, lambda given: sum(given)),
        ("min", anything, [items], True, lambda given: min(given)),
        ("max", anything, [items], True, lambda given: max(given)),
        ("indexOf", whole, [items, anything], True, lambda given, item: _first_index(given, item)),
        ("lastIndexOf", whole, [items, anything], True, _last_index),
        ("isURL", truth, [text], False, lambda given: bool(urlsplit(given).scheme)),
        ("isIP", truth, [text], False, lambda given: _is(ipaddress.ip_address, given)),
        ("isCIDR", truth, [text], False, _is_cidr),
        ("isQuantity", truth, [text], False, lambda given: quantities.parsed(given) is not None),
        ("sets.contains", truth, [items, items], False, lambda one, two: all(each in one for each in two)),
        ("sets.intersects", truth, [items, items], False, lambda one, two: any(each in one for each in two)),
        (
            "sets.equivalent",
            truth,
            [items, items],
            False,
            lambda one, two: all(each in one for each in two) and all(each in two for each in one),
        ),
    )
    overloads: dict[str, list[Any]] = {}
    for number, (name, result, parameters, member, run) in enumerate(table):
        overload = cel.Overload(f"kubernetes_{number}", result, parameters, is_member=member, impl=run)
        overloads.setdefault(name, []).append(overload)
    return cel.CelExtension("kubernetes", [cel.FunctionDecl(name, each) for name, each in overloads.items()])


def _first_index(items: list[Any], item: Any) -> int:
    return next((i for i, each in enumerate(items) if each == item), -1)
