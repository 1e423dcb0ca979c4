#!/usr/bin/env node
// The entry of the command. It loads nothing before it has looked at the Node version, so that an old Node says what is
// missing instead of failing on syntax. The exit code is set, not forced: the process ends when nothing runs any more.
import process from "node:process";

const NEEDED = { major: 24, minor: 12 };

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < NEEDED.major || (major === NEEDED.major && minor < NEEDED.minor)) {
  process.stderr.write(
    `heddle needs Node ${NEEDED.major}.${NEEDED.minor} or newer; this is ${process.versions.node} (${process.execPath}).\n`,
  );
  process.exitCode = 2;
} else {
  const { runCommand } = await import("./command.ts");
  process.exitCode = await runCommand(process.argv.slice(2));
}
