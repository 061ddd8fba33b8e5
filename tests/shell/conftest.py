# SPDX-License-Identifier: Apache-2.0
"""Keeps pytest from importing the bench, which runs in a simulator beside its facts."""

collect_ignore = ["axi_bench.py"]
