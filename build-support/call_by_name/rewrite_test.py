from __future__ import annotations

import ast
from pathlib import PurePosixPath
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from call_by_name.pants_rules import PANTS_RULES
from call_by_name.rewrite import RewriteError, rewrite_all

_HERE = PurePosixPath("lib/here.py")
_THERE = PurePosixPath("lib/there.py")

_IMPORTS = """\
from pants.engine.fs import CreateDigest, Digest, MergeDigests, PathGlobs, Snapshot
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet, rule

from lib.there import Made, MadeRequest, Settings
"""
_OTHER_RULES = """\
from pants.engine.rules import rule


@rule
async def make(request: MadeRequest, settings: Settings) -> Made:
    return Made(request)


@rule(desc="Read the settings")
async def read_settings() -> Settings:
    return Settings()


@rule
async def last_first(settings: Settings, request: LateRequest) -> Late:
    return Late(request)


@rule
async def serve(request: Member) -> Answer:
    return Answer()
"""


def _rewritten(body: str, before: str = "") -> str:
    source = f"{_IMPORTS}\n{before}\nasync def helper(value, digest, process):\n    {body}\n"
    changed = rewrite_all({_HERE: source, _THERE: _OTHER_RULES})
    assert changed[_THERE] == _OTHER_RULES
    ast.parse(changed[_HERE])
    return changed[_HERE]


@pytest.mark.parametrize(
    ("get", "call"),
    [
        # A rule that takes the request alone.
        ("Get(Digest, CreateDigest([1]))", "create_digest(CreateDigest([1]))"),
        ("Get(Snapshot, Digest, digest)", "digest_to_snapshot(digest)"),
        # One that the engine gives more.
        (
            "Get(FallibleProcessResult, Process, process)",
            "execute_process(process, **implicitly())",
        ),
        ("Get(Made, MadeRequest(value))", "make(MadeRequest(value), **implicitly())"),
        ("Get(Made, MadeRequest.of(value))", "make(MadeRequest.of(value), **implicitly())"),
        # One whose parameter the engine makes of the request.
        (
            "Get(Snapshot, PathGlobs([value]))",
            "digest_to_snapshot(**implicitly(PathGlobs([value])))",
        ),
        (
            "Get(Snapshot, PathGlobs, value)",
            "digest_to_snapshot(**implicitly({value: PathGlobs}))",
        ),
        ("Get(Late, LateRequest())", "last_first(**implicitly(LateRequest()))"),
        ("Get(Settings)", "read_settings(**implicitly())"),
        # A member of a union has its own rule, whose signature stays.
        ("Get(Answer, Member(value))", "serve(Member(value))"),
    ],
)
def test_a_get_becomes_a_call(get: str, call: str) -> None:
    assert f"return await {call}\n" in _rewritten(f"return await {get}")


def test_several_gets_are_awaited_concurrently() -> None:
    body = "return await MultiGet(Get(Made, MadeRequest(one)) for one in value)"
    changed = _rewritten(body)
    assert "await concurrently(make(MadeRequest(one), **implicitly()) for one in value)" in changed
    assert "import concurrently, implicitly, rule" in changed


def test_imports_are_those_that_the_calls_need() -> None:
    changed = _rewritten("return await Get(Digest, MergeDigests, value)")
    assert "from pants.engine.intrinsics import merge_digests\n" in changed
    assert "from pants.engine.rules import rule\n" in changed
    assert "MergeDigests" not in changed
    # What the request did not name is left to the linter.
    assert "CreateDigest, PathGlobs, Snapshot" in changed


def test_a_rule_with_the_name_of_a_variable_is_renamed() -> None:
    changed = _rewritten("make = 1; return await Get(Made, MadeRequest(make))")
    assert "make as make_rule" in changed
    assert "await make_rule(MadeRequest(make), **implicitly())" in changed


@pytest.mark.parametrize(
    ("get", "problem"),
    [
        ("Get(Unknown, MadeRequest(1))", "makes a `Unknown` of a `MadeRequest`, found none"),
        ("Get(Made, value)", "the class of the request `value` cannot be seen"),
    ],
)
def test_what_cannot_be_rewritten_is_located(get: str, problem: str) -> None:
    with pytest.raises(RewriteError) as error:
        _rewritten(f"return await {get}")
    assert str(error.value).startswith(f"lib/here.py:{_IMPORTS.count(chr(10)) + 4}: error: ")
    assert problem in str(error.value)
    assert "hint: " in str(error.value)


def test_two_rules_for_one_pair_are_named() -> None:
    twice = dedent(
        """
        @rule
        async def make_again(request: MadeRequest) -> Made:
            return Made(request)
        """
    )
    with pytest.raises(RewriteError, match=r"found lib\.here\.make_again, lib\.there\.make"):
        _rewritten("return await Get(Made, MadeRequest(value))", before=twice)


def test_a_module_without_requests_stays_as_it_is() -> None:
    source = "from pants.engine.rules import   rule  # as typed\n"
    assert rewrite_all({_HERE: source}) == {_HERE: source}


_PAIRS = st.sampled_from(sorted(PANTS_RULES))


@settings(deadline=None, max_examples=30)
@given(pair=_PAIRS, form=st.sampled_from(["{0}, {1}()", "{0}, {1}, value", "{0}, {1}.of(value)"]))
def test_every_pair_of_pants_in_every_form(pair: tuple[str, str], form: str) -> None:
    source = f"async def f(value):\n    return await Get({form.format(*pair)})\n"
    changed = rewrite_all({_HERE: source})[_HERE]
    (call,) = (node.value for node in ast.walk(ast.parse(changed)) if isinstance(node, ast.Await))
    rule = PANTS_RULES[pair]
    assert isinstance(call, ast.Call)
    assert ast.unparse(call.func) == rule.function
    assert len(call.args) == rule.takes_request
    assert len(call.keywords) == (rule.takes_more or not rule.takes_request)
    assert f"from {rule.module} import {rule.function}" in changed
