"""How each type of request is served."""

from __future__ import annotations

import itertools
from typing import Final

from deadline import Pace
from errors import DeadlineError, FunctionError, PermanentError
from gate_resource import fingerprint, passed
from logs import Log
from properties import Properties
from reading import ClusterReader
from request import Request

from cdk_eks_cilium.doctor.engine.diagnosis import Diagnosis
from cdk_eks_cilium.doctor.gate.judging import cut, lasts, look_through, obstacles, warnings

# belief: CFN-custom-resource-answer-size
#: Characters of a reason, and of the attribute: CloudFormation takes answers of 4096 bytes, and CDK's
#: framework puts a stack trace behind a reason.
TOLD: Final = 1500
#: Pauses between two looks, in seconds, less a random part of up to half.
PACE: Final = Pace(3.0, 10.0)
#: Seconds for the look of a roll-back.
AT_MOST: Final = 60.0

log = Log("readiness_gate")


def create(request: Request, properties: Properties) -> dict[str, str]:
    """Wait until the checks pass some times in a row; the attribute ``Verdict`` has their warnings.

    Raises:
        DeadlineError: They do not, with what is wrong and how to fix it.
        PermanentError: Waiting would not help: the endpoint is not the cluster's, or what is wrong stays.
    """
    deadline = request.deadline(properties.seconds, PACE)
    call, row, stuck = properties.cluster.call(deadline), 0, 0
    for attempt in itertools.count(1):
        reader = ClusterReader(call, attempt)
        diagnosis = look_through(reader, properties.cluster.name)
        if reader.hopeless is not None:
            raise reader.hopeless
        wrong = obstacles(diagnosis)
        row = 0 if wrong else row + 1
        stuck = stuck + 1 if lasts(diagnosis) else 0
        log.info({"attempt": attempt, "passes in a row": row, "obstacles": wrong})
        if row == properties.passes:
            return _answer(["passed", *warnings(diagnosis)])
        if stuck == properties.passes:
            raise PermanentError(_reason(wrong, row, properties, attempt, deadline.elapsed))
        if not deadline.pause(attempt):
            raise DeadlineError(_reason(wrong, row, properties, attempt, deadline.elapsed))
    raise AssertionError("unreachable: count() does not end")


def update(request: Request, properties: Properties) -> dict[str, str]:
    """Judge what is new, as `create` does. What has passed before only gets a report.

    A roll-back goes to properties that passed, and must not fail: CloudFormation would give up on the stack.
    """
    if fingerprint(request.properties) not in passed(request.known_id):
        return create(request, properties)
    try:
        call = properties.cluster.call(request.deadline(AT_MOST, PACE))
        diagnosis: Diagnosis = look_through(ClusterReader(call, 1), properties.cluster.name)
    except FunctionError as error:
        log.error({"the way back was not looked at": str(error)})
        return _answer(["let through, as it has passed before", str(error)])
    found = obstacles(diagnosis) + warnings(diagnosis)
    log.info({"let through, as it has passed before": found})
    return _answer(["let through, as it has passed before", *found])


def delete(request: Request, properties: Properties) -> None:
    """Do nothing: the cluster goes, and a roll-back must go on."""
    del request, properties


def _reason(wrong: list[str], row: int, properties: Properties, attempts: int, seconds: float) -> str:
    looked = f"after {attempts} looks in {seconds:.0f} s"
    if not wrong:
        text = f"the checks passed {row} of {properties.passes} times in a row {looked}"
        return f"{text}; give the gate more time"
    return cut([f"the cluster {properties.cluster.name} is not ready {looked}:", *wrong], TOLD)


def _answer(texts: list[str]) -> dict[str, str]:
    return {"Verdict": cut(texts, TOLD)}
