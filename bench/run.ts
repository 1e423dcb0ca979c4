import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import type { Bench, Figures } from "./harness.ts";
import { median } from "./harness.ts";

/*
 * `npm run bench` runs all, `npm run bench -- stream` one. Against dist/. Every contestant has a process of its own; they take
 * turns, so that a machine that changes its speed changes it for all.
 */
const ALL = ["stream", "spawn", "cancel", "host-delay", "idle"];
const SAMPLE = new URL("./sample.ts", import.meta.url).pathname;

type Row = { readonly contestant: string; readonly figures: Figures; readonly ratios: Figures };

const chosen = process.argv.length > 2 ? process.argv.slice(2) : ALL;
console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, commit ${commit()}`);
for (const name of chosen) await report(name);

async function report(name: string): Promise<void> {
  const { bench } = (await import(`./${name}.ts`)) as { readonly bench: Bench };
  console.log(`\n${name}: ${bench.question}`);
  console.log(
    `medians of ${bench.rounds} interleaved runs; x: as many times as "${bench.baseline}"`,
  );
  const rows = rowsOf(bench, sampleAll(name, bench));
  for (const { contestant, figures, ratios } of rows) {
    const cells = Object.entries(figures).map(
      ([figure, value]) => `${figure} ${format(value)} (${(ratios[figure] ?? 0).toFixed(2)} x)`,
    );
    console.log(`  ${contestant.padEnd(28)} ${cells.join("   ")}`);
  }
  const directory = new URL("./results/", import.meta.url);
  mkdirSync(directory, { recursive: true });
  const result = { name, node: process.version, commit: commit(), ...bench, rows };
  writeFileSync(new URL(`${name}.json`, directory), `${JSON.stringify(result, null, 2)}\n`);
}

function sampleAll(name: string, bench: Bench): ReadonlyMap<string, readonly Figures[]> {
  const samples = new Map<string, Figures[]>();
  for (let round = 0; round < bench.rounds; round++) {
    for (const contestant of Object.keys(bench.contestants)) {
      const out = execFileSync(process.execPath, [SAMPLE, name, contestant], {
        encoding: "utf8",
        timeout: 120_000,
        stdio: ["ignore", "pipe", "inherit"],
      });
      samples.set(contestant, [...(samples.get(contestant) ?? []), JSON.parse(out)]);
    }
  }
  return samples;
}

function rowsOf(bench: Bench, samples: ReadonlyMap<string, readonly Figures[]>): readonly Row[] {
  const medians = new Map([...samples].map(([contestant, runs]) => [contestant, mediansOf(runs)]));
  const baseline = medians.get(bench.baseline) ?? {};
  return [...medians].map(([contestant, figures]) => ({
    contestant,
    figures,
    ratios: Object.fromEntries(
      Object.entries(figures).map(([figure, value]) => [figure, value / (baseline[figure] ?? 1)]),
    ),
  }));
}

function mediansOf(runs: readonly Figures[]): Figures {
  const names = Object.keys(runs[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(runs.map((run) => run[name] ?? 0))]));
}

function format(value: number): string {
  return value >= 1_000 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

function commit(): string {
  return execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim();
}
