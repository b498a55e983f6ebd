"""Which route of a table a packet takes."""

from __future__ import annotations

from ipaddress import IPv4Network

from rehearsal.reachability.network import Outside, Route, RouteTable


# belief: EC2-longest-prefix, EC2-endpoint-reach
def route_to(table: RouteTable, destination: Outside) -> Route | None:
    """The route to a destination, or None.

    The most specific route wins (https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html).
    The ranges of an AWS prefix list are more specific than any default route, and count as more specific than
    every other route here.

    Args:
        table: The table.
        destination: Of a range, the first address stands for all.
    """
    for route in table.routes:
        if route.destination in destination.prefix_lists:
            return route
    address = destination.addresses.network_address
    matching = [
        (route.destination.prefixlen, route)
        for route in table.routes
        if isinstance(route.destination, IPv4Network) and address in route.destination
    ]
    return max(matching, key=lambda each: each[0])[1] if matching else None
