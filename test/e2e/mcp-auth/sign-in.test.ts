import { describe, expect, onTestFinished, test, vi } from "vitest";
import { FakeClock } from "../../support/fake-clock.ts";
import { browse, connect, failureOf, host, open, signIn, started } from "../../support/guarded.ts";

describe("signing in", () => {
  test("is asked once, however many need it, and the token is used from then on", async () => {
    const server = await started();
    const person = host();
    const connections = open(person);
    const callers = await Promise.all([1, 2, 3].map(() => connect(server, connections)));
    const answers = await Promise.all(callers.map((caller) => caller.call("whoami")));
    expect(answers).toEqual(Array(3).fill("whoami: alice"));
    expect(person.authorize).toHaveBeenCalledTimes(1);
    expect(person.authorize.mock.calls[0]?.[1]).toMatchObject({
      server: "guarded",
      session: "one",
    });
    expect(server.granted).toEqual(["authorization_code"]);
    expect(server.registrations).toBe(1);
  });

  test("a token that is refused to many calls at once is refreshed once, and nobody is asked", async () => {
    const server = await started();
    const person = host();
    const caller = await connect(server, open(person));
    for (let round = 0; round < 3; round += 1) {
      server.expire();
      const calls = Array.from({ length: 8 }, () => caller.call("whoami"));
      expect(await Promise.all(calls)).toEqual(Array(8).fill("whoami: alice"));
    }
    expect(server.granted).toEqual(["authorization_code", ...Array(3).fill("refresh_token")]);
    expect(person.authorize).toHaveBeenCalledTimes(1);
  });

  test("when the refresh token is worth nothing any more, somebody is asked again", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    onTestFinished(() => warn.mockRestore());
    const server = await started();
    const person = host();
    const caller = await connect(server, open(person));
    const before = server.secrets;
    server.revoke();
    expect(await caller.call("whoami")).toBe("whoami: alice");
    expect(person.authorize).toHaveBeenCalledTimes(2);
    // The client's package says what the server has answered: that has the token in it.
    const warned = JSON.stringify(warn.mock.calls);
    for (const secret of [...before, ...server.secrets]) expect(warned).not.toContain(secret);
  });

  test("a scope that one tool demands is asked for with those before", async () => {
    const server = await started();
    const person = host();
    const caller = await connect(server, open(person), { ...signIn, scope: "read" });
    expect(await caller.call("whoami")).toBe("whoami: alice");
    const writes = [1, 2, 3].map(() => caller.call("write"));
    expect(await Promise.all(writes)).toEqual(Array(3).fill("write: alice"));
    expect(server.scopes).toEqual(["read", "write read"]);
  });

  test("a scope that signing in does not give is asked for once", async () => {
    const server = await started();
    const person = host({
      authorize: async (page) => {
        page.searchParams.delete("scope");
        return await browse(page);
      },
    });
    const caller = await connect(server, open(person));
    const failure = await failureOf(server, caller.call("write"));
    expect(failure).toMatchObject({
      code: "MCP_AUTH_FAILED",
      message: expect.stringMatching(/"guarded" demands a scope .*: write; allow it/),
      details: { server: "guarded", scope: "write" },
    });
    expect(server.scopes).toHaveLength(2);
  });

  test("while a person signs in, connectMs does not count; signInMs does", async () => {
    const server = await started();
    const clock = new FakeClock();
    const slow = host({
      authorize: async (page) => {
        clock.advance(200_000);
        return await browse(page);
      },
    });
    const connections = open(slow, "one", clock);
    const caller = await connect(server, connections, signIn, { connectMs: 1_000 });
    expect(await caller.call("whoami")).toBe("whoami: alice");

    let until: AbortSignal | undefined;
    const absent = host({
      authorize: async (_, about) => {
        until = about.signal;
        clock.advance(60_000);
        return await new Promise<never>(() => {});
      },
    });
    const late = connect(server, open(absent, "two", clock), {
      ...signIn,
      signInMs: 60_000,
    });
    expect(await failureOf(server, late)).toMatchObject({
      code: "MCP_AUTH_REQUIRED",
      message: expect.stringContaining('"guarded" was not signed in to within 60000 ms'),
    });
    expect(until?.aborted).toBe(true);
  });

  test("a session that is closed asks nobody any more", async () => {
    const server = await started();
    const asked = Promise.withResolvers<AbortSignal>();
    const connections = open(
      host({
        authorize: async (_, about) => {
          asked.resolve(about.signal);
          return await new Promise<never>(() => {});
        },
      }),
    );
    const connecting = connect(server, connections);
    connecting.catch(() => {});
    const until = await asked.promise;
    await connections.close();
    await expect(connecting).rejects.toMatchObject({ code: "SESSION_CLOSED" });
    expect(until.aborted).toBe(true);
  });
});
