"""Use cases: the only callers of adapters; everything that crosses to the ui is a serialisable value."""
