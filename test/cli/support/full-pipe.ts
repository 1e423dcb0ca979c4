import { execFileSync } from "node:child_process";
import { constants, openSync, writeSync } from "node:fs";

/** A pipe that nobody reads and that takes nothing more. */
export function openFullPipe(path: string): number {
  execFileSync("mkfifo", [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    for (;;) writeSync(fd, "x".repeat(512));
  } catch {
    return fd;
  }
}
