"""KEYS and PLACES: no key means two things in one place, nothing that terminals eat, and words that lead somewhere."""

from __future__ import annotations

from osvm_tui.ui.bindings import ALL, KEYS, bindings_of, keys_of, shown
from osvm_tui.ui.places import PLACES, WORDS, completions, nearest, place_named, screen_of


def test_ids_are_unique() -> None:
    assert len({key.id for key in KEYS}) == len(KEYS)


def test_no_key_means_two_things_in_one_place() -> None:
    for place in ALL:
        pressed = [each for key in (*keys_of(place), *keys_of("table")) for each in key.keys.split(",")]
        assert sorted(pressed) == sorted(set(pressed)), place


def test_no_key_that_ssh_tmux_or_a_browser_eats() -> None:
    eaten = {"ctrl+z", "ctrl+s", "ctrl+w", "ctrl+t", "ctrl+n"}
    for key in KEYS:
        for each in key.keys.split(","):
            assert "alt+" not in each
            assert each not in eaten


def test_space_marks_and_never_runs_an_action() -> None:
    assert {key.action for key in KEYS if "space" in key.keys.split(",")} == {"mark"}


def test_bare_letters_change_nothing_but_what_an_operation_does_and_those_ask() -> None:
    changing = [key for key in KEYS if key.group == "Change" and len(key.keys) == 1]
    asking = {"action_menu", "remedies", "new_vm", "new_item", "guest_shell", "acknowledge", "silence"}
    steering = {"undo", "pause", "cancel", "retry"}
    assert {key.action for key in changing} == asking | steering


def test_bindings_carry_the_ids_that_settings_rebind() -> None:
    ids = {getattr(binding, "id", None) for binding in bindings_of("fleet")}
    assert {"place.filter", "vm.delete", "fleet.mark"} <= ids


def test_keys_are_named_as_an_operator_says_them() -> None:
    assert shown("ctrl+d") == "ctrl-d"
    assert shown("slash") == "/"
    assert shown("j,down") == "j"


def test_every_place_has_its_screen_and_keeps_it() -> None:
    for place in PLACES:
        screen = screen_of(place)
        assert screen is screen_of(place)
        assert place.screen.startswith("resource:") or screen.__name__ == place.screen.partition(":")[2]
        assert screen.place == ("fleet" if place.name == "vm" else place.name)  # type: ignore[attr-defined]


def test_words_complete_and_slips_are_told() -> None:
    assert completions("au") == ["audit"]
    assert nearest("helth") == "health"
    assert nearest("zzzzzz") == ""
    found = place_named("flavors")
    assert found is not None
    assert found.name == "flavor"
    assert not set(WORDS) & {place.name for place in PLACES}
