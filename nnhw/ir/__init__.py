# SPDX-License-Identifier: Apache-2.0
"""The typed integer graph: nodes, tensor types, and its form on disk."""
