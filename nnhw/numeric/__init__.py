# SPDX-License-Identifier: Apache-2.0
"""Fixed-point types, rounding, overflow and quantization: said once, for every engine."""
