"""What of parameters and user data is kept."""

from __future__ import annotations

import pytest

from osvm_tui.store.secrets import MASK, keepable, masked


@pytest.mark.parametrize(
    "text",
    [
        "#cloud-config\npassword: hunter2\nchpasswd: {expire: false}\n",
        "#cloud-config\nchpasswd:\n  list: |\n    root:hunter2\n    ops:hunter2\n  expire: false\n",
        "#cloud-config\nchpasswd:\n  users:\n  - {name: root, password: hunter2}\n",
        "users:\n- name: ops\n  hashed_passwd: 'hunter2 with blanks'\n",
        "users:\n- name: ops\n  plain_text_passwd: hunter2\n",
        '{"db_password": "hunter2", "port": 1}',
        "export API_KEY=hunter2\nAWS_SECRET_ACCESS_KEY='hunter2'\n",
        "curl -H 'X' https://ops:hunter2@example.org/x",
        "- content: |\n    -----BEGIN RSA PRIVATE KEY-----\n    hunter2\n    -----END RSA PRIVATE KEY-----\n",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2 and no end",
    ],
)
def test_secrets_in_user_data_are_covered(text: str) -> None:
    assert "hunter2" not in masked(text)
    assert MASK in masked(text)


def test_the_rest_of_user_data_stays() -> None:
    text = "#cloud-config\npackages: [nginx]\nruncmd:\n- systemctl start nginx\nhostname: web-1\n"
    assert masked(text) == text
    around = masked("packages: [nginx]\nchpasswd:\n  list: |\n    root:x\nruncmd: [ls]\n")
    assert "nginx" in around
    assert "runcmd: [ls]" in around


def test_parameters_named_like_secrets_are_left_out_at_any_depth() -> None:
    params = {
        "adminPass": "x", "admin_password": "x", "token": "x", "name": "web", "key_name": "ops",
        "orders": [{"user_data": "password: x", "count": 2}], "nested": {"secret": "x", "kept": (1, 2)},
    }  # fmt: skip
    kept, withheld = keepable(params)
    assert withheld
    assert set(kept) == {"name", "key_name", "orders", "nested"}
    assert kept["orders"] == [{"user_data": f"password: {MASK}", "count": 2}]
    assert kept["nested"] == {"kept": [1, 2]}


def test_nothing_is_withheld_from_plain_parameters() -> None:
    assert keepable({"type": "SOFT", "networks": ("a", "b")}) == ({"type": "SOFT", "networks": ["a", "b"]}, False)
