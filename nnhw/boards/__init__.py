# SPDX-License-Identifier: Apache-2.0
"""Boards: one file, one board, data only."""
