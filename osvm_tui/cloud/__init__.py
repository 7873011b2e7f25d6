"""Cloud clients: one abstract face, a simulated cloud and the real OpenStack behind it."""
