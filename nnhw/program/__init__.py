# SPDX-License-Identifier: Apache-2.0
"""Straight-line integer programs: what the circuits of all layers are made of."""
