# SPDX-License-Identifier: Apache-2.0
"""Keeps pytest from importing the bench, which needs the files of a build beside it."""

collect_ignore_glob = ["*.py"]
