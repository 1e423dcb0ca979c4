import { readdirSync, readFileSync } from "node:fs";

/** Threads of the kernel are in the table, too. */
const PF_KTHREAD = 0x00200000;
/** The place of the start among what follows the name. */
const START = 19;

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
  const fields = statOf(pid);
  if (fields === undefined) return undefined;
  const [state = ""] = fields;
  const [parentPid = 0, groupId = 0, sessionId = 0] = fields.slice(1, 4).map(Number);
  // Its first thread can end before the others.
  if (/[ZX]/.test(state) && Number(fields[17]) <= 1) return undefined;
  if ((Number(fields[6]) & PF_KTHREAD) !== 0) return undefined;
  return { pid, parentPid, groupId, sessionId, startTicks: Number(fields[START]) };
}

/** When it was started, also if it has ended meanwhile and waits to be noticed; undefined when there is no table of processes. */
export function startTicksOf(pid: number): number | undefined {
  const fields = process.platform === "linux" ? statOf(pid) : undefined;
  return fields === undefined ? undefined : Number(fields[START]);
}

function statOf(pid: number): readonly string[] | undefined {
  const stat = readProc(pid, "stat");
  // The name stands in parentheses, and may have some itself.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** The variables that a process was started with, as one text; undefined when they may not be read. */
export function environOf(pid: number): string | undefined {
  return readProc(pid, "environ");
}

/** Whether it was started without variables. One that is just putting another program in its place has none for a moment, and no arguments either. */
export function isWithoutEnviron(pid: number): boolean {
  return readProc(pid, "cmdline") !== "" && readProc(pid, "environ") === "";
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
