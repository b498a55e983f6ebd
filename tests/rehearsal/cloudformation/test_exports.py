from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rehearsal.cloudformation.failures import UNCHANGED, StackError

Make = Callable[..., Any]


def note(value: Any) -> dict[str, Any]:
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}


def exporting(app: Any, value: str, name: str = "word", stack: str = "giver") -> Any:
    """A stack with one note, whose value it exports."""
    outputs = {"Word": {"Value": value, "Export": {"Name": name}}} if name else {}
    return app.stack(stack, Resources={"Note": note(value)}, Outputs=outputs)


def importing(app: Any, expression: Any, **template: Any) -> Any:
    return app.stack("taker", Resources={"Note": note(expression)}, **template)


def values(app: Any) -> set[str]:
    ssm = app.client("ssm")
    names = [each["Name"] for each in ssm.describe_parameters()["Parameters"]]
    return {ssm.get_parameter(Name=name)["Parameter"]["Value"] for name in names}


STRONG = {"Fn::ImportValue": "word"}
WEAK = {"Fn::GetStackOutput": {"StackName": "giver", "OutputName": "Word"}}


def test_a_changed_export_that_is_in_use_rolls_the_update_back(deployment: Make) -> None:
    app = deployment()
    giver = app.engine.create(exporting(app, "old"))
    app.engine.create(importing(app, STRONG))

    reason = r"UPDATE_ROLLBACK_COMPLETE: word: .*Cannot update export word as it is in use by taker\."
    with pytest.raises(StackError, match=reason):
        app.engine.update(exporting(app, "new"))

    assert giver.exports == {"word": "old"}
    assert values(app) == {"old"}
    assert "UPDATE_ROLLBACK_COMPLETE" in [event.status for event in app.recorder.events]


def test_an_export_that_is_in_use_cannot_leave_the_template(deployment: Make) -> None:
    app = deployment()
    app.engine.create(exporting(app, "old"))
    app.engine.create(importing(app, STRONG))
    with pytest.raises(StackError, match=r"Cannot delete export word as it is in use by taker\."):
        app.engine.update(exporting(app, "old", name=""))


def test_a_stack_whose_export_is_in_use_cannot_be_deleted_and_stays_as_it_is(deployment: Make) -> None:
    app = deployment()
    app.engine.create(exporting(app, "old"))
    app.engine.create(importing(app, STRONG))
    with pytest.raises(StackError, match=r"Cannot delete export word as it is in use by taker\.") as caught:
        app.engine.delete("giver")
    assert caught.value.status == UNCHANGED
    assert app.history("DELETE_IN_PROGRESS") == []


def test_a_weak_reference_locks_nothing(deployment: Make) -> None:
    app = deployment()
    app.engine.create(exporting(app, "old"))
    app.engine.create(importing(app, WEAK))
    app.engine.update(exporting(app, "new"))
    app.engine.delete("giver")
    assert list(app.engine.stacks) == ["taker"]


def test_an_import_in_a_branch_that_does_not_hold_locks_nothing(deployment: Make) -> None:
    app = deployment()
    app.engine.create(exporting(app, "old"))
    never = {"Never": {"Fn::Equals": ["a", "b"]}}
    app.engine.create(importing(app, {"Fn::If": ["Never", STRONG, "x"]}, Conditions=never))
    app.engine.update(exporting(app, "new"))
    assert values(app) == {"new", "x"}


def test_an_import_counts_under_the_name_that_an_expression_gives_it(deployment: Make) -> None:
    app = deployment()
    app.engine.create(exporting(app, "old", name="giver:word"))
    app.engine.create(importing(app, {"Fn::ImportValue": {"Fn::Join": [":", ["giver", "word"]]}}))
    with pytest.raises(StackError, match="Cannot update export giver:word"):
        app.engine.update(exporting(app, "new", name="giver:word"))


def test_an_import_that_an_update_gave_up_locks_nothing(deployment: Make) -> None:
    app = deployment()
    app.engine.create(exporting(app, "old"))
    app.engine.create(importing(app, STRONG))
    app.engine.update(importing(app, "own"))
    app.engine.update(exporting(app, "new"))
    assert values(app) == {"own", "new"}


def test_a_failed_update_keeps_the_imports_of_the_old_template(deployment: Make) -> None:
    app = deployment()
    app.engine.create(exporting(app, "old"))
    app.engine.create(importing(app, STRONG))
    bad = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "nonsense"}}
    with pytest.raises(StackError, match="UPDATE_ROLLBACK_COMPLETE: Bad"):
        app.engine.update(app.stack("taker", Resources={"Note": note("own"), "Bad": bad}))
    with pytest.raises(StackError, match="Cannot update export word"):
        app.engine.update(exporting(app, "new"))


def test_a_name_is_exported_once(deployment: Make) -> None:
    app = deployment()
    app.engine.create(exporting(app, "old"))
    with pytest.raises(StackError, match="Export with name word is already exported by stack giver"):
        app.engine.create(exporting(app, "other", stack="second"))
    assert list(app.engine.stacks) == ["giver"]
