# SPDX-License-Identifier: Apache-2.0
"""Softmax: exponentials and a reciprocal from tables."""
