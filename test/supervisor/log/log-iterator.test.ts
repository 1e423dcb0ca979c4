import { beforeEach, describe, expect, test } from "vitest";
import { HeddleError } from "../../../src/errors.ts";
import type { ModelResponseChunk } from "../../../src/protocol/model.ts";
import { ByteWindow } from "../../../src/supervisor/log/byte-window.ts";
import { JobLog } from "../../../src/supervisor/log/job-log.ts";
import { LogIterator } from "../../../src/supervisor/log/log-iterator.ts";
import { LogReader } from "../../../src/supervisor/log/log-reader.ts";
import { textOf, textRun } from "../../support/arbitraries.ts";
import { turn } from "../../support/fake-clock.ts";

let log: JobLog;
let window: ByteWindow;

beforeEach(() => {
  log = new JobLog();
  window = new ByteWindow(100);
});

function iterate(onEnd: () => void = () => {}): LogIterator<ModelResponseChunk> {
  const reader = new LogReader(log, { from: 0, policy: "lossless", window, onProgress: () => {} });
  return new LogIterator(log, reader, () => reader.readChunk(), onEnd);
}

const end = () => log.append({ type: "cancelled", reason: "x", partial: {} }, 1);
const done = { done: true, value: undefined };
const chunk = (text: string) => ({ done: false, value: { type: "text", text } });
const failed = new HeddleError("JOB_CANCELLED", "x");
const fail = () => {
  throw failed;
};

describe("LogIterator", () => {
  test("gives what is there, then what comes, then ends", async () => {
    log.appendChunks(textRun("a"), 1);
    const iterator = iterate();
    expect(await iterator.next()).toEqual(chunk("a"));
    const next = iterator.next();
    log.appendChunks(textRun("b", "c"), 2);
    expect(await next).toEqual(chunk("b"));
    end();
    expect(await iterator.next()).toEqual(chunk("c"));
    expect(await iterator.next()).toEqual(done);
    expect(await iterator.next()).toEqual(done);
  });

  test("answers many calls at once in the order of the calls", async () => {
    log.appendChunks(textRun("a"), 1);
    const iterator = iterate();
    const results = Promise.all(Array.from({ length: 5 }, () => iterator.next()));
    log.appendChunks(textRun("b"), 2);
    log.append({ type: "started" }, 2);
    log.appendChunks(textRun("c"), 2);
    end();
    expect(await results).toEqual([chunk("a"), chunk("b"), chunk("c"), done, done]);
  });

  test("a call made while others wait does not overtake them", async () => {
    const iterator = iterate();
    const first = iterator.next();
    const seen: string[] = [];
    void first.then(() => seen.push("first"));
    log.appendChunks(textRun("a", "b"), 1);
    const second = iterator.next().then(() => seen.push("second"));
    await second;
    expect(seen).toEqual(["first", "second"]);
    expect(await first).toEqual(chunk("a"));
  });

  test("throws once what the job ended with, then is done", async () => {
    log.appendChunks(textRun("a"), 1);
    end();
    const iterator = iterate(fail);
    expect(await iterator.next()).toEqual(chunk("a"));
    await expect(iterator.next()).rejects.toBe(failed);
    expect(await iterator.next()).toEqual(done);
  });

  test("throws to the first of several waiting calls only", async () => {
    const iterator = iterate(fail);
    const waiting = [iterator.next(), iterator.next(), iterator.next()];
    end();
    await expect(waiting[0]).rejects.toBe(failed);
    expect(await Promise.all(waiting.slice(1))).toEqual([done, done]);
  });

  test("reads all text before it throws in a loop", async () => {
    const texts: string[] = [];
    const loop = (async () => {
      for await (const one of iterate(fail)) texts.push(textOf(one));
    })();
    log.appendChunks(textRun("a", "b"), 1);
    end();
    await expect(loop).rejects.toBe(failed);
    expect(texts).toEqual(["a", "b"]);
  });

  test("return detaches it: the stream no longer waits, and what comes is not read", async () => {
    const iterator = iterate();
    expect(window.readerCount).toBe(1);
    expect(await iterator.return()).toEqual(done);
    expect(window.readerCount).toBe(0);
    log.appendChunks(textRun("a"), 1);
    expect(await iterator.next()).toEqual(done);
    expect(await iterator.return()).toEqual(done);
  });

  test("return settles the calls that wait, and does not throw what the job ends with", async () => {
    const iterator = iterate(fail);
    const waiting = [iterator.next(), iterator.next()];
    await iterator.return();
    expect(await Promise.all(waiting)).toEqual([done, done]);
    end();
    expect(await iterator.next()).toEqual(done);
  });

  test("break detaches it, and another reader of the same log goes on", async () => {
    const other = iterate();
    log.appendChunks(textRun("a", "b"), 1);
    for await (const _ of iterate()) break;
    expect(window.readerCount).toBe(1);
    expect(await other.next()).toEqual(chunk("a"));
    expect(await other.next()).toEqual(chunk("b"));
  });

  test("at the end it no longer holds the window", async () => {
    end();
    for await (const _ of iterate());
    expect(window.readerCount).toBe(0);
  });

  test("a failed job that nobody reads is no unhandled rejection", async () => {
    const rejections: unknown[] = [];
    const note = (error: unknown) => rejections.push(error);
    process.on("unhandledRejection", note);
    iterate(fail);
    end();
    await turn();
    await turn();
    process.off("unhandledRejection", note);
    expect(rejections).toEqual([]);
  });
});
