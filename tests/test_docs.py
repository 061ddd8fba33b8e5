# SPDX-License-Identifier: Apache-2.0
"""Documentation is run: Python blocks, links, and the commands that pages name."""

import re
from pathlib import Path

import pytest

from nnhw.cli import main

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
RUN = [ROOT / "README.md", ROOT / "docs" / "python.md", ROOT / "docs" / "ir.md"]


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_python_blocks_run(page, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    names = {}
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
        exec(compile(block, str(page), "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page):
    text = page.read_text()
    for command, rest in re.findall(r"^ {4}(?:.*&& )?nnhw ([a-z]+)([^#&\n]*)", text, re.MULTILINE):
        assert command in main.commands, command
        known = {name for option in main.commands[command].params for name in option.opts}
        assert set(re.findall(r"(?<= )--?[a-z]+", rest)) <= known, rest


def test_every_option_is_documented():
    page = (ROOT / "docs" / "cli.md").read_text()
    for name, command in main.commands.items():
        for option in command.params:
            assert option.opts[0] in page or option.param_type_name == "argument", (name, option)
