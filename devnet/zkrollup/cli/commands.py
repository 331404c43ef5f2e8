"""A group of subcommands whose help lists each with its whole first sentence. Imports nothing heavy."""

import click


class Commands(click.Group):
    """As click's, which cuts those sentences off where they take more than a line."""

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists names and sentences, in the order of the names."""
        with formatter.section("Commands"):
            listed = [(name, _first_sentence(self.commands[name])) for name in sorted(self.commands)]
            formatter.write_dl(listed)


def _first_sentence(command: click.Command) -> str:
    sentence, _, _ = " ".join((command.help or "").split()).partition(". ")
    return sentence.removesuffix(".") + "."
