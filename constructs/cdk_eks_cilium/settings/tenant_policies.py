"""The policies of tenants, and the options of the agents that policies need.

Apart from the other conversions, because the language of policies takes a while to load: settings without
tenants leave it out.
"""

from __future__ import annotations

from cdk_eks_cilium.policy.agent_options import AgentOptions
from cdk_eks_cilium.policy.model import CiliumNetworkPolicy
from cdk_eks_cilium.policy.tenancy import tenant_policies
from cdk_eks_cilium.values.rendering.effective import EffectiveValues

from .conversion import cilium_values, cilium_version
from .model import Settings
from .tenants import TenantSettings


def tenants_policies(settings: Settings, tenant: TenantSettings) -> list[CiliumNetworkPolicy]:
    """Return the policies of a tenant, including default deny, in the order of their application.

    Raises:
        InputError: For everything that is wrong in its files, all at once.
    """
    return tenant_policies(
        tenant.namespace,
        tenant.policies,
        version=cilium_version(settings),
        isolated=tenant.default_deny,
        l7_proxy=settings.cilium.l7_proxy,
    )


def agent_options(settings: Settings) -> AgentOptions:
    """Return the options of the agents that the settings install."""
    return AgentOptions.of_chart(
        EffectiveValues.of(cilium_values(settings), cilium_version(settings)).written
    )
