"""What is in the cluster's security group, or names it, before EKS deletes it.

EKS makes the group with the cluster and deletes it with the cluster, unless something else still uses it
(https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html). Then the group stays without a word,
and the VPC cannot go (https://github.com/eksctl-io/eksctl/issues/5135).
"""

from __future__ import annotations

from ec2 import Ec2

# belief: EKS-cluster-group-left-behind


def holders(ec2: Ec2, vpc_id: str, eks_name: str) -> list[str]:
    """Describe each interface and each security group that will keep the cluster's group from going.

    The interfaces of the control plane go with the cluster, and do not count.

    Raises:
        PermanentError: If EC2 refuses.
        DeadlineError: If it does not answer in time.
    """
    name = f"eks-cluster-sg-{eks_name}-*"
    found: list[str] = []
    # The name of a cluster may begin with the name of another: interfaces are asked for by the group's id.
    for group in ec2.groups(vpc_id=vpc_id, group_name=name, **{"tag:aws:eks:cluster-name": eks_name}):
        found += [
            f"{group} is on {one.id} ({one.description or 'no description'})"
            for one in ec2.interfaces(vpc_id=vpc_id, group_id=group)
            if one.description != f"Amazon EKS {eks_name}"
        ]
        rules = {
            *ec2.groups(vpc_id=vpc_id, ip_permission__group_id=group),
            *ec2.groups(vpc_id=vpc_id, egress__ip_permission__group_id=group),
        }
        found += [f"{group} is named by a rule of {other}" for other in sorted(rules - {group})]
    return found
