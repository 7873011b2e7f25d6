"""Key pairs: public keys known to Nova; they belong to the user."""

from __future__ import annotations

from collections.abc import Iterable

from osvm_tui.domain.catalog import CatalogKind, KeyPair
from osvm_tui.domain.vm import Vm
from osvm_tui.ui.columns import Column
from osvm_tui.ui.format import Token
from osvm_tui.ui.resources.around import Around
from osvm_tui.ui.resources.cells import number, words
from osvm_tui.ui.resources.resource import Entry, Facts, Resource


class KeyPairs(Resource[KeyPair]):
    """What opens a VM's door to its user."""

    place = "keypair"
    kind = CatalogKind.KEYPAIR
    noun = "key pairs"
    one = "key pair"
    new = "keypair.create"
    delete = "keypair.delete"
    use_column = "key"

    def columns(self, around: Around) -> tuple[Column[Entry[KeyPair]], ...]:
        return (
            words("name", "NAME", 20, lambda row: row.item.name, grow=1),
            words("type", "TYPE", 5, lambda row: row.item.type, priority=2, token=Token.DIM),
            number("vms", "VMS", 5, lambda row: self.uses(row, around)),
            words("fingerprint", "FINGERPRINT", 40, lambda row: row.item.fingerprint, grow=1),
        )

    def carried(self, vm: Vm) -> Iterable[str]:
        return (vm.key_name,) if vm.key_name else ()

    def detail(self, row: Entry[KeyPair], around: Around) -> Facts:
        item = row.item
        return (
            ("fingerprint", item.fingerprint),
            ("used by", f"{self.uses(row, around)} VMs in sight"),
            ("public key", item.public_key),
        )


RESOURCE = KeyPairs()
