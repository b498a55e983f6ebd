"""What two programs print of the same connections becomes comparable."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bench.connections import differences, of_ours, of_theirs, points
from cdk_eks_cilium.policy_analysis.evaluation import PROTOCOLS, PortSet

COMPARED = PortSet.of((protocol, 1, 65535) for protocol in ("TCP", "UDP", "SCTP"))


def ours(source: str, destination: str, ports: str) -> dict[str, str]:
    """A pair of our matrix."""
    return {"source": source, "destination": destination, "ports": ports}


def theirs(src: str, dst: str, conn: str) -> dict[str, str]:
    """A pair of netpol-analyzer's list."""
    return {"src": src, "dst": dst, "conn": conn}


def parts() -> st.SearchStrategy[tuple[str, int, int]]:
    """A span of ports of a protocol."""
    ports = st.tuples(st.integers(0, 65535), st.integers(0, 65535)).map(sorted)
    types = st.tuples(st.integers(0, 255), st.integers(0, 255)).map(sorted)
    return st.sampled_from(PROTOCOLS).flatmap(
        lambda protocol: (types if protocol.startswith("ICMP") else ports).map(
            lambda span: (protocol, span[0], span[1])
        )
    )


@given(st.lists(parts(), max_size=6).map(PortSet.of), st.booleans())
def test_every_set_of_ports_that_we_print_is_read_back(ports: PortSet, inverted: bool) -> None:
    printed = PortSet.everything() - ports if inverted else ports
    found = of_ours([ours("a/x", "a/y", str(printed) if printed else "")])

    assert found.get(("a/x", "a/y"), PortSet({})) == printed & COMPARED


def test_both_say_the_same_in_their_own_words() -> None:
    said = of_ours(
        [
            ours("a/x", "a/y", "TCP 80+443-445, UDP 53"),
            ours("a/x", "a/z", "all ports"),
            ours("a/z", "a/z", "all ports"),
            ours("a/y", "a/x", ""),
        ]
    )
    other = of_theirs(
        [
            theirs("a/x[Deployment]", "a/y[StatefulSet]", "TCP 80,443-445,UDP 53"),
            theirs("a/x[Deployment]", "a/z[Pod]", "All Connections"),
            theirs("{ingress-controller}", "a/x[Deployment]", "TCP 80"),
        ],
        said,
    )

    assert said == other
    assert list(differences(said, other)) == []


def test_pods_of_a_replica_set_are_those_of_its_deployment_where_we_say_so() -> None:
    listed = [
        theirs("a/x[Deployment]", "a/y-5d4f[ReplicaSet]", "TCP 80"),
        theirs("a/y-5d4f[ReplicaSet]", "a/y[Deployment]", "TCP 1"),
    ]

    assert list(of_theirs(listed, of_ours([ours("a/x", "a/y", "TCP 80")]))) == [("a/x", "a/y")]
    assert ("a/x", "a/y-5d4f") in of_theirs(listed, of_ours([ours("a/x", "a/y-5d4f", "TCP 80")]))


def test_ranges_that_overlap_are_compared_at_the_first_address_of_each() -> None:
    listed = [
        theirs("a/x[Pod]", "0.0.0.0-255.255.255.255[External]", "TCP 443"),
        theirs("a/y[Pod]", "10.0.0.0-10.0.0.255[External]", "UDP 53"),
        theirs("a/y[Pod]", "10.0.0.7[External]", "UDP 123"),
    ]
    said = of_ours(
        [
            ours("a/x", "address 0.0.0.0", "TCP 443"),
            ours("a/x", "address 10.0.0.0", "TCP 443"),
            ours("a/x", "address 10.0.0.7", "TCP 443"),
            ours("a/y", "address 10.0.0.0", "UDP 53"),
            ours("a/y", "address 10.0.0.7", "UDP 53+123"),
            ours("address 0.0.0.0", "address 10.0.0.0", "all ports"),
        ]
    )

    assert points(listed) == ["0.0.0.0", "10.0.0.0", "10.0.0.7"]
    assert said == of_theirs(listed, said)


def test_differences_name_the_pair_and_what_each_says() -> None:
    said = of_ours([ours("a/x", "a/y", "TCP 80"), ours("a/x", "a/z", "UDP 53")])
    other = of_theirs([theirs("a/x[Pod]", "a/y[Pod]", "TCP 80-81")], said)

    assert list(differences(said, other)) == [
        "a/x -> a/y: ours TCP 80, theirs TCP 80-81",
        "a/x -> a/z: ours UDP 53, theirs nothing",
    ]
