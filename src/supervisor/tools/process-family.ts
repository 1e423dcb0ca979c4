import type { ProcessEntry } from "./process-table.ts";
import {
  allPids,
  environOf,
  isWithoutEnviron,
  processEntry,
  startTicksOf,
} from "./process-table.ts";

const PIDS_PER_TURN = 64;

/** 0 asks only who lives. */
export type FamilySignal = "SIGTERM" | "SIGKILL" | 0;

/** What was seen at one look. It is not sure when somebody could not be told from the family at that moment. */
type Look = { readonly living: readonly ProcessEntry[]; readonly isSure: boolean };

/** Who was started later than the command, and which of them have the mark. */
type Candidates = {
  readonly younger: ProcessEntry[];
  readonly marked: Set<number>;
  isSure: boolean;
};

/**
 * A command's process and all that descend from it.
 *
 * On Linux they are found in /proc: by a mark in their environment, which descendants inherit, by their process group, session and parents. One is missed
 * only if it has done all of these: cleared its environment, left the session, and lost its parent, before it was seen once.
 * Elsewhere they are the process group. Processes of another user, which cannot be signalled, do not count.
 */
export class ProcessFamily {
  readonly #leader: number;
  readonly #mark: string;
  /** Undefined: there is no table of processes. */
  readonly #startTicks: number | undefined;
  /** Those that were seen to be of the family, by pid, with their start. */
  readonly #known = new Map<number, number>();
  /** Its number can then be given to somebody else's group. */
  #isGroupGone: boolean = false;

  /** `leader` has just been started, in a group of its own; `mark` is a part of its environment that nobody else has. */
  constructor(leader: number, mark: string) {
    this.#leader = leader;
    this.#mark = mark;
    this.#startTicks = startTicksOf(leader);
  }

  /** Sends `signal` to all. Returns whether any of them may live: one that has been sent the signal takes a while to end. */
  async signal(signal: FamilySignal): Promise<boolean> {
    if (!this.#hasTable()) return this.#signalGroup(signal);
    const looking = this.#look();
    let step = looking.next();
    while (!step.done) {
      await new Promise((resolve) => setImmediate(resolve));
      step = looking.next();
    }
    // All are found before any is signalled: children of one that ends have another parent.
    return this.#signalEach(step.value.living, signal) || !step.value.isSure;
  }

  /** Kills all that can be found, within this turn: for the end of the process. */
  killNow(): void {
    if (!this.#hasTable()) {
      this.#signalGroup("SIGKILL");
      return;
    }
    const looking = this.#look();
    let step = looking.next();
    while (!step.done) step = looking.next();
    this.#signalEach(step.value.living, "SIGKILL");
  }

  #hasTable(): boolean {
    return this.#startTicks !== undefined;
  }

  /** A whole group is signalled at once: nobody forks his way around it. */
  #signalGroup(signal: FamilySignal): boolean {
    if (this.#isGroupGone) return false;
    // Windows has no groups.
    const isThere = send(process.platform === "win32" ? this.#leader : -this.#leader, signal);
    if (!isThere) this.#isGroupGone = true;
    return isThere;
  }

  #signalEach(living: readonly ProcessEntry[], signal: FamilySignal): boolean {
    this.#signalGroup(signal);
    let anyLives = false;
    for (const { pid, startTicks, groupId } of living) {
      // Once is enough: to many programs a second signal means something else.
      const due = groupId === this.#leader ? 0 : signal;
      // It may have ended since it was looked at, and its pid may be another's.
      if (processEntry(pid)?.startTicks !== startTicks || send(pid, due)) anyLives = true;
    }
    return anyLives;
  }

  /**
   * Looks at some processes each time it is asked to go on: a machine can have thousands. It goes on until no new ones have come, for one that
   * ends before it is looked at may have started another.
   */
  *#look(): Generator<void, Look> {
    const seen = new Set<number>();
    const candidates: Candidates = { younger: [], marked: new Set(), isSure: true };
    for (let pids = allPids(); pids.length > 0; pids = allPids().filter((pid) => !seen.has(pid))) {
      for (const pid of pids) {
        seen.add(pid);
        if (seen.size % PIDS_PER_TURN === 0) yield;
        this.#lookAt(pid, candidates);
      }
    }
    const living = this.#familyOf(candidates.younger, candidates.marked);
    if (!living.some(({ groupId }) => groupId === this.#leader)) this.#isGroupGone = true;
    return { living, isSure: candidates.isSure };
  }

  #lookAt(pid: number, candidates: Candidates): void {
    const entry = processEntry(pid);
    if (!entry || entry.startTicks < (this.#startTicks ?? 0)) return;
    candidates.younger.push(entry);
    const environ = environOf(pid);
    if (environ?.includes(this.#mark)) candidates.marked.add(pid);
    else if (environ === "" && !isWithoutEnviron(pid)) candidates.isSure = false;
  }

  #familyOf(
    younger: readonly ProcessEntry[],
    marked: ReadonlySet<number>,
  ): readonly ProcessEntry[] {
    const family = new Map<number, ProcessEntry>();
    const isOf = (entry: ProcessEntry): boolean =>
      marked.has(entry.pid) ||
      this.#known.get(entry.pid) === entry.startTicks ||
      family.has(entry.parentPid) ||
      (!this.#isGroupGone && [entry.groupId, entry.sessionId].includes(this.#leader));
    for (let size = -1; size < family.size; ) {
      size = family.size;
      for (const entry of younger) if (isOf(entry)) family.set(entry.pid, entry);
    }
    for (const { pid, startTicks } of family.values()) this.#known.set(pid, startTicks);
    return [...family.values()];
  }
}

/** Whether it was there, and ours to signal. */
function send(pid: number, signal: FamilySignal): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
