# SPDX-License-Identifier: Apache-2.0
"""Rewrites of a graph that leave every output bit as it is; ``pipeline`` orders them."""
