"""Keys set by the operator: every row can be bound anew, and what is wrong is told in words."""

from __future__ import annotations

import pytest
from textual.binding import BindingsMap

from osvm_tui.ui.bindings import ALL, KEYS, bindings_of, keys_of
from osvm_tui.ui.key_map import wrongs


def told(**keys: str) -> list[str]:
    return [wrong.sentence for wrong in wrongs({name.replace("__", "."): value for name, value in keys.items()})]


def test_the_keys_as_they_come_are_right() -> None:
    assert not list(wrongs({}))
    assert not list(wrongs({key.id: key.keys for key in KEYS}))


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.id)
def test_every_row_can_be_bound_to_a_free_key(key: object) -> None:
    assert not list(wrongs({key.id: "f12,ctrl+y"}))  # type: ignore[attr-defined]


def test_an_unknown_id_is_told_with_what_was_meant() -> None:
    assert told(fleet__fault="f9") == ["nothing is called fleet.fault; did you mean fleet.faults?"]


def test_a_key_that_means_something_else_is_told_with_what_and_where() -> None:
    (sentence,) = told(fleet__faults="W")
    assert sentence == "W is already place.wide (all columns) in the fleet"
    assert told(fleet__faults="j")[0].startswith("j is already table.down")
    assert told(fleet__faults="slash") == told(fleet__faults="/")


def test_two_keys_may_change_places() -> None:
    assert not list(wrongs({"fleet.faults": "W", "place.wide": "Z"}))


def test_the_same_key_in_places_apart_is_no_clash() -> None:
    assert not list(wrongs({"vm.follow": "Z"}))


@pytest.mark.parametrize("keys", ["", "f99", "ctrl+", "spce", "a,,b"])
def test_what_is_no_key_is_told(keys: str) -> None:
    assert any("is not a key" in sentence for sentence in told(fleet__faults=keys))


@pytest.mark.parametrize("keys", ["f9", "ctrl+x", "?", "exclamation_mark", "shift+f3", "pagedown", "minus"])
def test_what_is_a_key_is_taken(keys: str) -> None:
    assert not [sentence for sentence in told(fleet__faults=keys) if "is not a key" in sentence]


@pytest.mark.parametrize("place", [*ALL, "table"])
def test_textual_takes_the_new_key_of_every_row_and_no_other_row_loses_its_own(place: str) -> None:
    for key in keys_of(place):
        bindings = BindingsMap(bindings_of(place))
        bindings.apply_keymap({key.id: "f12"})
        assert {binding.id for binding in bindings.key_to_bindings["f12"]} == {key.id}
        bound = {binding.id for each in bindings.key_to_bindings.values() for binding in each}
        assert bound == {each.id for each in keys_of(place)}


def test_textual_lets_two_keys_change_places() -> None:
    bindings = BindingsMap(bindings_of("fleet"))
    bindings.apply_keymap({"fleet.faults": "W", "place.wide": "Z"})
    assert [binding.id for binding in bindings.key_to_bindings["W"]] == ["fleet.faults"]
    assert [binding.id for binding in bindings.key_to_bindings["Z"]] == ["place.wide"]
