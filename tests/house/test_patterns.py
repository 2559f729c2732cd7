"""Regular expressions that are applied to what others send."""

from __future__ import annotations

import ast
import re

import pytest

from tests import checkout

# What a pattern has besides its quantifiers: characters that are escaped, and classes of them.
_NO_QUANTIFIER = re.compile(rb"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_UNBOUNDED = re.compile(rb"[*+]|\{\d*,\}")


def unbounded(pattern: bytes) -> bool:
    """Say whether a pattern may match without an end."""
    return _UNBOUNDED.search(_NO_QUANTIFIER.sub(b".", pattern)) is not None


def patterns(code: str) -> list[ast.Constant]:
    """Return the bytes in simple statements that make or use a pattern."""
    simple = (ast.Assign, ast.AnnAssign, ast.Expr, ast.Return)
    return [
        part
        for statement in ast.walk(ast.parse(code))
        if isinstance(statement, simple) and any(map(_is_re, ast.walk(statement)))
        for part in ast.walk(statement)
        if isinstance(part, ast.Constant) and isinstance(part.value, bytes)
    ]


def _is_re(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "re"


@pytest.mark.slow
def test_no_pattern_for_bytes_repeats_without_a_bound() -> None:
    """A run that nothing ends is walked from each of its bytes: a small file takes hours."""
    found = [
        f"{path}:{part.lineno} {part.value!r}"
        for path in checkout.files("lumen_widgets")
        if path.suffix == ".py"
        for part in patterns((checkout.ROOT / path).read_text("utf-8"))
        if isinstance(part.value, bytes) and unbounded(part.value)
    ]

    assert found == []


def test_the_patterns_are_told_apart() -> None:
    """A star in a class, or one that is escaped, is no repeat; a count without an end is one."""
    assert not any(map(unbounded, [rb"\xff[^\x00\xff]", rb"[a*+]{0,9}", rb"\*\+?", rb"a{3}"]))
    assert all(map(unbounded, [rb"\xff+[^\x00]", rb"a*", rb"(ab){2,}", rb"[\]a]*", rb"[]a]+"]))
