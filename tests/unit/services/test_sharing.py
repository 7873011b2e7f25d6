"""Sharing of equal texts: less memory, the same values."""

from __future__ import annotations

import msgspec

from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.services.sharing import share_texts
from tests.unit.services.scripted_cloud import a_vm


async def test_equal_parts_become_one_object_and_values_stay() -> None:
    made = tuple(a_vm(str(n), flavor=Flavor("m1.small", 1, 2048, 20), tags=("a", "b")) for n in range(600))
    body = msgspec.msgpack.encode(made)
    read = msgspec.msgpack.decode(body, type=tuple[Vm, ...])
    assert read[0].flavor is not read[599].flavor
    await share_texts(read)
    assert read == made
    assert all(vm.flavor is read[0].flavor and vm.tags is read[0].tags for vm in read)
    assert all(vm.endpoint is read[0].endpoint for vm in read)
    assert msgspec.msgpack.encode(read) == body
