import { describe, expect, test } from "vitest";
import { parseArguments } from "../../../src/cli/arguments.ts";
import { accessOf } from "../../../src/cli/serve/token.ts";

const read = (...argv: string[]) => parseArguments(["serve", ...argv], { isTerminal: false });

describe("heddle serve", () => {
  test("listens on this machine only, asks for a token and logs at level info", () => {
    expect(read()).toMatchObject({
      type: "serve",
      options: {
        port: 8_787,
        host: "127.0.0.1",
        auth: true,
        allowHosts: [],
        allowOrigins: [],
        drainMs: 10_000,
        logLevel: "info",
        json: false,
      },
    });
  });

  test("takes what a server and its agents are", () => {
    const argv = "--port 0 --host ::1 --allow-host a.example --allow-host b.example:8080";
    const more =
      "--allow-origin https://a.example --no-auth --drain 0 --log-level warn --json -m some --max-steps 3";
    expect(read(...argv.split(" "), ...more.split(" "))).toMatchObject({
      type: "serve",
      options: {
        port: 0,
        host: "::1",
        auth: false,
        allowHosts: ["a.example", "b.example:8080"],
        allowOrigins: ["https://a.example"],
        drainMs: 0,
        logLevel: "warn",
        json: true,
        model: "some",
        maxSteps: 3,
      },
    });
  });

  test.each([
    [["--port", "65536"], "--port must be a whole number from 0 to 65535"],
    [["--port", "http"], "--port must be a whole number"],
    [["--log-level", "loud"], "--log-level must be debug or info or warn"],
    [["--no-auth", "--host", "0.0.0.0"], "--no-auth is for loopback only"],
    [["--no-auth", "--host", "127.0.0.1.example"], "--no-auth is for loopback only"],
    [["--no-auth=yes"], "--no-auth takes no value"],
    [["--allow-host", ""], "--allow-host is empty"],
    [["--alow-host", "x"], "did you mean --allow-host?"],
    [["--concurrency", "3"], "--concurrency is an option of heddle run"],
    [["prompts.jsonl"], 'serve takes no FILE and no prompt: "prompts.jsonl"'],
  ])("refuses %j", (argv, problem) => {
    expect(read(...argv)).toMatchObject({
      type: "refused",
      problems: [expect.stringContaining(problem)],
    });
  });

  test.each(["127.0.0.1", "127.8.8.8", "::1", "localhost"])("%s is loopback", (host) => {
    expect(read("--no-auth", "--host", host)).toMatchObject({ type: "serve" });
  });

  test("its options are no other command's", () => {
    expect(parseArguments(["chat", "--port", "1"], { isTerminal: false })).toMatchObject({
      problems: ["--port is an option of heddle serve"],
    });
  });
});

describe("accessOf()", () => {
  test("makes a new token of 32 random bytes each time", () => {
    const tokens = [accessOf(true, undefined), accessOf(true, "")];
    for (const access of tokens) {
      expect(access).toEqual({
        type: "token",
        token: expect.stringMatching(/^[\w-]{43}$/),
        isNew: true,
      });
    }
    expect(tokens[0]).not.toEqual(tokens[1]);
  });

  test("takes a token of 16 characters, and refuses a shorter one without showing it", () => {
    const token = "0123456789abcdef";
    expect(accessOf(true, token)).toEqual({ type: "token", token, isNew: false });
    for (const bad of [token.slice(1), `${token} x`, `${token}\n`]) {
      expect(() => accessOf(true, bad)).toThrow(/^HEDDLE_TOKEN must be of 16 characters or more/);
      expect(() => accessOf(true, bad)).not.toThrow(/0123/);
    }
    expect(accessOf(false, "short")).toEqual({ type: "open" });
  });
});
