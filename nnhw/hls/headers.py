# SPDX-License-Identifier: Apache-2.0
"""Where ``ap_int.h`` and its companions are: in an installed dependency, never in a project."""

import importlib.util
import os
import sys
from pathlib import Path

from nnhw.errors import ToolError

__all__ = ["VARIABLE", "find_headers"]

#: Environment variable that names another folder with the headers, a vendor's for instance.
VARIABLE = "NNHW_AP_HEADERS"

_PLACE = Path("codegen", "hls", "source", "ap_types", "include")


def find_headers() -> Path:
    """Folder of ``ap_int.h``: the one that ``NNHW_AP_HEADERS`` names, else that of da4ml.

    Raises
    ------
    ToolError
        If neither is there.
    """
    named = os.environ.get(VARIABLE)
    if named:
        if not (Path(named) / "ap_int.h").is_file():
            raise ToolError(f"{VARIABLE} names {named}, which has no ap_int.h; "
                            "name a folder that has it")
        return Path(named)
    spec = importlib.util.find_spec("da4ml")
    for root in spec.submodule_search_locations or () if spec else ():
        if (Path(root) / _PLACE / "ap_int.h").is_file():
            return Path(root) / _PLACE
    raise ToolError("the ap_int headers for the hls engine are missing; install them with "
                    f"pip install da4ml, or name their folder in {VARIABLE}")


if __name__ == "__main__":
    sys.stdout.write(f"{find_headers()}\n")
