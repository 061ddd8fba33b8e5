# SPDX-License-Identifier: Apache-2.0
"""Concat: vectors of several tensors one behind the other."""
