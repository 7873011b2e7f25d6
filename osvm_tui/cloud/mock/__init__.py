"""A simulated Keystone, Nova, Glance and Neutron that any number of processes share."""
