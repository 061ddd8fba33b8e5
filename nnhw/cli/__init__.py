# SPDX-License-Identifier: Apache-2.0
"""The command line: one file a command."""

from nnhw.cli.main import main

__all__ = ["main"]
