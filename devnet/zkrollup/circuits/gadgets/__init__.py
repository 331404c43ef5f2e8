"""Reusable pieces of circuits. Each has a native twin of the same name in zkrollup.crypto."""
