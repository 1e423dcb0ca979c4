// Makes the code that every actor's thread loads one file: each module of its own would cost every thread memory and time.
import { rename, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

// Each is one file by itself: what only threads with tools need, other threads do not load.
for (const name of ["entry", "tool-runner"]) {
  const input = fileURLToPath(new URL(`../dist/actors/${name}.js`, import.meta.url));
  await build({
    input,
    platform: "node",
    external: ["@cfworker/json-schema", "./tool-runner.js", "../transport/restrict-thread.js"],
    output: { file: `${input}.bundle`, format: "esm", sourcemap: false, codeSplitting: false },
  });
  await rename(`${input}.bundle`, input);
  await rm(`${input}.map`);
}
