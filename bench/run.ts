import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { ALL } from "./all.ts";
import type { Bench } from "./harness.ts";
import { sizeOf } from "./harness.ts";
import { thisMachine } from "./machine.ts";
import { pageOf } from "./report/page.ts";
import type { Result } from "./report/result.ts";
import { keepResult, keptResults } from "./report/result.ts";
import { rowsOf } from "./report/rows.ts";
import { machineText, resultsMarkdown, resultText } from "./report/text.ts";
import { verdictsOf } from "./report/verdicts.ts";
import { sampleAll } from "./sampling.ts";

/*
 * `npm run bench` runs all, `npm run bench -- stream http` some. Against dist/. What was measured is kept in bench/results, a file
 * for each bench, and shown in bench/results/index.html together with what was kept before.
 *
 *   --rounds N    how often each contestant is run, in place of the bench's own number. 1: a quick look. 0: only shows what is kept
 *   --markdown    prints tables for a README when all is done
 *   --size tiny   runs next to nothing, to see that it works
 *   --out DIR     in place of bench/results
 *
 * Exits with 1 when a contestant has failed. A target that is not met is no failure.
 */
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string" },
    markdown: { type: "boolean", default: false },
    size: { type: "string", default: "full" },
    out: { type: "string", default: new URL("./results", import.meta.url).pathname },
  },
});
const size = sizeOf(options.size);
const rounds = options.rounds === undefined ? undefined : Number(options.rounds);
if (rounds !== undefined && !(Number.isSafeInteger(rounds) && rounds >= 0)) {
  throw new Error("--rounds is a whole number from 0");
}
const out = pathToFileURL(`${resolve(options.out)}/`);
const chosen = positionals.length > 0 ? positionals : ALL;
const unknown = chosen.find((name) => !ALL.includes(name) && !isFile(name));
if (unknown !== undefined) throw new Error(`no bench "${unknown}"; there are ${ALL.join(", ")}`);
mkdirSync(out, { recursive: true });

console.log(machineText(thisMachine()));
for (const name of rounds === 0 ? [] : chosen) {
  const result = await run(name);
  console.log(`\n${resultText(result)}`);
  keepResult(out, result);
  writePage();
  if (result.failures.length > 0) process.exitCode = 1;
}
const kept = writePage();
if (options.markdown) {
  const shown = chosen.map((name) => basename(name));
  console.log(`\n${resultsMarkdown(kept.filter(({ name }) => shown.includes(name)))}`);
}
console.log(`\n${new URL("index.html", out).pathname}`);

/** A bench of one's own, as a path from this directory: `../somewhere/mine`. */
function isFile(name: string): boolean {
  return name.includes("/") && existsSync(new URL(`./${name}.ts`, import.meta.url));
}

function writePage(): readonly Result[] {
  const results = keptResults(out, ALL);
  writeFileSync(new URL("index.html", out), pageOf(results));
  return results;
}

async function run(name: string): Promise<Result> {
  const { bench } = (await import(`./${name}.ts`)) as { readonly bench: Bench };
  const machine = thisMachine();
  const times = rounds ?? bench.rounds;
  const { figures, failures } = await sampleAll(name, bench, times, size);
  const rows = rowsOf(figures, bench.baseline);
  return {
    name: basename(name),
    question: bench.question,
    baseline: bench.baseline,
    rounds: times,
    size,
    at: new Date().toISOString(),
    machine,
    rows,
    verdicts: verdictsOf(bench.targets, rows),
    failures,
  };
}
