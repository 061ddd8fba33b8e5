# SPDX-License-Identifier: Apache-2.0
"""Argmax: index of the largest element."""
