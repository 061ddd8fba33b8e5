# SPDX-License-Identifier: Apache-2.0
"""Add: exact sum of two tensors."""
