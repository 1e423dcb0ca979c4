import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { readableFor, resolveUserModule } from "../../../src/supervisor/behaviors/user-module.ts";

let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "heddle-modules-")));
  onTestFinished(() => rmSync(root, { recursive: true }));
});

function file(...path: string[]): string {
  const name = join(root, ...path);
  mkdirSync(join(name, ".."), { recursive: true });
  writeFileSync(name, "");
  return name;
}

describe("resolveUserModule()", () => {
  test.each([
    ["a.js", "a.ts"],
    ["a.mjs", "a.mts"],
    ["a.ts", "a.js"],
  ])("finds for %s the %s beside it", (named, there) => {
    const name = file(there);
    expect(resolveUserModule(pathToFileURL(join(root, named)))).toBe(pathToFileURL(name).href);
  });

  test("takes the module that was named, if it is there, by its real path", () => {
    const real = file("real", "a.js");
    file("real", "a.ts");
    symlinkSync(join(root, "real"), join(root, "link"));
    const url = pathToFileURL(join(root, "link", "a.js"));
    expect(resolveUserModule(url)).toBe(pathToFileURL(real).href);
  });

  test("leaves alone what is not there", () => {
    const url = pathToFileURL(join(root, "none.js"));
    expect(resolveUserModule(url)).toBe(url.href);
  });
});

describe("readableFor()", () => {
  test("is the module's package, what is installed for it, and packages that are linked there", () => {
    file("app", "package.json");
    file("app", "node_modules", "x", "index.js");
    file("shared", "package.json");
    file("scoped", "package.json");
    mkdirSync(join(root, "app", "node_modules", "@me"));
    symlinkSync(join(root, "shared"), join(root, "app", "node_modules", "shared"));
    symlinkSync(join(root, "scoped"), join(root, "app", "node_modules", "@me", "scoped"));
    symlinkSync(join(root, "gone"), join(root, "app", "node_modules", "gone"));
    const module = pathToFileURL(file("app", "src", "deep", "a.js")).href;
    const readable = readableFor(module);
    for (const part of ["app", "app/node_modules", "shared", "scoped"]) {
      expect(readable).toContain(`${join(root, part)}/*`);
    }
    expect(readable).not.toContain(`${root}/*`);
  });

  test("is the module's own directory where there is no package", () => {
    const module = pathToFileURL(file("loose", "a.js")).href;
    expect(readableFor(module)).toContain(`${join(root, "loose")}/*`);
  });
});
