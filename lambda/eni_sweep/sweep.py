"""Delete the network interfaces that a cluster left behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from cluster_group import holders
from deadline import Deadline
from ec2 import CLUSTER_TAG, REFUSALS, WORKERS, Ec2, Interface, RefusedError, unauthorized_or_odd
from errors import DeadlineError, FunctionError
from logs import Log
from properties import Properties

#: Seconds without any change after which the sweep gives up: a terminating instance takes less.
PATIENCE: Final = 300.0
#: Interfaces that a message names; CloudFormation takes an answer of at most 4 KB.
NAMED: Final = 10
#: How Cilium's operator describes its interfaces. The sweep reports such interfaces and never deletes them.
LOOKALIKES: Final = "Cilium-CNI*"

_LOGGED: Final = 100

log = Log("eni_sweep")
T = TypeVar("T")


@dataclass
class Outcome:
    """The outcome of a sweep.

    Attributes:
        deleted: Interfaces deleted here.
        vanished: Interfaces that somebody else deleted first.
        left: Interfaces left alone, each with the reason.
        holders: What will keep the cluster's security group from going with the cluster.
    """

    deleted: list[str] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    holders: list[str] = field(default_factory=list)

    @property
    def gone(self) -> set[str]:
        """Interfaces that are gone, though EC2 may list them for another moment."""
        return {*self.deleted, *self.vanished}


class Sweep:
    """One sweep: deletes the free interfaces, waits for the others, and looks again until all are gone."""

    def __init__(self, ec2: Ec2, properties: Properties, deadline: Deadline) -> None:
        self._ec2 = ec2
        self._of = properties
        self._deadline = deadline
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="eni-sweep")
        self._refused: dict[str, RefusedError] = {}
        self._denials: Counter[str] = Counter()
        self._unanswered = ""
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """Sweep until two looks in a row find nothing.

        Raises:
            PermanentError: If EC2 refuses for a permanent reason.
            DeadlineError: If interfaces remain when time or patience is up; the error names them.
        """
        try:
            self._until_nothing_is_found()
            self._name_lookalikes()
            self._name_holders()
            return self.outcome
        finally:
            # Without waiting: a request that hangs must not delay the answer to CloudFormation.
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _until_nothing_is_found(self) -> None:
        attempt, empty_looks = 0, 0
        before: list[Interface] = []
        changed_at = self._deadline.elapsed
        held: list[Interface] = []
        while True:
            found = self._look(held)
            if found != before:
                before, attempt, changed_at = found, 0, self._deadline.elapsed
            elif found and self._deadline.elapsed - changed_at >= PATIENCE:
                raise self._still_there(found)
            self._delete([one.id for one in found if one.status == "available"])
            held = [one for one in found if one.id not in self.outcome.gone]
            self._log_look(found, held)
            # EC2 lists a new interface a moment after its creation, so one empty look is not enough.
            empty_looks = 0 if found else empty_looks + 1
            if empty_looks == 2:
                return
            attempt += 1
            if not self._deadline.pause(attempt):
                if held:
                    raise self._still_there(held)
                return

    def _look(self, held: Sequence[Interface]) -> list[Interface]:
        """The cluster's interfaces that must be deleted."""
        of = self._of
        try:
            found = self._in_time(lambda: self._ec2.interfaces(cluster=of.cilium_name, vpc_id=of.vpc_id))
        except DeadlineError:
            if held:
                raise self._still_there(held) from None
            raise
        # Filters take wildcards, and a wrong deletion does harm: compare again, exactly.
        own = [one for one in found if one.cluster == of.cilium_name and one.vpc_id == of.vpc_id]
        self.outcome.left.update({one.id: "an AWS service manages it" for one in own if one.managed})
        return [one for one in own if not one.managed and one.id not in self.outcome.gone]

    def _delete(self, ids: Sequence[str]) -> None:
        futures = {self._pool.submit(self._ec2.delete, one): one for one in ids}
        wait(futures, timeout=max(self._deadline.remaining, 0))
        for future, interface_id in futures.items():
            if future.done():
                self._take(future, interface_id)
            else:
                future.cancel()

    def _take(self, future: Future[bool], interface_id: str) -> None:
        try:
            (self.outcome.deleted if future.result() else self.outcome.vanished).append(interface_id)
        except DeadlineError:
            self._unanswered = "give EC2 time, it throttles the account or answers late"
        except RefusedError as refused:
            self._refused[interface_id] = refused
            # A vanished interface has no tags, so a condition on tags can deny its deletion.
            self._denials[interface_id] += refused.unauthorized
            if self._denials[interface_id] >= REFUSALS:
                code, _, message = str(refused).partition(": ")
                action = f"ec2:DeleteNetworkInterface on {interface_id}"
                raise unauthorized_or_odd(action, code, message) from refused

    def _name_lookalikes(self) -> None:
        """Report free interfaces that look like Cilium's and do not carry this cluster's tag."""
        try:
            found = self._in_time(
                lambda: self._ec2.interfaces(vpc_id=self._of.vpc_id, description=LOOKALIKES)
            )
        except FunctionError as error:
            log.info({"lookalikes": "unknown", "why": str(error)})
            return
        for one in found:
            if one.status == "available" and one.cluster != self._of.cilium_name:
                owner = f"its tag says cluster {one.cluster}" if one.cluster else "it has no cluster's tag"
                self.outcome.left[one.id] = owner
        left = [f"{name}: {why}" for name, why in self.outcome.left.items()]
        for start in range(0, len(left), _LOGGED):
            log.info({"left_alone": left[start : start + _LOGGED]})

    def _name_holders(self) -> None:
        """Report what keeps the cluster's security group; EKS then leaves the group behind without a word."""
        of = self._of
        if not of.eks_name:
            return
        try:
            self.outcome.holders = self._in_time(lambda: holders(self._ec2, of.vpc_id, of.eks_name))
        except FunctionError as error:
            log.info({"holders": "unknown", "why": str(error)})
            return
        for start in range(0, len(self.outcome.holders), _LOGGED):
            log.warning({"cluster_group_held": self.outcome.holders[start : start + _LOGGED]})

    def _in_time(self, call: Callable[[], T]) -> T:
        """What *call* returns; DeadlineError when it hangs, as a name look-up may, which has no timeout."""
        future = self._pool.submit(call)
        wait([future], timeout=max(self._deadline.remaining, 0))
        if not future.done():
            future.cancel()
            raise DeadlineError(
                "EC2: must answer before the function's time is up, got nothing; "
                "check that the function reaches EC2's endpoint, then delete the stack again"
            )
        return future.result()

    def _still_there(self, held: Sequence[Interface]) -> DeadlineError:
        of = self._of
        names = listed(map(self._described, held))
        if all(one.status == "available" for one in held):
            fix = self._unanswered or "see why EC2 does not delete them"
        else:
            fix = (
                "terminate the instances that hold them and wait until this command lists nothing: "
                "aws ec2 describe-network-interfaces --filters "
                f"Name=tag:{CLUSTER_TAG},Values={of.cilium_name} Name=vpc-id,Values={of.vpc_id}"
            )
        return DeadlineError(
            f"network interfaces of cluster {of.cilium_name} in {of.vpc_id}: must be gone before subnets and "
            f"security groups can go, got {len(held)} that remain after {self._deadline.elapsed:.0f} s: "
            f"{names}; {fix}, then delete the stack again"
        )

    def _described(self, one: Interface) -> str:
        refused = self._refused.get(one.id)
        return f"{one} {refused}" if refused and one.status == "available" else str(one)

    def _log_look(self, found: Sequence[Interface], held: Sequence[Interface]) -> None:
        line: dict[str, Any] = {
            "found": len(found),
            "held": [self._described(one) for one in held[:_LOGGED]],
            "deleted": len(self.outcome.deleted),
            "vanished": len(self.outcome.vanished),
            "elapsed": round(self._deadline.elapsed, 1),
            "remaining": round(self._deadline.remaining, 1),
        }
        log.info(line)


def listed(names: Iterable[str]) -> str:
    """The first names, and the number of the others."""
    every = list(names)
    more = f" and {len(every) - NAMED} more" if len(every) > NAMED else ""
    return ", ".join(every[:NAMED]) + more
