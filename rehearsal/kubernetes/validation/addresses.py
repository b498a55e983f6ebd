"""IP addresses and CIDR blocks, as strict as each release of Kubernetes is.

https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/ip.go; from 1.36 on
``StrictIPCIDRValidation`` is the default
(https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/).
"""

# belief: K8S-addresses

from __future__ import annotations

import ipaddress
import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from rehearsal.kubernetes.validation.formats import Problems

STRICT_SINCE = 36
"""The minor release that refuses leading zeros, mapped addresses and bits behind the prefix."""

_IP_WORDS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_CIDR_WORDS = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"


def without_leading_zeros(text: str) -> str:
    """The address as Kubernetes read it before: zeros before an octet do not count."""
    return re.sub(r"(?<![0-9a-fA-F:.])0+(?=\d)|(?<=\.)0+(?=\d)", "", text) if "." in text else text


def ip(text: str) -> IPv4Address | IPv6Address | None:
    """The address, read as leniently as Kubernetes ever read it; None if it is not one."""
    if "%" in text:
        return None
    try:
        return ipaddress.ip_address(without_leading_zeros(text))
    except ValueError:
        return None


def network(text: str) -> IPv4Network | IPv6Network | None:
    """The block, read as leniently as Kubernetes ever read it; None if it is not one."""
    address, slash, length = text.partition("/")
    parsed = ip(address)
    if (
        not slash
        or parsed is None
        or not re.fullmatch("[0-9]+", length)
        or int(length) > parsed.max_prefixlen
    ):
        return None
    return ipaddress.ip_network((parsed, int(length)), strict=False)


def ip_problems(text: str, minor: int) -> Problems:
    """What is wrong with an address."""
    parsed = ip(text)
    if parsed is None:
        return [_IP_WORDS]
    if minor < STRICT_SINCE:
        return []
    if without_leading_zeros(text) != text:
        return ["must not have leading 0s"]
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        return ["must not be an IPv4-mapped IPv6 address"]
    return []


def cidr_problems(text: str, minor: int) -> Problems:
    """What is wrong with a block."""
    parsed = network(text)
    if parsed is None:
        return [_CIDR_WORDS]
    if minor < STRICT_SINCE:
        return []
    address, _, length = text.partition("/")
    if without_leading_zeros(address) != address or str(int(length)) != length:
        return ["must not have leading 0s in IP or prefix length"]
    exact = ip(address)
    if isinstance(exact, IPv6Address) and exact.ipv4_mapped:
        return ["must not have an IPv4-mapped IPv6 address"]
    return ["must not have bits set beyond the prefix length"] if exact != parsed.network_address else []


def endpoint_problems(text: str) -> Problems:
    """What keeps an address from being one that traffic goes to."""
    parsed = ip(text)
    if parsed is None:
        return ["must be a valid IP address"]
    problems = [f"may not be unspecified ({text})"] if parsed.is_unspecified else []
    if parsed.is_loopback:
        problems.append("may not be in the loopback range (127.0.0.0/8, ::1/128)")
    if parsed.is_link_local:
        problems.append("may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    if parsed in _LINK_LOCAL_MULTICAST[parsed.version]:
        problems.append("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
    return problems


_LINK_LOCAL_MULTICAST: dict[int, IPv4Network | IPv6Network] = {
    4: IPv4Network("224.0.0.0/24"),
    6: IPv6Network("ff02::/16"),
}
