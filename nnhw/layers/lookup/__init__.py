# SPDX-License-Identifier: Apache-2.0
"""Lookup: any function of one variable, from a table."""
