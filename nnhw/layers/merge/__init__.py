# SPDX-License-Identifier: Apache-2.0
"""Merge: product, larger or smaller of two tensors, element by element."""
