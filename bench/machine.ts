import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

/** Where and with what a bench was run. */
export type Machine = {
  readonly node: string;
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGb: number;
  /** How many threads wanted to run over the last minute, before the bench began: much more than 0 makes figures worthless. */
  readonly load: number;
  /** Of this repository; "-dirty" when files differ from it. */
  readonly commit: string;
  readonly packages: { readonly [name: string]: string };
};

const ROOT = new URL("../", import.meta.url);

/** The packages whose speed is in the figures. */
const PACKAGES = ["@openai/agents", "ai", "comlink", "eventsource-parser", "openai", "rxjs"];

export function thisMachine(): Machine {
  return {
    node: process.version,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? "unknown",
    memoryGb: Math.round(totalmem() / 2 ** 30),
    load: loadavg()[0] ?? 0,
    commit: commit(),
    packages: Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
  };
}

function versionOf(name: string): string {
  const manifest = new URL(`node_modules/${name}/package.json`, ROOT);
  return JSON.parse(readFileSync(manifest, "utf8")).version;
}

/** A copy without its history is measured too. */
function commit(): string {
  try {
    const describe = ["describe", "--always", "--dirty"];
    return execFileSync("git", describe, { cwd: ROOT, encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}
