"""Roles, policies, instance profiles and the OIDC provider; `rehearsal/aws/iam/` evaluates the policies."""

from __future__ import annotations

from rehearsal.aws.handler import (
    Duration,
    Handler,
    Listing,
    Made,
    Properties,
    ResourceContext,
    policy_text,
    tag_list,
)


# belief: IAM-role-needs-empty
class Role(Handler):
    """A role with its inline and attached policies."""

    types = ("AWS::IAM::Role",)
    listing = Listing("role {}", "iam.list_roles", "Roles[].[RoleName]")
    # belief: CFN-waits-for-iam
    duration = Duration(18, "CloudFormation waits for IAM's propagation")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        iam = context.client("iam")
        name = properties.get("RoleName") or context.generated_name()
        role = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=policy_text(properties["AssumeRolePolicyDocument"]),
            Path=properties.get("Path", "/"),
            Tags=tag_list(properties),
            **({"PermissionsBoundary": limit} if (limit := properties.get("PermissionsBoundary")) else {}),
        )["Role"]
        self._apply(context, name, properties)
        return Made(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        iam, name = context.client("iam"), existing.physical_id
        # moto takes sts:TagSession, which EKS Pod Identity needs, in a new role and not in a change.
        if (trust := new["AssumeRolePolicyDocument"]) != old["AssumeRolePolicyDocument"]:
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=policy_text(trust))
        self._clear(context, name, old)
        self._apply(context, name, new)
        if limit := new.get("PermissionsBoundary"):
            iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=limit)
        elif "PermissionsBoundary" in old:
            iam.delete_role_permissions_boundary(RoleName=name)
        return existing

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        iam, name = context.client("iam"), existing.physical_id
        self._clear(context, name, properties)
        iam.delete_role(RoleName=name)

    @staticmethod
    def _apply(context: ResourceContext, name: str, properties: Properties) -> None:
        iam, arns = context.client("iam"), properties.get("ManagedPolicyArns", [])
        context.account.access.policies.of_aws[name] = tuple(filter(_aws_managed, arns))
        for arn in arns:
            if not _aws_managed(arn):
                iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        for policy in properties.get("Policies", []):
            iam.put_role_policy(
                RoleName=name,
                PolicyName=policy["PolicyName"],
                PolicyDocument=policy_text(policy["PolicyDocument"]),
            )

    @staticmethod
    def _clear(context: ResourceContext, name: str, own: Properties) -> None:
        # Only what this resource attached: as in AWS, a role that others still use cannot be deleted.
        iam = context.client("iam")
        for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            if policy["PolicyArn"] in own.get("ManagedPolicyArns", []):
                iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
        inline = {policy["PolicyName"] for policy in own.get("Policies", [])}
        for policy_name in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            if policy_name in inline:
                iam.delete_role_policy(RoleName=name, PolicyName=policy_name)


def _aws_managed(arn: str) -> bool:
    # moto loads AWS's own policies all or none; `Policies` reads the attached ones.
    return ":iam::aws:policy/" in arn


class Policy(Handler):
    """An inline policy of one or more roles."""

    types = ("AWS::IAM::Policy", "AWS::IAM::RolePolicy")
    # belief: CFN-waits-for-iam
    duration = Duration(16, "CloudFormation waits for IAM's propagation")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        for role in self._roles(properties):
            context.client("iam").put_role_policy(
                RoleName=role,
                PolicyName=properties["PolicyName"],
                PolicyDocument=policy_text(properties["PolicyDocument"]),
            )
        return Made(context.generated_name(), {"Id": properties["PolicyName"]})

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        self.create(context, new)
        for role in set(self._roles(old)) - set(self._roles(new)):
            context.client("iam").delete_role_policy(RoleName=role, PolicyName=old["PolicyName"])
        return existing

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        for role in self._roles(properties):
            context.client("iam").delete_role_policy(RoleName=role, PolicyName=properties["PolicyName"])

    @staticmethod
    def _roles(properties: Properties) -> list[str]:
        return properties["Roles"] if "Roles" in properties else [properties["RoleName"]]


class ManagedPolicy(Handler):
    """A customer-managed policy, attached to the roles it names."""

    types = ("AWS::IAM::ManagedPolicy",)
    listing = Listing(
        "policy {}", "iam.list_policies", "Policies[?!starts_with(Arn, 'arn:aws:iam::aws:')].[PolicyName]"
    )
    # belief: CFN-waits-for-iam
    duration = Duration(16, "CloudFormation waits for IAM's propagation")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        iam = context.client("iam")
        policy = iam.create_policy(
            PolicyName=properties.get("ManagedPolicyName") or context.generated_name(128),
            PolicyDocument=policy_text(properties["PolicyDocument"]),
            Path=properties.get("Path", "/"),
        )["Policy"]
        for role in properties.get("Roles", []):
            iam.attach_role_policy(RoleName=role, PolicyArn=policy["Arn"])
        return Made(policy["Arn"], {"PolicyArn": policy["Arn"], "PolicyId": policy["PolicyId"]})

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        iam, arn = context.client("iam"), existing.physical_id
        iam.create_policy_version(
            PolicyArn=arn, PolicyDocument=policy_text(new["PolicyDocument"]), SetAsDefault=True
        )
        for role in set(new.get("Roles", [])) - set(old.get("Roles", [])):
            iam.attach_role_policy(RoleName=role, PolicyArn=arn)
        for role in set(old.get("Roles", [])) - set(new.get("Roles", [])):
            iam.detach_role_policy(RoleName=role, PolicyArn=arn)
        return existing

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        iam, arn = context.client("iam"), existing.physical_id
        for role in properties.get("Roles", []):
            iam.detach_role_policy(RoleName=role, PolicyArn=arn)
        for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=arn)


class InstanceProfile(Handler):
    """An instance profile."""

    types = ("AWS::IAM::InstanceProfile",)
    # belief: CFN-waits-for-iam
    duration = Duration(120, "CloudFormation waits two minutes")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        iam = context.client("iam")
        name = properties.get("InstanceProfileName") or context.generated_name(128)
        profile = iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"]
        for role in properties["Roles"]:
            iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
        return Made(name, {"Arn": profile["Arn"]})

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        iam, name = context.client("iam"), existing.physical_id
        for role in properties["Roles"]:
            iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role)
        iam.delete_instance_profile(InstanceProfileName=name)


# belief: IAM-oidc-thumbprint
class OidcProvider(Handler):
    """The identity provider of a cluster's issuer."""

    types = ("AWS::IAM::OIDCProvider",)
    updatable = frozenset({"Tags"})
    listing = Listing(
        "OIDC provider {}", "iam.list_open_id_connect_providers", "OpenIDConnectProviderList[].[Arn]"
    )

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        arn = context.client("iam").create_open_id_connect_provider(
            Url=properties["Url"],
            ClientIDList=properties.get("ClientIdList", []),
            # AWS fetches the thumbprint itself when it is left out; moto wants one.
            ThumbprintList=properties.get("ThumbprintList") or ["0" * 40],
        )["OpenIDConnectProviderArn"]
        return Made(arn, {"Arn": arn})

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        context.client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=existing.physical_id)
