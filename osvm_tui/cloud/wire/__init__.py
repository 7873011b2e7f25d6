"""Nova, Neutron and Glance JSON <-> domain values; the only place that knows the wire. Knows no HTTP and no loop."""
