# SPDX-License-Identifier: Apache-2.0
"""Which products go into multiplier blocks, and which registers these take in."""

from nnhw.estimate.fabric import Fabric, Product
from nnhw.estimate.logic import ONE, Logic, Part

__all__ = ["absorbed", "in_block", "operand_bits", "pieces", "sums_in_blocks"]

#: Bits of a part of an operand that several blocks share, its sign included.
_SHARE = 18
#: Families whose blocks take in registers of operands (``nnhw.synth.absorb``).
_OPERANDS = ("ecp5", "ice40", "nexus", "xc7")
#: Those where Yosys does so itself, after it has made registers of tables a part of these.
_BY_YOSYS = ("xc7",)


def operand_bits(part: Part) -> list[int]:
    """Bits of a product's operands; beside a signed one, one without a sign has one bit more."""
    signs = part.what["signed"]
    return [len(word) + (any(signs) and not signed)
            for word, signed in zip(part.what["operands"], signs, strict=True)]


def in_block(fabric: Fabric, part: Part) -> Product | None:
    """The block that a product goes into; None is LUTs."""
    a, b = sorted(operand_bits(part))
    y = len(part.outputs)
    for block in reversed(fabric.products):
        if (block.least_a <= b <= block.a and block.least_b <= a <= block.b
                and y >= block.least_y):
            return block
    fitting = [block for block in fabric.products
               if block.least_b <= a and block.least_a <= b and y >= block.least_y]
    return fitting[0] if fitting else None


def pieces(block: Product, part: Part) -> int:
    """Blocks of a product whose operands may be wider than a block's."""
    b, a = sorted(operand_bits(part))
    return sum(x >= block.least_piece and y >= block.least_piece
               for x in _split(a, block.a) for y in _split(b, block.b))


def _split(bits: int, most: int) -> list[int]:
    """Parts of an operand, without signs but the highest."""
    if bits <= most:
        return [bits]
    share = min(most, _SHARE) - 1
    return [share, *_split(bits - share, most)]


def sums_in_blocks(logic: Logic, fabric: Fabric) -> bool:
    """Let blocks that can take in the sum behind their product; whether one did.

    That is where nothing else reads the product. The logic beside the sum's chain is none then.
    """
    owner = {s: k for k in sorted(logic.used) if logic.parts[k].kind == "product"
             and in_block(fabric, logic.parts[k]) for s in logic.parts[k].outputs}
    users: dict[int, set[int]] = {k: set() for k in owner.values()}
    for k in sorted(logic.used):
        part = logic.parts[k]
        read = part.reads
        if part.kind == "chain":
            read = tuple(s for word in part.what["operands"] for s in word)
        for s in read:
            if s in owner:
                users[owner[s]].add(k)
    for s in logic.registers():
        for source in logic.reads[s]:
            if source in owner:
                users[owner[source]].add(-1)
    taken: set[int] = set()
    for user in users.values():
        at = next(iter(user)) if len(user) == 1 else -1
        if at >= 0 and at not in taken and logic.parts[at].kind == "chain":
            taken.add(at)
            a, b = logic.parts[at].what["operands"]
            logic.parts[at].kind, logic.parts[at].reads = "inside", (*a, *b)
    return bool(taken)


def absorbed(logic: Logic, fabric: Fabric, target: str) -> int:
    """Flip-flops that blocks take in."""
    taken: set[int] = set()
    readers = logic.readers.copy()
    readings = logic.readings()
    for part in logic.live_parts():
        if part.kind == "memory" and part.what.get("block") and target == "ecp5":
            taken |= _behind(logic, readings, part.outputs)
    for part in logic.live_parts():
        block = in_block(fabric, part) if part.kind == "product" else None
        if block is not None:
            if target == "ecp5" and pieces(block, part) == 1:
                taken |= _behind(logic, readings, part.outputs)
            _ahead(logic, target, part, readers, taken)
    return len(taken)


def _behind(logic: Logic, readings: dict[int, list[int]], outputs: tuple[int, ...]) -> set[int]:
    """Registers that are all that reads the outputs of a block."""
    found = set()
    for s in outputs:
        read = readings.get(s, [])
        if s in logic.alive and (len(read) != 1 or not logic.is_register(read[0])):
            return set()
        found |= set(read)
    return found


def _ahead(logic: Logic, target: str, part: Part, readers: dict[int, int],
           taken: set[int]) -> None:
    """Registers of operands; each goes when its last reader has taken it."""
    words = [[s for s in logic.real(word) if s > ONE] for word in part.what["operands"]]
    held = [all(logic.is_register(s) and s not in taken and _takes(logic, target, s)
                for s in word) for word in words]
    if target not in _OPERANDS or (target == "ecp5" and not all(held)):
        return
    for word, own in zip(words, held, strict=True):
        for s in word if own else ():
            readers[s] -= 1
            if not readers[s]:
                taken.add(s)


def _takes(logic: Logic, target: str, register: int) -> bool:
    """Whether a register is a plain one of those that a block can take in."""
    source = logic.reads[register][0]
    return source not in logic.fixed and not (target in _BY_YOSYS and logic.is_table(source))
