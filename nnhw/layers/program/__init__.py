# SPDX-License-Identifier: Apache-2.0
"""Program: a straight-line integer program, as other tools write whole networks."""
