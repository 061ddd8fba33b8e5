# SPDX-License-Identifier: Apache-2.0
"""``python -m nnhw`` is the command ``nnhw``."""

from nnhw.cli import main

if __name__ == "__main__":
    main(prog_name="nnhw")
