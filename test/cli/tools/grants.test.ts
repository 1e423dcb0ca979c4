import { describe, expect, test } from "vitest";
import { joinPermissions, permissionsOf, readGrants } from "../../../src/cli/tools/grants.ts";

function permissions(...lists: string[]) {
  const problems: string[] = [];
  const grants = readGrants(lists, problems);
  expect(problems).toEqual([]);
  return permissionsOf(grants, "/home/ada");
}

function problems(...lists: string[]): string {
  const found: string[] = [];
  readGrants(lists, found);
  return found.join("\n");
}

describe("grants", () => {
  test("nothing is granted that is not named", () => {
    expect(permissions()).toBeUndefined();
    expect(permissions("net")).toEqual({
      net: true,
      childProcess: false,
      sqlite: false,
      fsRead: [],
      fsWrite: [],
      env: [],
    });
  });

  test("lists add up; paths are relative to the working directory", () => {
    const lists = [
      "fs-read=.,fs-read=/etc",
      " child-process , env=A",
      "env=B,sqlite,fs-write=out/x",
    ];
    expect(permissions(...lists)).toEqual({
      net: false,
      childProcess: true,
      sqlite: true,
      fsRead: ["/home/ada", "/etc"],
      fsWrite: ["/home/ada/out/x"],
      env: ["A", "B"],
    });
  });

  test("a path may have an equals sign", () => {
    expect(permissions("fs-read=/a=b")?.fsRead).toEqual(["/a=b"]);
  });

  test.each([
    ["nett", 'not "nett"'],
    ["sqlite=a.db", "--grant sqlite takes no value"],
    ["net=yes", "--grant net takes no value"],
    ["fs-read", "--grant fs-read needs a directory: fs-read=DIR"],
    ["fs-write=", "--grant fs-write needs a directory"],
    ["env", "--grant env needs a variable's name"],
    ["env=A,B", 'each item whole; not "B"'],
    ["net,", 'not ""'],
  ])("%s is refused", (list, expected) => {
    expect(problems(list)).toContain(expected);
  });
});

describe("joinPermissions()", () => {
  test("what either grants", () => {
    const one = { net: true, fsRead: ["/a"] };
    const other = { childProcess: true, sqlite: true, fsRead: ["/b"], env: ["E"] };
    expect(joinPermissions(one, other)).toEqual({
      net: true,
      childProcess: true,
      sqlite: true,
      fsRead: ["/a", "/b"],
      fsWrite: [],
      env: ["E"],
    });
    expect(joinPermissions(undefined, one)).toBe(one);
    expect(joinPermissions(one, undefined)).toBe(one);
  });
});
