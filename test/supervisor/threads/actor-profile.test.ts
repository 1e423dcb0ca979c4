import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Permissions } from "../../../src/supervisor/threads/actor-profile.ts";
import {
  BARE_PROFILE,
  canDrop,
  checkPermissions,
  filesOf,
  profileOf,
} from "../../../src/supervisor/threads/actor-profile.ts";

const REPOSITORY = dirname(dirname(dirname(import.meta.dirname)));

describe("profileOf()", () => {
  const added = (permissions: Permissions, readable: readonly string[] = []) =>
    profileOf(permissions, readable, {}).flags.filter((flag) => !BARE_PROFILE.flags.includes(flag));

  test("without permissions a thread reads the runtime's own code, and nothing else", () => {
    expect(added({})).toEqual([]);
    expect(BARE_PROFILE.env).toEqual({});
    const [first, second, third, ...rest] = BARE_PROFILE.flags;
    expect([first, second, third]).toEqual([
      "--permission",
      "--report-exclude-env",
      "--no-experimental-sqlite",
    ]);
    for (const flag of rest) expect(flag).toMatch(/^--allow-fs-read=.+/);
  });

  test("each permission becomes its flag", () => {
    expect(
      added({ fsRead: ["/a", "/b"], fsWrite: ["/c"], net: true, childProcess: true }, ["/own.js"]),
    ).toEqual([
      "--allow-fs-read=/own.js",
      "--allow-fs-read=/a",
      "--allow-fs-read=/b",
      "--allow-fs-write=/c",
      ...(process.allowedNodeEnvironmentFlags.has("--allow-net")
        ? ["--allow-net", "--disable-warning=ExperimentalWarning"]
        : []),
      "--allow-child-process",
      "--disable-warning=PERM0002",
    ]);
  });

  test("what is not granted has no flag", () => {
    const nothing = { net: false, childProcess: false, sqlite: false, fsRead: [] };
    expect(added(nothing)).toEqual([]);
    expect(profileOf(nothing, [], {})).toBe(BARE_PROFILE);
  });

  test("sqlite takes away the flag that leaves it out", () => {
    const { flags } = profileOf({ sqlite: true }, [], {});
    expect(flags).not.toContain("--no-experimental-sqlite");
    expect(flags).not.toEqual(BARE_PROFILE.flags);
  });

  test("gives the variables that are named and set, and no other", () => {
    const env = { A: "1", B: "2", EMPTY: "" };
    expect(profileOf({ env: ["A", "EMPTY", "MISSING"] }, [], env).env).toEqual({
      A: "1",
      EMPTY: "",
    });
  });
});

test.each([
  ["24.12.0", false],
  ["24.19.0", false],
  ["24.20.0", true],
  ["25.9.0", false],
  ["26.2.0", false],
  ["26.3.0", true],
  ["27.0.0", true],
])("whether Node %s can take the working directory from a thread: %s", (version, can) => {
  expect(canDrop(version)).toBe(can);
});

describe("filesOf()", () => {
  test.each(["comlink", "@cfworker/json-schema", "piscina"])(
    "is all of %s, whatever part of it is its entry",
    (name) => {
      expect(filesOf(name)).toEqual([join(REPOSITORY, "node_modules", name, "*")]);
    },
  );

  test("is nothing for a package that is not there: it fails where it is loaded", () => {
    expect(filesOf("no-such-package")).toEqual([]);
  });
});

describe("checkPermissions()", () => {
  test.each([
    undefined,
    {},
    { fsRead: ["/a"], fsWrite: [], net: true, childProcess: false, env: ["A"] },
    { fsRead: undefined, net: undefined, sqlite: undefined },
    { sqlite: true },
  ])("takes %j", (given) => {
    expect(() => checkPermissions("permissions", given as Permissions)).not.toThrow();
  });

  const bad: readonly (readonly [string, unknown])[] = [
    ["permissions", null],
    ["permissions", "all"],
    ["permissions", ["net"]],
    ["permissions.network", { network: true }],
    ["permissions.fsRead", { fsRead: "/a" }],
    ["permissions.fsRead[0]", { fsRead: [""] }],
    ["permissions.fsWrite[1]", { fsWrite: ["/a", null] }],
    ["permissions.env[0]", { env: [5] }],
    ["permissions.net", { net: "true" }],
    ["permissions.net", { net: "false" }],
    ["permissions.net", { net: null }],
    ["permissions.net", { net: ["api.example"] }],
    ["permissions.childProcess", { childProcess: 1 }],
    ["permissions.sqlite", { sqlite: "true" }],
    ["permissions.sqlite", { sqlite: ["/a.db"] }],
  ];
  test.each(bad)("refuses %s in %j, and names it", (field, given) => {
    expect(() => checkPermissions("permissions", given as Permissions)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: { field } }),
    );
  });
});
