# SPDX-License-Identifier: Apache-2.0
"""Requantize: scale, shift, round and bring into range."""
