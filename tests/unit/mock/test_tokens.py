"""Tokens: what they say, and when they are no longer good."""

from __future__ import annotations

import msgspec
import pytest

from osvm_tui.cloud.mock import accounts, faults, tokens
from tests.unit.mock.bench_cloud import BenchCloud

DEMO = accounts.USERS["demo"].id
PROJECT = accounts.PROJECTS["demo"].id


def test_a_token_says_who_and_where(cloud: BenchCloud) -> None:
    token = tokens.new_token(cloud.world, DEMO, PROJECT, "project")
    assert tokens.opened(cloud.world, tokens.sealed(cloud.world, token)) == token
    assert (token.u, token.p, token.methods) == (DEMO, PROJECT, ("password",))


@pytest.mark.parametrize("text", ["", "mock-", "bad", "mock-abc", "mock-abc.def", "mock-é.ü", "gAAAAAB"])
def test_what_is_no_token_is_refused(cloud: BenchCloud, text: str) -> None:
    assert tokens.opened(cloud.world, text) is None


def test_a_changed_payload_is_refused(cloud: BenchCloud) -> None:
    token = tokens.new_token(cloud.world, DEMO, PROJECT, "project")
    _, _, signature = tokens.sealed(cloud.world, token).partition(".")
    admin = msgspec.structs.replace(token, u=accounts.USERS["admin"].id)
    forged, _, _ = tokens.sealed(cloud.world, admin).partition(".")
    assert tokens.opened(cloud.world, f"{forged}.{signature}") is None


def test_a_token_expires_at_the_end_of_its_life(cloud: BenchCloud) -> None:
    text = tokens.sealed(cloud.world, tokens.new_token(cloud.world, DEMO, PROJECT, "project"))
    life = cloud.world.knobs.token_life
    cloud.clock.now += life - 1
    assert tokens.opened(cloud.world, text) is not None
    cloud.clock.now += 1
    assert tokens.opened(cloud.world, text) is None


def test_the_knob_withdraws_tokens_that_were_issued_before(cloud: BenchCloud) -> None:
    old = tokens.sealed(cloud.world, tokens.new_token(cloud.world, DEMO, PROJECT, "project"))
    cloud.clock.now += 10
    faults.set_knobs(cloud.path, tokens_from=cloud.world.now())
    cloud.world.refresh()
    new = tokens.sealed(cloud.world, tokens.new_token(cloud.world, DEMO, PROJECT, "project"))
    assert tokens.opened(cloud.world, old) is None
    assert tokens.opened(cloud.world, new) is not None


def test_a_token_from_a_token_lives_no_longer(cloud: BenchCloud) -> None:
    first = tokens.new_token(cloud.world, DEMO, PROJECT, "project")
    cloud.clock.now += 60
    second = tokens.new_token(cloud.world, DEMO, PROJECT, "project", parent=first)
    assert second.expires == first.expires
    assert second.methods == ("token", "password")
    assert second.audit[1:] == first.audit
