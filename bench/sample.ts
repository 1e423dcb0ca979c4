import type { Bench } from "./harness.ts";
import { sizeOf } from "./harness.ts";

/** Runs one contestant of one bench, and prints its figures as JSON: `node bench/sample.ts stream "heddle chunks$ x200"`. */
const [name, contestant = "", size = "full"] = process.argv.slice(2);
const { bench } = (await import(`./${name}.ts`)) as { readonly bench: Bench };
const run = bench.contestants[contestant];
if (!run) throw new Error(`bench ${name} has no contestant "${contestant}"`);
const figures = await run(sizeOf(size));
for (const [figure, value] of Object.entries(figures)) {
  if (!Number.isFinite(value)) throw new Error(`${contestant} has measured no ${figure}: ${value}`);
}
console.log(JSON.stringify(figures));
