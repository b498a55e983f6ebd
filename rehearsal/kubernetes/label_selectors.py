"""The grammar of label selectors in queries, as Kubernetes reads it and complains about it.

https://github.com/kubernetes/apimachinery/blob/master/pkg/labels/selector.go
"""

from __future__ import annotations

import json
import re

from rehearsal.kubernetes.errors import bad_request
from rehearsal.kubernetes.model import Object

_TOKEN = re.compile(r"\s*(==|!=|[(),!=<>]|[^\s(),!=<>]+)")
_OPERATORS = {
    "in": "In",
    "notin": "NotIn",
    "=": "In",
    "==": "In",
    "!=": "NotIn",
    ">": "Gt",
    "<": "Lt",
    "gt": "Gt",
    "lt": "Lt",
}
_EXPECTED = "in, notin, =, ==, !=, gt, lt"
_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_PREFIX = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_VALUE_WORDS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used "
    f"for validation is '{_VALUE.pattern}')"
)
_NAME_WORDS = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    f"'{_NAME.pattern}')"
)


# belief: K8S-selectors
def parse(selector: str) -> list[Object]:
    """The parts of a selector, as entries of ``matchExpressions``.

    Raises:
        ApiError: 400, it cannot be read.
    """
    try:
        return _Parser(selector).requirements()
    except ValueError as error:
        raise bad_request(f"unable to parse requirement: {error}") from None


class _Parser:
    """Reads one selector, token by token."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        self._at = 0

    def requirements(self) -> list[Object]:
        found: list[Object] = []
        while self._next:
            if self._next == ",":
                raise ValueError("found ',', expected: !, identifier, or 'end of string'")
            found.append(self._requirement())
            if not self._next:
                break
            if self._take() != ",":
                raise ValueError(f"found '{self._last}', expected: ',' or 'end of string'")
            if self._next != "!" and not _is_word(self._next):
                raise ValueError(f"found '{self._next}', expected: identifier after ','")
        return found

    @property
    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    @property
    def _last(self) -> str:
        return str(self._tokens[self._at - 1])

    def _take(self) -> str:
        found = self._next
        self._at += 1
        return found

    def _requirement(self) -> Object:
        absent = self._next == "!"
        if absent:
            self._take()
        key = self._take()
        if not _is_word(key):
            raise ValueError(f"found '{key}', expected: identifier")
        _check_key(key)
        if absent or self._next in ("", ","):
            return {"key": key, "operator": "DoesNotExist" if absent else "Exists"}
        word = self._take()
        if word not in _OPERATORS:
            raise ValueError(f"found '{word}', expected: {_EXPECTED}")
        operator = _OPERATORS[word]
        values = self._values() if word in ("in", "notin") else [self._exact()]
        _check_values(key, operator, values)
        return {"key": key, "operator": operator, "values": values}

    def _exact(self) -> str:
        if self._next in ("", ","):
            return ""
        word = self._take()
        if not _is_word(word):
            raise ValueError(f"found '{word}', expected: identifier")
        return word

    def _values(self) -> list[str]:
        if (word := self._take()) != "(":
            raise ValueError(f"found '{word}' expected: '('")
        values: list[str] = []
        wants_value = True
        while (word := self._take()) != ")":
            if word == ",":
                if wants_value:
                    values.append("")
                wants_value = True
            elif _is_word(word) and wants_value:
                values.append(word)
                wants_value = False
            else:
                raise ValueError(f"found '{word}', expected: ',', or ')'")
        if wants_value:
            values.append("")
        return sorted(set(values))


def _is_word(token: str) -> bool:
    return bool(token) and token[0] not in "(),!=<>"


def _check_key(key: str) -> None:
    prefix, slash, name = key.rpartition("/")
    if slash and not _PREFIX.fullmatch(prefix):
        raise ValueError(f"key: Invalid value: {json.dumps(key)}: prefix part must be a DNS subdomain")
    if not _NAME.fullmatch(name):
        raise ValueError(f"key: Invalid value: {json.dumps(key)}: {_NAME_WORDS}")
    if len(name) > 63:
        raise ValueError(f"key: Invalid value: {json.dumps(key)}: name part must be no more than 63 bytes")


def _check_values(key: str, operator: str, values: list[str]) -> None:
    for number, value in enumerate(values):
        where = f"values[{number}]"
        if operator in ("Gt", "Lt") and not re.fullmatch(r"[+-]?\d+", value):
            message = "for 'Gt', 'Lt' operators, the value must be an integer"
            raise ValueError(f"{where}: Invalid value: {json.dumps(value)}: {message}")
        if not _VALUE.fullmatch(value):
            raise ValueError(f"{where}[{key}]: Invalid value: {json.dumps(value)}: {_VALUE_WORDS}")
        if len(value) > 63:
            message = "must be no more than 63 bytes"
            raise ValueError(f"{where}[{key}]: Invalid value: {json.dumps(value)}: {message}")
