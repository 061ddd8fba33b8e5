# SPDX-License-Identifier: Apache-2.0
"""How much hardware each layer gets: from a reuse factor to column and row blocks."""
