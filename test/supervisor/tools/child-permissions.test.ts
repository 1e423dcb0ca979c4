import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  checkChildModules,
  checkChildPermissions,
} from "../../../src/supervisor/tools/child-permissions.ts";

/** `data/sub/file`, `data-secret`, and links: `data/out` leads out of `data`, `alias` into it. */
const root = mkdtempSync(join(tmpdir(), "heddle-permissions-"));
const at = (path: string) => join(root, path);
mkdirSync(at("data/sub"), { recursive: true });
mkdirSync(at("data-secret"));
writeFileSync(at("data/sub/file"), "x");
symlinkSync(at("data-secret"), at("data/out"));
symlinkSync(at("data"), at("alias"));
afterAll(() => rmSync(root, { recursive: true }));

function denied(grant: string) {
  return expect.objectContaining({ code: "PERMISSION_DENIED", details: { grant } });
}

describe.each(["fsRead", "fsWrite"] as const)("%s of a child", (name) => {
  const check = (child: string, ...parent: string[]) =>
    checkChildPermissions({ [name]: [child] }, { [name]: parent });

  test.each([
    ["the same directory", at("data"), at("data")],
    ["the same, with a separator", at("data/"), at("data")],
    ["the same without one", at("data"), at("data/")],
    ["all that is in it", at("data/*"), at("data")],
    ["it, where all in it is granted", at("data"), at("data/*")],
    ["a file below it", at("data/sub/file"), at("data")],
    ["what is not there yet", at("data/new/file"), at("data")],
    ["a way round that ends in it", `${root}/data/sub/../sub`, at("data")],
    ["a link that leads into it", at("alias/sub"), at("data")],
    ["what a link leads to", at("data/sub"), at("alias")],
    ["what begins like it", at("data/sub/fi*"), at("data/s*")],
    ["anything, where all is granted", "/etc", "*"],
    ["all, where all is granted", "*", "*"],
    ["one of several", at("data-secret"), at("data"), at("data-secret")],
  ])("may be %s", (_, child, ...parent) => {
    expect(() => check(child, ...parent)).not.toThrow();
  });

  test.each([
    ["what only begins with its name", at("data-secret"), at("data")],
    ["its name and what follows", at("data*"), at("data")],
    ["the directory that it is in", root, at("data")],
    ["all that is in that", `${root}/*`, at("data")],
    ["a way out of it", `${root}/data/../data-secret`, at("data")],
    ["a link that leads out of it", at("data/out"), at("data")],
    ["what is below such a link", at("data/out/new"), at("data")],
    ["what is below a file", at("data/sub"), at("data/sub/file")],
    ["a pattern in the middle", at("data/*/sub"), at("data")],
    ["a pattern that hides a way in", `${root}/data-secret/*/../../data`, at("data")],
    ["all", "*", at("data")],
    ["the root", "/", at("data")],
    ["anything where nothing is granted", at("data")],
  ])("may not be %s", (_, child, ...parent) => {
    const grant = `permissions.${name}: ${JSON.stringify([child])}`;
    expect(() => check(child, ...parent)).toThrow(denied(grant));
  });
});

describe("what a child may beside files", () => {
  test("is what its parent may", () => {
    const all = { net: true, childProcess: true, sqlite: true, env: ["A", "B"] };
    expect(() => checkChildPermissions(all, all)).not.toThrow();
    expect(() => checkChildPermissions({ net: false, env: ["B"] }, all)).not.toThrow();
    expect(() => checkChildPermissions({ net: false, childProcess: false }, {})).not.toThrow();
  });

  test.each([
    [{ net: true }, "permissions.net: true"],
    [{ childProcess: true }, "permissions.childProcess: true"],
    [{ sqlite: true }, "permissions.sqlite: true"],
    [{ env: ["A", "C"] }, 'permissions.env: ["C"]'],
  ])("%o is refused where its parent lacks it", (child, grant) => {
    const parent = { net: false, env: ["A", "B"] };
    expect(() => checkChildPermissions(child, parent)).toThrow(denied(grant));
  });
});

test("modules of a child are what its parent can read, and all that they need", () => {
  const needed = [at("data/*"), at("data/sub/*")];
  expect(() => checkChildModules(needed, [at("data")])).not.toThrow();
  const grant = `permissions.fsRead: ["${at("data/*")}"]`;
  expect(() => checkChildModules(needed, [at("data/sub")])).toThrow(denied(grant));
});
