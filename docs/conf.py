"""Sphinx configuration. Pages are MyST Markdown; their Python blocks are run by tests/docs."""

from importlib.metadata import version as installed_version

project = "pytest-zkrollup"
author = "the pytest-zkrollup authors"
project_copyright = "the pytest-zkrollup authors; MIT licence"
version = release = installed_version("pytest-zkrollup")

extensions = ["myst_parser"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
nitpicky = True

exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"pytest-zkrollup {version}"
