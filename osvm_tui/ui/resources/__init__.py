"""What VMs stand on, one file per kind: columns, facts, target and relations of an item; no file knows a widget."""
