"""Guest shells against a real sshd, in a real terminal: first acceptance, a wrong key, a bastion, and the way back.

The VMs are simulated; a rule of the settings says that behind them stands the sshd on loopback.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from osvm_tui.ui.guest_shell import DEAF_S
from tests.e2e.sshd import PROMPT, Sshd, make_key, missing
from tests.e2e.terminal import Terminal

pytestmark = [
    pytest.mark.skipif("OSVM_TEST_SSHD" not in os.environ, reason="no sshd: OSVM_TEST_SSHD is not set"),
    pytest.mark.timeout(120),
]


class Guest:
    """An operator's machine with one rule for all VMs, and the server that it leads to."""

    def __init__(self, folder: Path, home: dict[str, str]) -> None:
        assert not missing(), f"not installed: {missing()}"
        self.folder, self.key = folder, folder / "id"
        make_key(self.key)
        self.server = Sshd(folder / "guest", self.key)
        self.config, self.state = folder / "config.toml", folder / "state"
        self.environ = {**home, "OSVM_CONFIG": str(self.config), "SHELL": "/bin/sh"}
        self.rule()

    def rule(self, **more: str) -> None:
        """Write the rule."""
        values = {"address": "127.0.0.1", "user": self.server.user, "key_file": str(self.key), **more}
        lines = [f'{key} = "{value}"' for key, value in values.items()]
        # What is measured changes by itself: a screen is the same afterwards only where nothing is.
        still = ["[monitor]", "enabled = false"]
        self.config.write_text("\n".join([*still, "[[ssh]]", *lines, f"port = {self.server.port}", ""]))

    def osvm(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a headless verb off a terminal."""
        return subprocess.run(
            [sys.executable, "-m", "osvm_tui", *arguments], env={**os.environ, **self.environ}, cwd=self.folder,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def audited(self) -> list[tuple[str, str]]:
        """Return (action, phase) of what was done about guests, oldest first."""
        rows = json.loads(self.osvm("audit", "list", "-o", "json", "--text", "guest").stdout)
        return [(row["entry"]["action"].removeprefix("guest-"), row["entry"]["phase"]) for row in reversed(rows)]


@pytest.fixture
def guest(tmp_path: Path, home: dict[str, str]) -> Iterator[Guest]:
    one = Guest(tmp_path, home)
    with one.server:
        yield one


def opened(guest: Guest) -> Terminal:
    """Return the console with the cursor on the one VM web-01."""
    terminal = Terminal(["--mock"], guest.environ, guest.folder)
    terminal.wait("● live")
    terminal.press("/", "web-01")
    terminal.wait("1 of ")
    terminal.press("enter")
    return terminal


def log_in(terminal: Terminal) -> None:
    terminal.press("s")
    terminal.wait("ssh web-01")
    terminal.press("enter")


def ended(terminal: Terminal, how: str) -> None:
    """Wait until the shell has ended so, and the console hears again."""
    terminal.wait(f"(?s)ssh web-01: {how}")
    hears(terminal)


def hears(terminal: Terminal) -> None:
    """Wait until the console takes keys again."""
    terminal.seen("input is dropped meanwhile", DEAF_S + 0.2)


def accept(terminal: Terminal, *fingerprints: str) -> None:
    """Wait for the host key of the next machine and accept it; the focus stands on cancel."""
    for fingerprint in fingerprints:
        terminal.wait(re.escape(fingerprint))
    terminal.press("right", "enter")


def leave(terminal: Terminal) -> None:
    terminal.press("ctrl+q")
    assert terminal.wait_end() == 0
    assert b"Traceback" not in terminal.output


def picture(terminal: Terminal) -> list[str]:
    """Return the screen below its first line, without what ages; a column may be wider for another VM's task."""
    return [re.sub(r"\d+ (s|m|h|d)\b|(?<= ) +", "", line) for line in terminal.text.splitlines()[1:]]


def test_a_first_login_and_the_screen_as_it_was(guest: Guest) -> None:
    with opened(guest) as terminal:
        terminal.wait("frontend")
        terminal.wait(lambda text: "shut the guest down" not in text)
        terminal.wait(r"web-01 .*\d EUR")  # the columns are laid out anew when the costs have been counted
        before, colours = picture(terminal), terminal.colours("web-01")
        log_in(terminal)
        terminal.wait("not known yet|host key of web-01")
        accept(terminal, guest.server.fingerprint)
        terminal.wait(PROMPT)
        terminal.press("stty size; echo $((40 + 2)) hunter2", "enter")
        terminal.wait("36 120")
        terminal.wait("42 hunter2")
        terminal.press("printf '\\033[?1000h\\033[31m'; exit", "enter")
        ended(terminal, "ended")
        terminal.wait(lambda text: "ended" not in text)
        assert picture(terminal) == before
        assert terminal.colours("web-01") == colours
        log_in(terminal)
        terminal.wait(PROMPT)
        terminal.press("exit 3", "enter")
        ended(terminal, "ended with 3")
        leave(terminal)
    shell = [("shell", "begun"), ("shell", "ended")]
    assert guest.audited() == [("host-key", "accepted"), *shell, *shell]
    kept = [path for path in guest.state.rglob("*") if path.is_file()]
    assert len(kept) > 3
    assert not [path for path in kept if b"hunter2" in path.read_bytes()]


def test_ctrl_c_and_ctrl_z_are_ssh_s_and_a_new_size_is_taken_over(guest: Guest) -> None:
    with opened(guest) as terminal:
        log_in(terminal)
        accept(terminal, guest.server.fingerprint)
        terminal.wait(PROMPT)
        terminal.press("trap 'echo caught' INT; sleep 60; echo after", "enter", "ctrl+c")
        terminal.wait("after|caught")
        terminal.press("enter", "~", "\x1a")
        terminal.wait("suspend ssh")
        terminal.press("enter", "echo $((40 + 2))", "enter")
        terminal.wait("42")
        terminal.resize(100, 30)
        terminal.press("stty size", "enter")
        terminal.wait("30 100")
        terminal.press("exit", "enter")
        ended(terminal, "ended")
        terminal.wait(lambda text: text.splitlines()[-1].strip() != "" and "SIMULATED" in text.splitlines()[0])
        assert max(len(line.rstrip()) for line in terminal.text.splitlines()) == 100
        leave(terminal)


def test_another_key_is_refused_with_both_until_the_old_one_is_forgotten(guest: Guest) -> None:
    with opened(guest) as terminal:
        log_in(terminal)
        accept(terminal, guest.server.fingerprint)
        terminal.wait(PROMPT)
        terminal.press("exit", "enter")
        ended(terminal, "ended")
        old = guest.server.fingerprint
        guest.server.stop()
        guest.server.new_host_keys()
        guest.server.start()
        log_in(terminal)
        text = terminal.wait("another key than the accepted one")
        assert re.search(rf"accepted +{re.escape(old)}", text)
        assert re.search(rf"shown now +{re.escape(guest.server.fingerprint)}", text)
        assert "osvm ssh forget web-01" in " ".join(re.sub("[│█]", " ", text).split())
        hears(terminal)
        terminal.press("right", "enter")
        terminal.wait("must be forgotten first")
        terminal.press("escape")
        leave(terminal)
    known = (guest.state / "known_hosts").read_text()
    refused = guest.osvm("ssh", "--mock", "web-01", "echo", "in")
    assert refused.returncode == 1
    assert old in refused.stderr
    assert guest.server.fingerprint in refused.stderr
    assert (guest.state / "known_hosts").read_text() == known
    assert old in guest.osvm("ssh", "forget", "--mock", "web-01").stdout
    run = guest.osvm("ssh", "--mock", "--accept", guest.server.fingerprint, "web-01", "echo in; exit 5")
    assert (run.returncode, run.stdout) == (5, "in\n")


def test_through_a_bastion_both_keys_are_accepted_one_after_the_other(guest: Guest) -> None:
    with Sshd(guest.folder / "bastion", guest.key) as bastion:
        hop = f"{bastion.user}@127.0.0.1:{bastion.port}"
        guest.rule(bastion=hop)
        with opened(guest) as terminal:
            log_in(terminal)
            terminal.wait("the bastion")
            accept(terminal, bastion.fingerprint)
            accept(terminal, guest.server.fingerprint)
            terminal.wait(PROMPT)
            terminal.press("exit", "enter")
            ended(terminal, "ended")
            leave(terminal)
        assert "direct-tcpip" in bastion.log
        known = (guest.state / "known_hosts").read_text()
        assert f"[127.0.0.1]:{bastion.port} " in known
        assert guest.audited() == [("host-key", "accepted")] * 2 + [("shell", "begun"), ("shell", "ended")]
        bastion.stop()
        bastion.new_host_keys()
        bastion.start()
        refused = guest.osvm("ssh", "--mock", "web-01", "true")
        assert refused.returncode == 1
        assert bastion.fingerprint in refused.stderr
        assert (guest.state / "known_hosts").read_text() == known


def test_a_server_that_dies_gives_the_terminal_back_with_ssh_s_own_words(guest: Guest) -> None:
    with opened(guest) as terminal:
        log_in(terminal)
        accept(terminal, guest.server.fingerprint)
        terminal.wait(PROMPT)
        terminal.press("printf '\\033[?1049h\\033[?25l'", "enter")
        guest.server.cut()
        ended(terminal, "ended with 255.*closed")
        guest.server.stop()
        log_in(terminal)
        ended(terminal, "ended with 255.*refused")
        terminal.wait_row("web-01", "ACTIVE")
        leave(terminal)
        assert bytes(terminal.output).rfind(b"\x1b[?1049l") > bytes(terminal.output).rfind(b"\x1b[?1049h")


def test_off_a_terminal_nothing_is_accepted_without_its_fingerprint(guest: Guest) -> None:
    refused = guest.osvm("ssh", "--mock", "web-01", "true")
    assert refused.returncode == 3
    assert guest.server.fingerprint in refused.stderr
    assert "--accept" in refused.stderr
    assert guest.osvm("ssh", "--mock", "--accept", "SHA256:wrong", "web-01", "true").returncode == 3
    assert not (guest.state / "known_hosts").exists()
    printed = guest.osvm("ssh", "--mock", "--print", "web-01").stdout
    assert printed.startswith("ssh -F none ")
    run = guest.osvm("ssh", "--mock", "--accept", guest.server.fingerprint, "web-01", "echo", "in")
    assert (run.returncode, run.stdout) == (0, "in\n")
    by_hand = subprocess.run([*printed.split(), "echo by hand"], capture_output=True, text=True, check=False)
    assert by_hand.stdout == "by hand\n", by_hand.stderr


def test_the_console_s_death_hangs_ssh_up(guest: Guest) -> None:
    with opened(guest) as terminal:
        log_in(terminal)
        accept(terminal, guest.server.fingerprint)
        terminal.wait(PROMPT)
        os.kill(terminal.pid, 9)
        terminal.wait_end()
    assert guest.audited()[-1] == ("shell", "begun")
