"""Formats of names, keys and paths: each function returns what is wrong with a text, in Kubernetes' words.

Formats and limits are from
https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/validation.go and of
https://github.com/kubernetes/apimachinery/blob/master/pkg/api/validate/content/.
"""

# belief: K8S-formats

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

Problems = list[str]
Format = Callable[[str], Problems]

LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN: Final = rf"{LABEL}(\.{LABEL})*"
_UNDERSCORES = r"_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SUBDOMAIN_UNDERSCORES = rf"{_UNDERSCORES}(\.{_UNDERSCORES})*"
_SERVICE_LABEL = "[a-z]([-a-z0-9]*[a-z0-9])?"
_WILDCARD = rf"\*\.{SUBDOMAIN}"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = f"({_QUALIFIED})?"
_VARIABLE = "[-._a-zA-Z][-._a-zA-Z0-9]*"
_CONFIG_KEY = "[-._a-zA-Z0-9]+"
_HEADER = "[-A-Za-z0-9]+"
_PERCENT = "[0-9]+%"
_HTTP_PATH = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"

_LABEL_WORDS = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
    "and end with an alphanumeric character"
)
_SUBDOMAIN_WORDS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character"
)
_UNDERSCORE_WORDS = _SUBDOMAIN_WORDS.replace("'-' or", "'_', '-' or")
_SERVICE_WORDS = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an alphanumeric character"
)
_WILDCARD_WORDS = (
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must "
    "consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character"
)
_KEY_WORDS = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character"
)
_VALUE_WORDS = f"a valid label must be an empty string or {_KEY_WORDS.removeprefix('must ')}"
_VARIABLE_WORDS = (
    "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and "
    "must not start with a digit"
)
_RELAXED_WORDS = (
    "a valid environment variable name must consist only of printable ASCII characters other than '='"
)
_CONFIG_WORDS = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
_HEADER_WORDS = "a valid HTTP header must consist of alphanumeric characters or '-'"
_PERCENT_WORDS = "a valid percent string must be a numeric string followed by an ending '%'"


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text) is not None


def _too_long(limit: int, unit: str = "characters") -> str:
    return f"must be no more than {limit} {unit}"


def _regex(words: str, pattern: str, *examples: str) -> str:
    if not examples:
        return f"{words} (regex used for validation is '{pattern}')"
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{words} (e.g. {shown}regex used for validation is '{pattern}')"


def _size(text: str) -> int:
    """The length as Go counts it, in bytes."""
    return len(text.encode("utf-8", "surrogatepass"))


def _checked(text: str, pattern: str, words: str, *examples: str, limit: int | None = None) -> Problems:
    problems = [_too_long(limit)] if limit is not None and _size(text) > limit else []
    if not _matches(pattern, text):
        problems.append(_regex(words, pattern, *examples))
    return problems


def label(text: str) -> Problems:
    """An RFC 1123 label of at most 63 characters."""
    problems = [_too_long(63)] if _size(text) > 63 else []
    if not _matches(LABEL, text):
        dotted = _matches(SUBDOMAIN, text)
        problems.append(
            "must not contain dots" if dotted else _regex(_LABEL_WORDS, LABEL, "my-name", "123-abc")
        )
    return problems


def subdomain(text: str) -> Problems:
    """An RFC 1123 subdomain of at most 253 characters."""
    return _checked(text, SUBDOMAIN, _SUBDOMAIN_WORDS, "example.com", limit=253)


def subdomain_with_underscores(text: str) -> Problems:
    """A subdomain whose labels may have underscores, as search paths of DNS."""
    return _checked(text, _SUBDOMAIN_UNDERSCORES, _UNDERSCORE_WORDS, "example.com", limit=253)


def service_label(text: str) -> Problems:
    """An RFC 1035 label: one that starts with a letter."""
    return _checked(text, _SERVICE_LABEL, _SERVICE_WORDS, "my-name", "abc-123", limit=63)


def wildcard(text: str) -> Problems:
    """``*.`` before a subdomain."""
    return _checked(text, _WILDCARD, _WILDCARD_WORDS, "*.example.com", limit=253)


def path_segment(text: str) -> Problems:
    """A name of one segment of an address, as RBAC's names."""
    if text in (".", ".."):
        return [f"may not be '{text}'"]
    return [f"may not contain '{part}'" for part in ("/", "%") if part in text]


def qualified_name(text: str) -> Problems:
    """The key of a label: a name of at most 63 characters, and perhaps a subdomain and a slash before it."""
    prefix, slash, name = text.rpartition("/")
    if "/" in prefix:
        words = _regex(f"a valid label key {_KEY_WORDS}", _QUALIFIED, "MyName", "my.name", "123-abc")
        return [f"{words} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    problems = []
    if slash:
        problems += (
            [f"prefix part {p}" for p in subdomain(prefix)] if prefix else ["prefix part must be non-empty"]
        )
    if not name:
        problems.append("name part must be non-empty")
    elif _size(name) > 63:
        problems.append(f"name part {_too_long(63, 'bytes')}")
    if not _matches(_QUALIFIED, name):
        problems.append("name part " + _regex(_KEY_WORDS, _QUALIFIED, "MyName", "my.name", "123-abc"))
    return problems


def label_value(text: str) -> Problems:
    """The value of a label."""
    problems = [_too_long(63, "bytes")] if _size(text) > 63 else []
    return problems + _checked(text, _LABEL_VALUE, _VALUE_WORDS, "MyValue", "my_value", "12345")


def port_number(value: int) -> Problems:
    """A port from 1 to 65535."""
    return [] if 1 <= value <= 65535 else ["must be between 1 and 65535, inclusive"]


def port_name(text: str) -> Problems:
    """A name of a port: at most 15 lower-case letters, digits and single hyphens, with a letter."""
    problems = [_too_long(15)] if _size(text) > 15 else []
    if not _matches("[-a-z0-9]+", text):
        problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", text):
        problems.append("must contain at least one letter (a-z)")
    if "--" in text:
        problems.append("must not contain consecutive hyphens")
    if text.startswith("-") or text.endswith("-"):
        problems.append("must not begin or end with a hyphen")
    return problems


def port(value: object) -> Problems:
    """A port by number or by name."""
    if isinstance(value, int):
        return port_number(value)
    return port_name(value if isinstance(value, str) else "")


def percent(text: str) -> Problems:
    """A percentage, as ``25%``."""
    return _checked(text, _PERCENT, _PERCENT_WORDS, "1%", "93%")


def header_name(text: str) -> Problems:
    """The name of an HTTP header."""
    return _checked(text, _HEADER, _HEADER_WORDS, "X-Header-Name")


def variable_name(text: str, *, relaxed: bool) -> Problems:
    """The name of an environment variable; from Kubernetes 1.32 on nearly any printable text (relaxed)."""
    if not relaxed:
        return _checked(text, _VARIABLE, _VARIABLE_WORDS, "my.env-name", "MY_ENV.NAME", "MyEnvName1") + _dots(
            text
        )
    problems = [] if text else ["environment variable name must be non-empty"]
    if any(not " " <= character <= "~" or character == "=" for character in text):
        problems.append(_RELAXED_WORDS)
    return problems


def config_key(text: str) -> Problems:
    """A key of a ConfigMap or Secret."""
    return _checked(text, _CONFIG_KEY, _CONFIG_WORDS, "key.name", "KEY_NAME", "key-name", limit=253) + _dots(
        text
    )


def _dots(text: str) -> Problems:
    if text in (".", ".."):
        return [f"must not be '{text}'"]
    return ["must not start with '..'"] if text.startswith("..") else []


def http_path(text: str) -> Problems:
    """The path after a domain."""
    return [] if _matches(_HTTP_PATH, text) else [_regex("Invalid path", _HTTP_PATH)]


def in_range(value: int, low: int, high: int) -> Problems:
    """A number between two bounds."""
    return [] if low <= value <= high else [f"must be between {low} and {high}, inclusive"]


def group_or_user_id(value: int) -> Problems:
    """A Unix uid or gid."""
    return in_range(value, 0, 2**31 - 1)


def file_mode(value: int) -> Problems:
    """Permissions of a file."""
    return [] if 0 <= value <= 0o777 else ["must be a number between 0 and 0777 (octal), both inclusive"]


def without_backsteps(text: str) -> Problems:
    """A path without ``..``."""
    return ["must not contain '..'"] if ".." in text.split("/") else []


def descending_path(text: str) -> Problems:
    """A relative path that stays below its start."""
    return (["must be a relative path"] if text.startswith("/") else []) + without_backsteps(text)


def local_path(text: str) -> Problems:
    """A relative path whose first part does not begin with two dots, which the kubelet reserves."""
    reserved = text.startswith("..") and not text.startswith("../")
    return descending_path(text) + (["must not start with '..'"] if reserved else [])
