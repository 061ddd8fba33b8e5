# SPDX-License-Identifier: Apache-2.0
"""Total: sum, largest or smallest over all vectors of a frame."""
