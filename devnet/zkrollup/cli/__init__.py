"""The zkrollup command."""
