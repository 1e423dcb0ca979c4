import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readTranscript, writeTranscript } from "../../../src/cli/chat/transcript.ts";
import { TranscriptFile } from "../../../src/cli/chat/transcript-file.ts";
import { redactor } from "../../../src/cli/redact.ts";
import type { Message } from "../../../src/index.ts";
import { TemporaryDirectory } from "../support/command.ts";

const transcript: readonly Message[] = [
  { role: "user", content: "add 1 and 2" },
  {
    role: "assistant",
    content: "",
    toolCalls: [{ id: "c", name: "add", argumentsText: '{"a":1' }],
  },
  { role: "tool", toolCallId: "c", toolName: "add", content: "3" },
  {
    role: "assistant",
    content: "I look.",
    toolCalls: [{ id: "d", name: "look", argumentsText: "{}" }],
    parts: [
      { type: "reasoning", text: "hm", state: { provider: "main", model: "m", data: { s: "1" } } },
      { type: "text", text: "I look." },
      { type: "tool-call", index: 0, state: { provider: "main", model: "m", data: ["s2"] } },
    ],
  },
  {
    role: "tool",
    toolCallId: "d",
    toolName: "look",
    content: [{ type: "image", mediaType: "image/png", data: "aGk=" }],
  },
  { role: "user", content: [{ type: "text", text: "thanks" }] },
  { role: "assistant", content: "you are w", interrupted: true },
];
const redact = redactor(["sk-secret"]);

describe("readTranscript()", () => {
  test("gives back what was written", () => {
    expect(readTranscript(writeTranscript(transcript))).toEqual({ type: "transcript", transcript });
  });

  const file = (...messages: unknown[]) =>
    JSON.stringify({ type: "heddle-transcript", version: 1, transcript: messages });

  test.each([
    ["{", "it holds no JSON object"],
    ["[]", "it holds no JSON object"],
    ['{"version":1}', '"type" is not "heddle-transcript"'],
    ['{"type":"heddle-transcript","version":2}', '"version" is 2, and this heddle reads 1'],
    ['{"type":"heddle-transcript","version":1}', '"transcript" is no array'],
    [file(null), "transcript[0] is no object"],
    [file({ role: "user", content: "x" }, { role: "system" }), "transcript[1].role is not"],
    [file({ role: "user", content: 1 }), "transcript[0].content is neither"],
    [file({ role: "user", content: [1] }), "transcript[0].content is neither"],
    [file({ role: "assistant" }), "transcript[0].content is no string"],
    [file({ role: "assistant", content: "", toolCalls: 1 }), "transcript[0].toolCalls is no array"],
    [
      file({ role: "assistant", content: "", toolCalls: [{ id: "c", name: "n" }] }),
      "transcript[0].toolCalls[0].argumentsText is no string",
    ],
    [file({ role: "tool", content: "x", toolCallId: "c" }), "transcript[0].toolName is no string"],
  ])("%s is refused", (text, reason) => {
    expect(readTranscript(text)).toEqual({
      type: "refused",
      reason: expect.stringContaining(reason),
    });
  });
});

describe("TranscriptFile", () => {
  test("is made by the first save, for its owner only, and holds no secret", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("chat.json");
    const file = await TranscriptFile.open(path, redact);
    expect(file.transcript).toEqual([]);
    expect(readdirSync(directory.path)).toEqual([]);
    await file.save([{ role: "user", content: "my key is sk-secret" }]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const again = await TranscriptFile.open(path, redact);
    expect(again.transcript).toEqual([{ role: "user", content: "my key is [redacted]" }]);
    expect(readdirSync(directory.path)).toEqual(["chat.json"]);
  });

  test("is replaced as a whole: who has it open goes on reading the old one; a link stays one", async () => {
    using directory = new TemporaryDirectory();
    const [path, link] = [directory.file("chat.json"), directory.file("link.json")];
    writeFileSync(path, writeTranscript(transcript));
    symlinkSync(path, link);
    const inode = statSync(path).ino;
    const file = await TranscriptFile.open(link, redact);
    await file.save([]);
    expect(statSync(path).ino).not.toBe(inode);
    expect(readTranscript(readFileSync(link, "utf8"))).toMatchObject({ transcript: [] });
  });

  test("a file that is something else is refused, and left as it is", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("precious.txt");
    writeFileSync(path, "precious\n");
    await expect(TranscriptFile.open(path, redact)).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: `${path} is no transcript: it holds no JSON object`,
    });
    expect(readFileSync(path, "utf8")).toBe("precious\n");
    await expect(TranscriptFile.open(directory.path, redact)).rejects.toMatchObject({
      code: "INVALID_OPTION",
    });
  });

  test("what cannot be saved leaves nothing behind", async () => {
    using directory = new TemporaryDirectory();
    const file = await TranscriptFile.open(directory.file("none/chat.json"), redact);
    await expect(file.save(transcript)).rejects.toMatchObject({ code: "ENOENT" });
    expect(readdirSync(directory.path)).toEqual([]);
  });
});
