# SPDX-License-Identifier: Apache-2.0
"""Simulation: Amaranth's own for components, Verilator for whole designs, and a cocotb bench."""
