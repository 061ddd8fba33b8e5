# SPDX-License-Identifier: Apache-2.0
"""The command ``nnhw``: its commands, and how errors end."""

import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from nnhw.cli.bitstream import bitstream
from nnhw.cli.boards import boards
from nnhw.cli.build import build
from nnhw.cli.compare import compare
from nnhw.cli.layers import layers
from nnhw.cli.predict import predict
from nnhw.cli.report import report
from nnhw.cli.synth import synth
from nnhw.cli.verify import verify
from nnhw.cli.weights import weights
from nnhw.errors import NNHWError, suggest
from nnhw.version import __version__

__all__ = ["main"]


class _Commands(click.Group):
    """A group that turns every mistake of the user into one sentence and exit status 2."""

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None,
             complete_var: str | None = None, standalone_mode: bool = True,
             windows_expand_args: bool = True, **extra: Any) -> Any:
        try:
            status = super().main(args, prog_name or "nnhw", complete_var, standalone_mode=False,
                                  windows_expand_args=windows_expand_args, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message())
            sys.exit(2)
        except click.ClickException as error:
            _stop(error.format_message())
        except NNHWError as error:
            _stop(str(error))
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            _stop(f"{place}{error.strerror or error}")
        except (click.Abort, KeyboardInterrupt):
            click.echo("nnhw: interrupted", err=True)
            sys.exit(130)
        sys.exit(status if isinstance(status, int) else 0)

    def resolve_command(self, ctx: click.Context, args: list[str]
                        ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            raise click.UsageError(f"command {args[0]!r} is unknown; "
                                   + suggest(args[0], self.commands))
        return super().resolve_command(ctx, args)


def _stop(message: str) -> NoReturn:
    """Print one line and exit with status 2."""
    click.echo("nnhw: " + " ".join(message.split()), err=True)
    sys.exit(2)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]},
             epilog="Exit status: 0 done, 1 a verification failed, 2 a mistake in what was asked.")
@click.version_option(__version__, prog_name="nnhw")
def main() -> None:
    """Trained neural networks to FPGA gateware, equal to the last bit.

    \b
    nnhw build model.onnx -o build --data test.npz
    nnhw verify build --data test.npz
    nnhw predict build inputs.npy -o outputs.npy --engine rtl
    """


for _command in (build, predict, verify, synth, bitstream, compare, layers, boards,
                 report, weights):
    main.add_command(_command)
