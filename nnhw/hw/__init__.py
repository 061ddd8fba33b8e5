# SPDX-License-Identifier: Apache-2.0
"""Hardware that layers share: streams, converters, stages, and whole designs."""

import warnings

from amaranth.hdl import UnusedElaboratable

# Components are made for their figures too (reports, foldings, probes): not all are elaborated.
warnings.filterwarnings("ignore", category=UnusedElaboratable,
                        module=r".*[\\/]nnhw[\\/](hw|layers)[\\/]")
