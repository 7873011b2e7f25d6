"""From a typed name to what the cloud wants, and parameters as options."""

from __future__ import annotations

import io

import click
import pytest

from osvm_tui.cli.choosing import meant
from osvm_tui.cli.param_options import collected, flag_of
from osvm_tui.domain.action import Param
from osvm_tui.domain.errors import Ambiguous
from osvm_tui.services.resources_api import Choice

UUID = "11111111-2222-3333-4444-555555555555"
CHOICES = (
    Choice("aaaaaaaa-1", "m1.small"),
    Choice("bbbbbbbb-1", "m1.big"),
    Choice("bbbbbbbb-2", "m1.big"),
    Choice("m1.small", "other"),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [("m1.small", "m1.small"), ("other", "m1.small"), ("aaaaaaaa", "aaaaaaaa-1"), ("bbbbbbbb-2", "bbbbbbbb-2"),
     (UUID, UUID)],
)  # fmt: skip
def test_a_value_wins_over_a_label_and_that_over_the_beginning_of_a_value(text: str, value: str) -> None:
    assert meant(CHOICES, text, "--flavor", "flavor") == value


def test_what_means_several_lists_their_ids() -> None:
    with pytest.raises(Ambiguous) as caught:
        meant(CHOICES, "m1.big", "--flavor", "flavor")
    assert caught.value.candidates == ("bbbbbbbb-1", "bbbbbbbb-2")


def test_what_means_nothing_tells_what_comes_near_or_is_there() -> None:
    with pytest.raises(click.UsageError, match=r"no flavor m1\.smal to choose; near are: m1\.small"):
        meant(CHOICES, "m1.smal", "--flavor", "flavor")
    with pytest.raises(click.UsageError, match=r"there are: m1\.big, m1\.small, other"):
        meant(CHOICES, "xyz", "--flavor", "flavor")
    with pytest.raises(click.UsageError, match="there is none at all"):
        meant((), "xyz", "--volume", "volume")


def test_a_host_that_only_admins_may_list_is_for_the_cloud_to_judge() -> None:
    assert meant((), "compute-07", "--host", "host") == "compute-07"


def test_options_are_collected_by_their_kind() -> None:
    params = (
        Param("metadata", "pairs"),
        Param("tags", "words"),
        Param("size_gib", "int"),
        Param("flavor_id", "flavor"),
    )
    values = {"metadata": ("a=b", "c=d=e"), "tags": ("x", "y"), "size_gib": 3, "flavor_id": None}
    assert collected(params, values) == {"metadata": {"a": "b", "c": "d=e"}, "tags": ["x", "y"], "size_gib": 3}
    with pytest.raises(click.UsageError, match="--metadata nothing: expected KEY=VALUE"):
        collected(params, {"metadata": ("nothing",)})
    assert [flag_of(param) for param in params] == ["--metadata", "--tags", "--size-gib", "--flavor"]


def test_a_secret_comes_from_a_variable_or_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    params = (Param("password", "secret"),)
    monkeypatch.setattr("sys.stdin", io.StringIO("from stdin\n"))
    assert collected(params, {}) == {"password": "from stdin"}
    monkeypatch.setenv("OSVM_SECRET_PASSWORD", "from a variable")
    assert collected(params, {}) == {"password": "from a variable"}
    monkeypatch.delenv("OSVM_SECRET_PASSWORD")
    with pytest.raises(click.UsageError, match="OSVM_SECRET_PASSWORD"):
        collected(params, {})
