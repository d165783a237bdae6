"""`transformers serve` on the loopback answers a chat completion through its HTTP API."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.reference_case.conversations import GREETING, QUESTION

NAME = "tiny-random/qwen2-chat"
NEW_TOKENS = 12
# Says where it listens once the model is loaded; port 0 lets the system choose a free one.
LISTENING = re.compile(r"running on (http://127\.0\.0\.1:\d+)")
SECONDS_TO_START = 120
SECONDS_TO_STOP = 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running server.

    That it stops on request is part of the test, and that it asked nobody and left nothing:
    its search for a newer release of itself would leave a mark in its home.
    """
    home = tmp_path_factory.mktemp("home")
    log = tmp_path_factory.mktemp("server") / "log.txt"
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", NAME]
    command += ["--host", "127.0.0.1", "--port", "0", "--device", "cpu"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, "HF_HOME": str(home)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield address_of(process, log)
        process.terminate()
        process.wait(SECONDS_TO_STOP)
        assert list(home.rglob("*")) == []
    finally:
        process.kill()
        process.wait()


def address_of(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        found = LISTENING.search(log.read_text(errors="replace"))
        if found:
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(f"the server did not start:\n{log.read_text(errors='replace')}")


@pytest.fixture
def client(server: str) -> Iterator[openai.OpenAI]:
    # Proxies of the environment are none of the loopback's business.
    direct = openai.DefaultHttpxClient(trust_env=False)
    with openai.OpenAI(
        base_url=f"{server}/v1", api_key="none", max_retries=0, timeout=60, http_client=direct
    ) as client:
        yield client


@pytest.fixture(scope="module")
def expected() -> Any:
    """What the model answers in this process: (text, tokens of the prompt, new tokens)."""
    model = AutoModelForCausalLM.from_pretrained(NAME).eval()
    tokenizer = AutoTokenizer.from_pretrained(NAME)

    def answer(conversation: Any) -> tuple[str, int, int]:
        prompt = tokenizer.apply_chat_template(
            conversation, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        length = prompt["input_ids"].shape[1]
        new = model.generate(**prompt, max_new_tokens=NEW_TOKENS, do_sample=False)[0, length:]
        return tokenizer.decode(new, skip_special_tokens=True), length, len(new)

    return answer


def test_health(server: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{server}/health", timeout=30) as response:
        assert response.status == 200
        assert json.load(response) == {"status": "ok"}


@pytest.mark.parametrize("conversation", [QUESTION, GREETING])
def test_chat_completion(client: openai.OpenAI, expected: Any, conversation: Any) -> None:
    """The server's answer is the model's own."""
    text, prompt_tokens, new_tokens = expected(conversation)
    completion = client.chat.completions.create(
        model=NAME, messages=conversation, max_tokens=NEW_TOKENS, temperature=0.0
    )
    assert text
    assert completion.choices[0].message.role == "assistant"
    # The server drops a space at the beginning, unless it streams.
    assert completion.choices[0].message.content == text.lstrip(" ")
    assert completion.usage.prompt_tokens == prompt_tokens
    assert completion.usage.completion_tokens == new_tokens
    assert completion.choices[0].finish_reason == ("length" if new_tokens == NEW_TOKENS else "stop")


def test_streamed_chat_completion(client: openai.OpenAI, expected: Any) -> None:
    """The same answer, in several pieces."""
    text, _, new_tokens = expected(GREETING)
    stream = client.chat.completions.create(
        model=NAME, messages=GREETING, max_tokens=NEW_TOKENS, temperature=0.0, stream=True
    )
    pieces = [chunk.choices[0] for chunk in stream if chunk.choices]
    assert pieces[0].delta.role == "assistant"
    written = [piece.delta.content for piece in pieces if piece.delta.content]
    assert len(written) > 1
    assert "".join(written) == text
    assert pieces[-1].finish_reason == ("length" if new_tokens == NEW_TOKENS else "stop")
