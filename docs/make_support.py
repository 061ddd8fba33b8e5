# SPDX-License-Identifier: Apache-2.0
"""Write docs/support.md from the folders of nnhw/layers."""

from pathlib import Path

from nnhw.report.support import markdown

if __name__ == "__main__":
    (Path(__file__).parent / "support.md").write_text(markdown(), encoding="utf-8")
