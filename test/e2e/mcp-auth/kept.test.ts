import { describe, expect, test } from "vitest";
import type { McpAccount } from "../../../src/index.ts";
import { connect, failureOf, host, open, signIn, started } from "../../support/guarded.ts";

describe("tokens are kept", () => {
  function store() {
    const kept = new Map<string, string>();
    const accounts: McpAccount[] = [];
    const tokens = {
      load: (account: McpAccount) => {
        accounts.push(account);
        return kept.get(account.key);
      },
      save: async ({ key }: McpAccount, secret: string | undefined) => {
        if (secret === undefined) kept.delete(key);
        else kept.set(key, secret);
      },
    };
    return { kept, accounts, tokens };
  }

  test("a process that was started again asks nobody, also when it has to refresh first", async () => {
    const server = await started();
    const { tokens } = store();
    const first = open(host({ tokens }));
    await connect(server, first);
    await first.close();
    server.expire();
    const person = host({ tokens });
    const caller = await connect(server, open(person));
    expect(await caller.call("whoami")).toBe("whoami: alice");
    expect(person.authorize).not.toHaveBeenCalled();
    expect(server.granted).toEqual(["authorization_code", "refresh_token"]);
    expect(server.registrations).toBe(1);
  });

  test("two sessions have tokens of their own, with one store and without", async () => {
    for (const more of [{ tokens: store().tokens }, {}]) {
      const server = await started();
      const person = host(more);
      const alice = await connect(server, open(person, "alice"));
      server.user = "bob";
      const bob = await connect(server, open(person, "bob"));
      server.expire();
      const answers = await Promise.all([alice.call("whoami"), bob.call("whoami")]);
      expect(answers).toEqual(["whoami: alice", "whoami: bob"]);
      expect(person.authorize).toHaveBeenCalledTimes(2);
    }
  });

  test("two names for one URL are two accounts", async () => {
    const server = await started();
    const { kept, tokens } = store();
    const connections = open(host({ tokens }));
    const work = await connect(server, connections, signIn, { name: "work" });
    server.user = "bob";
    const home = await connect(server, connections, signIn, { name: "home" });
    expect(await work.call("whoami")).toBe("whoami: alice");
    expect(await home.call("whoami")).toBe("whoami: bob");
    expect(kept.size).toBe(2);
  });

  test("of two processes with one store, each goes on with what the other has refreshed", async () => {
    const server = await started();
    const { tokens } = store();
    const person = host({ tokens });
    const [one, other] = await Promise.all([
      connect(server, open(person, "same")),
      connect(server, open(person, "same")),
    ]);
    server.expire();
    expect(await one?.call("whoami")).toBe("whoami: alice");
    expect(await other?.call("whoami")).toBe("whoami: alice");
    expect(server.granted.filter((grant) => grant === "refresh_token")).toHaveLength(2);
    expect(person.authorize).toHaveBeenCalledTimes(2);
  });

  test.each<["load" | "save", unknown, RegExp]>([
    ["load", () => Promise.reject(new Error("disk")), /mcp\.tokens\.load\(\) has failed: disk/],
    ["load", () => "{half", /mcp\.tokens\.load\(\) has not returned what was saved/],
    ["save", () => Promise.reject(new Error("disk")), /mcp\.tokens\.save\(\) has failed: disk/],
  ])("a store whose %s fails is said to", async (method, fails, message) => {
    const server = await started();
    const tokens = { ...store().tokens, [method]: fails };
    expect(await failureOf(server, connect(server, open(host({ tokens }))))).toMatchObject({
      code: "MCP_AUTH_FAILED",
      message: expect.stringMatching(message),
    });
  });
});
