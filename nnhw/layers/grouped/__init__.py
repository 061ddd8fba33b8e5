# SPDX-License-Identifier: Apache-2.0
"""Grouped: an exact affine map of the last axis, another one for each group."""
