# SPDX-License-Identifier: Apache-2.0
"""Gather: elements picked by position: transpose, pad, crop, slice, upsample, split."""
