# SPDX-License-Identifier: Apache-2.0
"""Hardware that layers share: streams, converters, stages, and whole designs."""
