"""What is typed for a parameter: every kind is read as what is sent, what is wrong is a sentence."""

from __future__ import annotations

import pytest

from osvm_tui.domain.action import Param
from osvm_tui.domain.actions import offered
from osvm_tui.domain.resources import RESOURCE_ACTIONS
from osvm_tui.ui.param_values import empty, label_of, parsed, typed_of


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("text", " a b ", "a b"),
        ("secret", " keeps its blanks ", " keeps its blanks "),
        ("int", " 12 ", 12),
        ("int", "", None),
        ("flag", "yes", True),
        ("flag", "no", False),
        ("words", "web, prod,,web", ["web", "prod"]),
        ("pairs", "a=1, b = x=y,", {"a": "1", "b": "x=y"}),
        ("pairs", "", {}),
    ],
)
def test_what_is_typed_is_read_by_its_kind(kind: str, typed: str, value: object) -> None:
    assert parsed(Param("it", kind), typed) == value


@pytest.mark.parametrize(
    ("kind", "typed", "says"),
    [
        ("int", "seven", "it is a whole number, not seven"),
        ("int", "-1", "it is a whole number, not -1"),
        ("pairs", "team", "it is key=value, not team"),
        ("pairs", "=x", "it is key=value, not =x"),
        ("pairs", f"k={'x' * 256}", "k: keys and values have at most 255 characters"),
    ],
)
def test_what_is_wrong_is_a_sentence(kind: str, typed: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parsed(Param("it", kind), typed)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("text", "web"), ("words", ["a", "b"]), ("pairs", {"a": "1", "b": ""}), ("flag", True), ("int", 7)],
)
def test_a_present_value_is_read_back_as_itself(kind: str, value: object) -> None:
    assert parsed(Param("it", kind), typed_of(value)) == value


def test_only_nothing_is_empty() -> None:
    values: tuple[object, ...] = (None, "", [], {}, False, 0, "x")
    assert [empty(value) for value in values] == [True] * 4 + [False] * 3


def test_every_parameter_has_a_label_that_fits_beside_its_field() -> None:
    tables = [spec.params for spec in offered()] + [spec.params for spec in RESOURCE_ACTIONS.values()]
    labels = {label_of(param) for params in tables for param in params}
    assert "security group" in labels
    assert "fixed IP" in labels
    assert all(0 < len(label) <= 22 and "_" not in label for label in labels)
