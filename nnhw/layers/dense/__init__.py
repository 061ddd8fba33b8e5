# SPDX-License-Identifier: Apache-2.0
"""Dense: an exact affine map of the last axis."""
