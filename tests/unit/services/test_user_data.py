"""What is said about user data before a cloud sees it."""

from __future__ import annotations

import pytest

from osvm_tui.services.user_data import MAX_BYTES, user_data_problem


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#!/bin/sh\necho hello",
        "#cloud-config\npackages: [nginx]\n",
        "#cloud-config-archive\n- type: text/x-shellscript\n  content: hello\n",
        "#include\nhttp://192.0.2.1/seed\n",
        "## template: jinja\n#cloud-config\nhostname: '{{ x }}'\n",
        'Content-Type: multipart/mixed; boundary="x"\n\n--x--\n',
        "#!" + "x" * (MAX_BYTES - 2),
    ],
)
def test_what_cloud_init_takes_has_no_problem(text: str) -> None:
    assert user_data_problem(text) == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("packages: [nginx]", 'the first line is "packages: [nginx]"'),
        ("\n#cloud-config", "the first line is empty"),
        ("#!" + "x" * (MAX_BYTES - 1), "49,150 bytes; Nova takes 49,149"),
        ("#!" + "ä" * 30_000, "60,002 bytes"),
        ("#cloud-config\n", "nothing below"),
        ("#cloud-config\n- a\n- b\n", "a list of keys and values"),
        ("#cloud-config\na: [1\nb: 2\n", "line 3, column 2: did not find expected"),
        ("#cloud-config\n\ta: 1\n", "line 2, column 1: found character that cannot start any token"),
    ],
)
def test_what_a_guest_could_not_use_is_told(text: str, told: str) -> None:
    assert told in user_data_problem(text)
