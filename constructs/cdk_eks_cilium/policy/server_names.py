"""Names of TLS servers in ``serverNames``, as each release's API server and its Envoy read them.

=================  =====================================================  ===================================
Cilium             what the API server stores                             how Envoy compares
=================  =====================================================  ===================================
before 1.13        no such field                                          -
1.13 to 1.17       any text but an empty one (`PortRule.sanitize`)        as texts; early images with case
1.18, 1.19         names, ``*.`` or ``**.`` at the start (CRD's pattern)  ``*.``: one label; ``**.``: labels
from 1.20          ``*`` anywhere in a label, ``**`` as labels            as RE2, see `server_expression`
=================  =====================================================  ===================================

Envoy lowers both sides, and refuses, with every policy of the endpoint, what is not a name of 1.20: an empty
label, a dot at the end, ``***``, ``c**``. Late images of 1.17 to 1.19 refuse these too, and in older images
they match nothing: no client sends such a name (https://www.rfc-editor.org/rfc/rfc6066#section-3).

Sources: cilium PR #22398 (the field), PR #38615 (prefixes), PR #43674 (anywhere) with ``ServerName`` in
``pkg/policy/api/l4.go``; the CRD of 1.19.1; in cilium/proxy `SniPattern` of ``cilium/network_policy.h``, PR
#1242 and PR #1698, ``server_names`` in ``npds.proto`` and the test ``SNIPatternMatching``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from .expressions import matches

LONGEST_NAME: Final = 255
_CHARACTER: Final = "[-a-zA-Z0-9_]"
_LABEL: Final = rf"(\*{{1,2}}|\*?{_CHARACTER}+(\*{_CHARACTER}+)*\*?)"
_NAME: Final = re.compile(rf"({_LABEL}\.)*{_LABEL}")
_PREFIXED: Final = re.compile(rf"\*{{1,2}}(\.{_CHARACTER}+)+")
_UPPER: Final = re.compile("[A-Z]")
_IN_LABEL: Final = "[-a-z0-9_]*"
_LABELS: Final = "[-a-z0-9_]+([.][-a-z0-9_]+)*"


def is_server_name(text: str) -> bool:
    """Whether some release takes *text* as a name, or as a pattern of names."""
    return len(text) <= LONGEST_NAME and _NAME.fullmatch(text) is not None


def is_prefixed(name: str) -> bool:
    """Whether the only wildcard of a name stands for the labels at its start."""
    return _PREFIXED.fullmatch(name) is not None


def has_upper_case(name: str) -> bool:
    """Whether a name has letters that some images of Envoy do not find in what clients send."""
    return _UPPER.search(name) is not None


@lru_cache(2048)
def server_expression(name: str) -> str:
    """The regular expression that Envoy makes of a name with wildcards.

    A ``*`` stands for characters of a label, also for none; alone, and as ``**``, for one label or more.
    """
    words = {".": "[.]", "*": _LABELS if name == "*" else _IN_LABEL, "**": _LABELS}
    return re.sub(r"\*\*|\*|\.", lambda found: words[found[0]], _lowered(name))


def serves(name: str, asked: str) -> bool:
    """Whether a name of a rule means the name that a client asks for."""
    lowered = _lowered(asked)
    if "*" not in name:
        return _lowered(name) == lowered
    return matches(server_expression(name), lowered) is True


def _lowered(text: str) -> str:
    """The text with the letters of ASCII in lower case, as ``absl::AsciiStrToLower`` has it."""
    return _UPPER.sub(lambda found: found[0].lower(), text)
