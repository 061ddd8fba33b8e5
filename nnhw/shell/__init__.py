# SPDX-License-Identifier: Apache-2.0
"""Gateware around a network on a board: serial line, frames, packet memory, registers."""
