# SPDX-License-Identifier: Apache-2.0
"""What a build reports: the contract, the page, the tables."""
