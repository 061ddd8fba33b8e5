# SPDX-License-Identifier: Apache-2.0
"""Reshape: the same elements in the same order under another shape."""
