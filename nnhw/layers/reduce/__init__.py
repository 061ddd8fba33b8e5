# SPDX-License-Identifier: Apache-2.0
"""Reduce: sum, largest or smallest element of the last axis."""
