"""The policies of tenants.

Apart from the other conversions, because the language of policies takes a while to load: settings without
tenants leave it out.
"""

from __future__ import annotations

from cdk_eks_cilium.policy.model import CiliumNetworkPolicy
from cdk_eks_cilium.policy.tenancy import tenant_policies

from .conversion import cilium_version
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
