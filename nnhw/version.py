# SPDX-License-Identifier: Apache-2.0
"""The version of this package, which reports carry."""

__all__ = ["__version__"]

__version__ = "0.1.0"
