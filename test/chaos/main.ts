import { parseArgs } from "node:util";
import { chaos } from "./chaos.ts";

// `npm run chaos -- --jobs 10000 --seed 7`
const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    concurrency: { type: "string", default: "24" },
  },
});
const report = await chaos(Number(values.jobs), Number(values.seed), Number(values.concurrency));
console.log(JSON.stringify(report, null, 2));
process.exitCode = report.broken.length + report.left.length === 0 ? 0 : 1;
