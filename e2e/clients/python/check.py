#!/usr/bin/env python3
"""Drives a gateway with the official OpenAI client for Python.

usage: check.py BASE_URL MODEL API_KEY [suspended]

BASE_URL ends in /v1. An empty API_KEY says that the gateway asks for no credentials; what concerns them is left out
then. With `suspended` it expects that whoever calls has no money left. Every answer is validated strictly by the
client's own types. Prints one line of JSON that says what was seen; exits with 1 and the first thing that is wrong.
"""

import asyncio
import io
import json
import sys
import time

import openai
from openai.types import Batch, Completion
from openai.types.chat import ChatCompletion, ChatCompletionChunk

QUESTION = [{"role": "user", "content": "What is the capital of France?"}]
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
TOKENS = 12
PATIENCE_SECONDS = 60
TERMINAL = {"completed", "failed", "expired", "cancelled"}


class Wrong(Exception):
    """Something that is not as a user of the client expects it."""


def expect(holds, what, seen):
    if not holds:
        raise Wrong(f"{what}; seen: {seen!r}")


def refused(kind, call, field=None, code=None):
    """The error that a call must end with."""
    try:
        answer = call()
    except openai.APIError as error:
        expect(type(error) is kind, f"the error should be {kind.__name__}", error)
        expect(error.request_id, "an error carries x-request-id", error.response.headers)
        expect(isinstance(error.body, dict) and error.body.get("message"), "an error has a message", error.body)
        expect(field is None or error.param == field, f"the error should name {field} as param", error.body)
        expect(field is None or field in error.message, f"the error's message should name {field}", error.body)
        expect(code is None or error.code == code, f"the error's code should be {code}", error.body)
        return kind.__name__
    raise Wrong(f"the call should be refused with {kind.__name__}; seen: {answer!r}")


def counted(usage):
    expect(usage is not None, "an answer carries its usage", usage)
    expect(usage.prompt_tokens > 0, "a prompt has tokens", usage)
    expect(0 < usage.completion_tokens <= TOKENS, f"an answer has 1 to {TOKENS} tokens", usage)
    expect(usage.total_tokens == usage.prompt_tokens + usage.completion_tokens, "total = prompt + completion", usage)
    return usage.total_tokens


class Check:
    """One gateway and one model, through one client."""

    def __init__(self, base_url, model, key):
        self.model = model
        self.key = key
        self.common = {"base_url": base_url, "api_key": key or "unused", "max_retries": 0, "timeout": 60}
        self.client = openai.OpenAI(**self.common, _strict_response_validation=True)
        self.lenient = openai.OpenAI(**self.common)

    def ask(self, **fields):
        return self.client.chat.completions.create(
            **{"model": self.model, "messages": QUESTION, "max_completion_tokens": TOKENS, "temperature": 0} | fields
        )

    def models(self):
        listed = [model.id for model in self.client.models.list()]
        expect(self.model in listed, f"{self.model} is listed", listed)
        one = self.client.models.retrieve(self.model)
        expect(one.id == self.model and one.object == "model", "the model is retrieved under its name", one)
        expect(one.owned_by == self.model.split("/")[0], "a model is owned by its namespace", one)
        return len(listed)

    def chat(self):
        raw = self.client.chat.completions.with_raw_response.create(
            model=self.model, messages=QUESTION, max_completion_tokens=TOKENS, temperature=0
        )
        variant = raw.headers.get("x-comptroller-variant")
        expect(variant, "an answer names its variant in a header", raw.headers)
        answer = raw.parse()
        expect(answer._request_id == raw.headers.get("x-request-id"), "the client knows the request's id", raw.headers)
        expect(answer.choices[0].message.role == "assistant", "the assistant answers", answer)
        expect(answer.choices[0].finish_reason in ("stop", "length"), "an answer says why it ended", answer)
        self.text = answer.choices[0].message.content
        return {"tokens": counted(answer.usage), "text": self.text, "variant": variant}

    def stream(self, include_usage):
        options = {"stream_options": {"include_usage": True}} if include_usage else {}
        with self.ask(stream=True, **options) as stream:
            chunks = list(stream)
        for chunk in chunks:
            expect(isinstance(chunk, ChatCompletionChunk), "every event is a chunk", chunk)
        expect(len({chunk.id for chunk in chunks}) == 1, "all chunks of a stream have one id", chunks)
        text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
        expect(text == self.text, f"a stream says what the whole answer said: {self.text!r}", text)
        last = [chunk for chunk in chunks if chunk.choices and chunk.choices[0].finish_reason]
        expect(len(last) == 1, "one chunk says why the answer ended", last)
        ours = (chunks[-1].model_extra or {}).get("x_comptroller")
        expect(isinstance(ours, dict) and ours.get("variant"), "the last chunk carries x_comptroller", chunks[-1])
        usages = [chunk for chunk in chunks if chunk.usage is not None]
        if include_usage:
            expect(len(usages) == 1 and usages[0] is chunks[-1], "usage comes once, in the last chunk", usages)
            expect(usages[0].choices == [], "the chunk with usage has no choices", usages)
            counted(usages[0].usage)
        else:
            expect(usages == [], "usage comes only to those who ask for it", usages)
            expect(all(chunk.choices for chunk in chunks), "every chunk has choices where no usage was asked for", chunks)
        return {"chunks": len(chunks), "x_comptroller": ours}

    def likelihoods(self):
        """The likelihoods of an answer's tokens, whole and streamed."""
        fields = {"logprobs": True, "top_logprobs": 2}
        answer = self.ask(**fields)
        tokens = answer.choices[0].logprobs.content
        expect(tokens and all(len(token.top_logprobs) == 2 for token in tokens), "tokens have likelihoods", answer)
        expect(all(token.logprob <= 0 for token in tokens), "a likelihood is at most 1", tokens)
        with self.ask(stream=True, **fields) as stream:
            parts = [choice.logprobs for chunk in stream for choice in chunk.choices if choice.logprobs]
        streamed = [token.token for part in parts for token in part.content]
        expect(streamed == [token.token for token in tokens], "the stream has likelihoods of the same tokens", streamed)
        return len(tokens)

    def at_once(self):
        """Questions of the client that waits for none of them."""

        async def one(client):
            text = ""
            stream = await client.chat.completions.create(
                model=self.model, messages=QUESTION, max_completion_tokens=TOKENS, temperature=0, stream=True
            )
            async for chunk in stream:
                text += "".join(choice.delta.content or "" for choice in chunk.choices)
            return text

        async def all_of_them():
            async with openai.AsyncOpenAI(**self.common, _strict_response_validation=True) as client:
                return await asyncio.gather(*(one(client) for _ in range(6)))

        texts = asyncio.run(all_of_them())
        expect(set(texts) == {self.text}, f"six questions at once get one answer: {self.text!r}", texts)
        return len(texts)

    def gathered(self):
        """The client's own gathering of a stream into one answer."""
        with self.client.chat.completions.stream(
            model=self.model, messages=QUESTION, max_completion_tokens=TOKENS, temperature=0
        ) as stream:
            kinds = [event.type for event in stream]
            answer = stream.get_final_completion()
        expect("content.delta" in kinds and "content.done" in kinds, "the stream has pieces and an end", kinds)
        said = answer.choices[0].message.content
        expect(said == self.text, f"a gathered stream says what the whole answer said: {self.text!r}", said)
        return len(kinds)

    def completions(self):
        fields = {"model": self.model, "prompt": "The capital of France", "max_tokens": TOKENS, "temperature": 0}
        answer = self.client.completions.create(**fields)
        expect(isinstance(answer, Completion) and answer.object == "text_completion", "a completion", answer)
        total = counted(answer.usage)
        # The client's type knows no finish_reason null, which every chunk but the last has in this protocol.
        with self.lenient.completions.create(**fields, stream=True) as stream:
            pieces = list(stream)
        text = "".join(choice.text for piece in pieces for choice in piece.choices)
        expect(text == answer.choices[0].text, f"the stream says the same: {answer.choices[0].text!r}", text)
        ends = [piece for piece in pieces if piece.choices[0].finish_reason is not None]
        expect(ends == pieces[-1:], "the last chunk alone says why the answer ended", pieces)
        Completion.model_validate(ends[0].to_dict())
        expect("x_comptroller" in ends[0].model_extra, "the last chunk carries x_comptroller", ends[0])
        return total

    def flex(self):
        return counted(self.ask(service_tier="flex").usage)

    def line(self, number, **fields):
        body = {"model": self.model, "messages": QUESTION, "max_tokens": TOKENS, "temperature": 0}
        return {"custom_id": f"line-{number}", "method": "POST", "url": "/v1/chat/completions", "body": body | fields}

    def upload(self, lines):
        content = "".join(json.dumps(line) + "\n" for line in lines).encode()
        file = self.client.files.create(file=("requests.jsonl", content), purpose="batch")
        expect(file.bytes == len(content), f"a file of {len(content)} bytes is as long on the server", file)
        expect(file.filename == "requests.jsonl" and file.purpose == "batch", "a file keeps its name", file)
        return file, content

    def files(self):
        file, content = self.upload([self.line(number) for number in range(2)])
        other, _ = self.upload([self.line(9)])
        expect(self.client.files.retrieve(file.id) == file, "a file is retrieved as it was created", file)
        listed = [each.id for each in self.client.files.list(purpose="batch", limit=1, order="desc")]
        expect(listed[:2] == [other.id, file.id], "pages of one list all files, the newest first", listed)
        expect(self.client.files.content(file.id).content == content, "content comes back byte for byte", file)
        stored = io.BytesIO()
        with self.client.files.with_streaming_response.content(file.id) as response:
            for piece in response.iter_bytes():
                stored.write(piece)
        expect(stored.getvalue() == content, "content streams byte for byte", stored.getvalue())
        for each in (file, other):
            deleted = self.client.files.delete(each.id)
            expect(deleted.deleted and deleted.id == each.id, "a file is deleted", deleted)
        refused(openai.NotFoundError, lambda: self.client.files.retrieve(file.id))
        return len(listed)

    def submit(self, lines, metadata):
        file, _ = self.upload(lines)
        batch = self.client.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata=metadata
        )
        expect(isinstance(batch, Batch) and batch.metadata == metadata, "a batch keeps its metadata", batch)
        return batch

    def ended(self, batch):
        limit = time.monotonic() + PATIENCE_SECONDS
        while batch.status not in TERMINAL:
            expect(time.monotonic() < limit, f"a batch ends within {PATIENCE_SECONDS} s", batch)
            time.sleep(0.1)
            batch = self.client.batches.retrieve(batch.id)
        return batch

    def batch(self):
        lines = [self.line(number) for number in range(3)] + [self.line(3, model="nobody/nothing")]
        batch = self.submit(lines, {"purpose": "check"})
        expect(batch.id in [each.id for each in self.client.batches.list(limit=1)], "the batch is listed", batch)
        batch = self.ended(batch)
        expect(batch.status == "completed", "the batch completes", batch)
        counts = batch.request_counts
        expect((counts.total, counts.completed, counts.failed) == (4, 3, 1), "3 lines of 4 complete", counts)
        answers = {line["custom_id"]: line for line in self.lines(batch.output_file_id)}
        expect(sorted(answers) == ["line-0", "line-1", "line-2"], "every good line has its answer", answers)
        total = 0
        for answer in answers.values():
            expect(answer["error"] is None and answer["response"]["status_code"] == 200, "it is a success", answer)
            parsed = ChatCompletion.model_validate(answer["response"]["body"])
            expect(parsed.choices[0].message.content == self.text, f"it says {self.text!r}", parsed)
            total += counted(parsed.usage)
        expect(batch.usage.total_tokens == total, f"the batch's usage is the sum of its answers: {total}", batch.usage)
        errors = list(self.lines(batch.error_file_id))
        expect([line["custom_id"] for line in errors] == ["line-3"], "the bad line is in the error file", errors)
        expect(errors[0]["error"]["code"] == "model_not_found", "its error says what is wrong", errors)
        refused(openai.ConflictError, lambda: self.client.batches.cancel(batch.id))
        return {"tokens": total, "x_comptroller": batch.model_extra.get("x_comptroller")}

    def lines(self, file):
        expect(file, "there is a file", file)
        return (json.loads(line) for line in self.client.files.content(file).text.splitlines())

    def cancel(self):
        batch = self.submit([self.line(number, max_tokens=1024) for number in range(400)], {})
        asked = self.client.batches.cancel(batch.id)
        expect(asked.status in ("cancelling", "cancelled"), "a batch that is cancelled says so", asked)
        batch = self.ended(asked)
        expect(batch.status == "cancelled" and batch.cancelled_at, "the batch ends as cancelled", batch)
        expect(batch.request_counts.completed < 400, "not all lines ran", batch.request_counts)
        return batch.request_counts.completed

    def errors(self):
        seen = [
            refused(openai.NotFoundError, lambda: self.ask(model="nobody/nothing"), "model", "model_not_found"),
            refused(openai.NotFoundError, lambda: self.client.models.retrieve("nobody/nothing"), "model"),
            refused(openai.NotFoundError, lambda: self.client.batches.retrieve("batch_none")),
            refused(openai.BadRequestError, lambda: self.ask(max_completion_tokens=-1), "max_completion_tokens"),
            refused(openai.BadRequestError, lambda: self.ask(temperature=9), "temperature"),
            refused(openai.BadRequestError, lambda: self.ask(messages=[]), "messages"),
            refused(openai.BadRequestError, lambda: self.ask(tools=[TOOL]), "tools"),
            refused(openai.BadRequestError, lambda: self.ask(n=2), "n"),
            refused(openai.BadRequestError, lambda: self.ask(stream=True, temperature=9), "temperature"),
            refused(
                openai.BadRequestError,
                lambda: self.client.files.create(file=("a.jsonl", b"{}\n"), purpose="vision"),
                "purpose",
            ),
        ]
        if self.key:
            stranger = self.client.with_options(api_key=self.key[:-1] + ("a" if self.key[-1] != "a" else "b"))
            seen.append(refused(openai.AuthenticationError, stranger.models.list, code="invalid_api_key"))
        return seen

    def no_money(self):
        """What a client that tries again by itself makes of an empty purse."""
        sent = []
        http = openai.DefaultHttpx2Client(event_hooks={"request": [sent.append]})
        patient = openai.OpenAI(**self.common | {"max_retries": 2}, http_client=http)
        seen = []
        for stream in (False, True):
            try:
                patient.chat.completions.create(model=self.model, messages=QUESTION, max_tokens=TOKENS, stream=stream)
            except openai.RateLimitError as error:
                expect(error.code == "insufficient_quota", "the code says that money is used up", error.body)
                expect(int(error.response.headers["retry-after"]) > 0, "it says when to try again", error.response.headers)
                seen.append(error.message)
            else:
                raise Wrong("who has no money left should be refused")
        expect(len(sent) == 2, "the client does not try again by itself", sent)
        return seen

    def run(self, suspended):
        if suspended:
            return self.each({"no_money": self.no_money})
        steps = {
            "models": self.models,
            "chat": self.chat,
            "stream": lambda: self.stream(False),
            "stream_with_usage": lambda: self.stream(True),
            "gathered_stream": self.gathered,
            "likelihoods": self.likelihoods,
            "at_once": self.at_once,
            "completions": self.completions,
            "flex": self.flex,
            "files": self.files,
            "batch": self.batch,
            "cancel": self.cancel,
            "errors": self.errors,
        }
        return self.each(steps)

    def each(self, steps):
        saw = {"openai": openai.__version__}
        for name, step in steps.items():
            began = time.monotonic()
            try:
                saw[name] = {"saw": step(), "seconds": round(time.monotonic() - began, 3)}
            except (Wrong, openai.OpenAIError, ValueError) as error:
                raise SystemExit(f"check.py: {name}: {type(error).__name__}: {error}") from error
        return saw


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5) or sys.argv[4:] not in ([], ["suspended"]):
        raise SystemExit(__doc__)
    print(json.dumps(Check(*sys.argv[1:4]).run(suspended=len(sys.argv) == 5)))
