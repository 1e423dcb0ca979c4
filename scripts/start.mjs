// What `npm start` runs: the built command with the given arguments, or the demonstration when there are none.
import { fileURLToPath } from "node:url";

const command = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const examples = fileURLToPath(new URL("../examples/prompts.jsonl", import.meta.url));
const given = process.argv.slice(2);

if (given.length === 0) {
  process.stderr.write(
    "This is a demonstration: heddle run examples/prompts.jsonl --provider scripted\n" +
      "Arguments go behind two dashes: npm start -- run --help\n\n",
  );
}
const args = given.length === 0 ? ["run", examples, "--provider", "scripted"] : given;
process.argv = [process.execPath, command, ...args];
await import("../dist/cli/main.js");
