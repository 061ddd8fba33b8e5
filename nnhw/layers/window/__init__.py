# SPDX-License-Identifier: Apache-2.0
"""Window: the operands of every place of a sliding kernel."""
