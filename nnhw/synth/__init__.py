# SPDX-License-Identifier: Apache-2.0
"""Synthesis tools, driven."""
