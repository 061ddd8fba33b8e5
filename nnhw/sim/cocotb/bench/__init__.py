# SPDX-License-Identifier: Apache-2.0
"""Files that ``write_bench`` copies into a build folder; here they are data, not modules."""
