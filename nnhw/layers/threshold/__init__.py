# SPDX-License-Identifier: Apache-2.0
"""Threshold: count how many thresholds a value reaches."""
