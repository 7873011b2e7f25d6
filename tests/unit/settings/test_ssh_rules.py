"""The `[[ssh]]` tables of the settings, and every way in which they can be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from osvm_tui.domain.errors import ConfigError
from osvm_tui.domain.guest import GuestRule
from osvm_tui.settings import Settings, load_settings


def load(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "config.toml").write_text(text)
    return load_settings(tmp_path / "config.toml", {"HOME": "/home/ops"})


def test_rules_are_read_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ops")
    text = (
        '[[ssh]]\nimage = "ubuntu-*"\nuser = "ubuntu"\n\n[[ssh]]\nkey_file = "~/.ssh/ops"\nport = 2222\nagent = true\n'
    )
    assert load(tmp_path, text).ssh == (
        GuestRule(image="ubuntu-*", user="ubuntu"),
        GuestRule(key_file="/home/ops/.ssh/ops", port=2222, agent=True),
    )
    assert load(tmp_path, "").ssh == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('ssh = "ubuntu"', ["line 1", "[[ssh]] tables"]),
        ('[ssh]\nuser = "u"', ["expected [[ssh]] tables"]),
        ('[[ssh]]\nusr = "u"', ["line 2", "unknown setting ssh.usr", "did you mean user?"]),
        ("[[ssh]]\nuser = 3", ["line 2", "ssh.user", "a text", "3"]),
        ('[[ssh]]\nport = "22"', ["line 2", "ssh.port", "whole number"]),
        ("[[ssh]]\nagent = 1", ["line 2", "ssh.agent", "true or false"]),
        ('[[ssh]]\nuser = "u"\n\n[[ssh]]\n\nuser = "a b"', ["line 6", "ssh.user", "user name", "'a b'"]),
        ('[[ssh]]\nbastion = "-oX"', ["line 2", "ssh.bastion", "user@host:port"]),
        ("[[ssh]]\nport = 70000", ["line 2", "ssh.port", "1 to 65535"]),
        ('[[ssh]]\naddress = "public"', ["line 2", "ssh.address", "floating", "network NAME"]),
    ],
)
def test_a_wrong_rule_is_told_by_file_line_and_key(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert caught.value.hint
    for word in (str(tmp_path / "config.toml"), *words):
        assert word in caught.value.detail
