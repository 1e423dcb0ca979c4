import { readdirSync, readFileSync } from "node:fs";

/** A living process, as Linux tells of it in /proc. */
export type ProcessEntry = {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  readonly sessionId: number;
  /** In ticks since the system's start. With `pid` it names a process for all time: a pid alone is given again. */
  readonly startTicks: number;
};

/** The process that has this pid; undefined when none has, or it has ended and only waits to be noticed. */
export function processEntry(pid: number): ProcessEntry | undefined {
  const stat = readProc(pid, "stat");
  if (stat === undefined) return undefined;
  // The name stands in parentheses, and may have some itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state = ""] = fields;
  const [parentPid = 0, groupId = 0, sessionId = 0] = fields.slice(1, 4).map(Number);
  // Its first thread can end before the others.
  if (/[ZX]/.test(state) && Number(fields[17]) <= 1) return undefined;
  return { pid, parentPid, groupId, sessionId, startTicks: Number(fields[19]) };
}

/**
 * The variables that a process was started with, as one text; undefined when they may not be read.
 * Empty for a moment when the process puts another program in its place.
 */
export function environOf(pid: number): string | undefined {
  return readProc(pid, "environ");
}

export function allPids(): readonly number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

/** Whether it can be asked at all. */
export function hasProcessTable(): boolean {
  return process.platform === "linux" && processEntry(process.pid) !== undefined;
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return undefined;
  }
}
