import { describe, expect, test } from "vitest";
import { jobFallback } from "../../../src/supervisor/jobs/job-target.ts";
import type { WorkerOptions } from "../../../src/supervisor/options.ts";
import { workerSettings } from "../../../src/supervisor/workers/worker-settings.ts";

const NAMES: ReadonlySet<string> = new Set(["main", "backup", "third"]);

function fallbackOf(options: WorkerOptions, defaults: WorkerOptions = {}) {
  return workerSettings({ provider: "main", ...options }, defaults, NAMES).fallback;
}

describe("fallback", () => {
  test("is a list of names, or of providers with settings, in order", () => {
    const model = { name: "m", temperature: 0 };
    expect(fallbackOf({ fallback: ["third", { provider: "backup", model }] })).toEqual([
      { provider: "third" },
      { provider: "backup", model },
    ]);
    expect(fallbackOf({ fallback: [] })).toEqual([]);
    expect(fallbackOf({})).toEqual([]);
  });

  test("of the defaults counts where a worker has none, without the worker's own provider", () => {
    const defaults = { fallback: ["backup", "third"] };
    expect(fallbackOf({}, defaults)).toEqual([{ provider: "backup" }, { provider: "third" }]);
    expect(fallbackOf({ provider: "backup" }, defaults)).toEqual([{ provider: "third" }]);
    expect(fallbackOf({ fallback: [] }, defaults)).toEqual([]);
    expect(fallbackOf({ fallback: ["third"] }, defaults)).toEqual([{ provider: "third" }]);
  });

  test("of a job counts in place of its worker's", () => {
    const of = (fallback?: string[]) => jobFallback(fallback, { provider: "main" }, {}, NAMES);
    expect(of()).toBeUndefined();
    expect(of([])).toEqual([]);
    expect(of(["third"])).toEqual([{ provider: "third" }]);
  });

  const refused: [string, string, unknown][] = [
    ["INVALID_OPTION", "fallback", "backup"],
    ["INVALID_OPTION", "fallback", null],
    ["INVALID_OPTION", "fallback", Array(9).fill("backup")],
    ["INVALID_OPTION", "fallback[0]", [""]],
    ["INVALID_OPTION", "fallback[0]", [null]],
    ["INVALID_OPTION", "fallback[0]", [3]],
    ["INVALID_OPTION", "fallback[0].name", [{ name: "backup" }]],
    ["INVALID_OPTION", "fallback[0].provider", [{ model: {} }]],
    ["INVALID_OPTION", "fallback[0].provider", [{ provider: 1 }]],
    ["INVALID_OPTION", "fallback[0].model.nmae", [{ provider: "backup", model: { nmae: "x" } }]],
    ["INVALID_OPTION", "fallback[0].model", [{ provider: "backup", model: "x" }]],
    ["INVALID_OPTION", "fallback[1]", ["backup", { provider: "backup" }]],
    ["INVALID_OPTION", "fallback[1]", ["backup", "main"]],
    ["UNKNOWN_PROVIDER", "fallback[1]", ["backup", "nobody"]],
  ];
  test.each(refused)("is refused with %s that names %s: %j", (code, field, fallback) => {
    const options = { fallback } as WorkerOptions;
    expect(() => fallbackOf(options)).toThrow(
      expect.objectContaining({ code, details: expect.objectContaining({ field }) }),
    );
  });
});
