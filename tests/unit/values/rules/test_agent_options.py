from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.values import CiliumValues, problems
from cdk_eks_cilium.values.rules.agent_options import OWNED_AGENT_OPTIONS, option_problems
from cdk_eks_cilium.versions import CiliumVersion


def texts(overrides: dict[str, Any], *, devices: bool = False) -> list[str]:
    return [str(problem) for problem in option_problems(overrides, "o", devices=devices)]


def refusal(where: str, got: str, process: str = "agent") -> str:
    return (
        f"o.{where}: must not be set: the library answers for this option of the {process}, got {got}; "
        "use the typed value, or remove it"
    )


def test_an_option_behind_the_chart_is_refused() -> None:
    extra = {"extraConfig": {"enable-ipv4-masquerade": "false", "ipam-max-allocate": "50"}}
    assert texts(extra) == [refusal("extraConfig.enable-ipv4-masquerade", "'false'")]


def test_options_are_spelled_as_the_agent_spells_them() -> None:
    assert all(option == option.lower() and "_" not in option for option in OWNED_AGENT_OPTIONS)


@pytest.mark.parametrize(
    ("arguments", "got"),
    [
        (["--ipam=kubernetes"], "'--ipam=kubernetes'"),
        (["--ipam", "kubernetes"], "'--ipam kubernetes'"),
        (["--ipam"], "'--ipam'"),
        (["--ipam", "--debug"], "'--ipam'"),
    ],
)
def test_an_argument_is_refused_in_every_form_it_can_have(arguments: list[str], got: str) -> None:
    assert texts({"extraArgs": arguments}) == [refusal("extraArgs[0]", got)]


def test_an_argument_of_the_operator_is_refused_too() -> None:
    given = {"operator": {"extraArgs": ["--debug", "--aws-enable-prefix-delegation=false"]}}
    assert texts(given) == [
        refusal("operator.extraArgs[1]", "'--aws-enable-prefix-delegation=false'", "operator")
    ]


def test_every_argument_is_reported_at_once() -> None:
    given = {
        "extraArgs": ("--tunnel=vxlan", "--mtu", "1500", "--enable-ipv4=false"),
        "operator": {"extraArgs": None},
    }
    assert texts(given) == [
        refusal("extraArgs[0]", "'--tunnel=vxlan'"),
        refusal("extraArgs[3]", "'--enable-ipv4=false'"),
    ]


@pytest.mark.parametrize(
    "overrides",
    [
        {"extraArgs": ["--mtu=9001", "--k8s-client-qps", "20", "ipam", "--ipam-max-allocate=50", 7]},
        {"extraArgs": None, "operator": {"extraArgs": []}},
        {"extraArgs": "--ipam=kubernetes"},
        {"operator": None},
        {"extraConfig": {"devices": "eth1"}},
    ],
)
def test_other_arguments_are_the_user_s(overrides: dict[str, Any]) -> None:
    assert texts(overrides) == []


def test_devices_are_refused_by_their_option_where_the_library_writes_them() -> None:
    given = {"extraConfig": {"devices": "eth1"}, "extraArgs": ["--devices=eth1"]}
    assert texts(given, devices=True) == [
        refusal("extraConfig.devices", "'eth1'"),
        refusal("extraArgs[0]", "'--devices=eth1'"),
    ]


def test_the_library_writes_devices_with_ebpf_masquerading_alone() -> None:
    def found(**given: Any) -> list[str]:
        values = CiliumValues(kube_proxy_replacement=True, overrides={"devices": "eth1"}, **given)
        return [problem.where for problem in problems(values, CiliumVersion.V1_19)]

    assert found(masquerade="ebpf") == ["cilium.overrides.devices"]
    assert found() == []
