# SPDX-License-Identifier: Apache-2.0
"""Relu: negative values multiplied by a slope, zero for the plain ReLU."""
