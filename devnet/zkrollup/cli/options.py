"""Options that several subcommands have. Imports nothing heavy."""

import click

SLOTS = click.IntRange(1, 256)
LEVELS = click.IntRange(1, 16)

slots_option = click.option("--slots", default=3, show_default=True, type=SLOTS, help="Batch size.")
levels_option = click.option(
    "--levels", default=4, show_default=True, type=LEVELS, help="4^LEVELS accounts fit."
)
