// Makes the code that every actor's thread loads one file: each module of its own would cost every thread memory and time.
import { rename, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const entry = fileURLToPath(new URL("../dist/actors/entry.js", import.meta.url));
await build({
  input: entry,
  platform: "node",
  // Loaded only by threads that need it.
  external: ["@cfworker/json-schema"],
  output: { file: `${entry}.bundle`, format: "esm", sourcemap: false, codeSplitting: false },
});
await rename(`${entry}.bundle`, entry);
await rm(`${entry}.map`);
