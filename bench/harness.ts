/** "tiny" only shows that a bench works: its figures mean nothing. */
export type Size = "full" | "tiny";

export function sizeOf(name: string): Size {
  if (name === "full" || name === "tiny") return name;
  throw new Error(`the size is full or tiny, not ${name}`);
}

/** What one contestant measured in one process. A figure's name has its unit in it; a contestant may lack some that others have. */
export type Figures = { readonly [figure: string]: number };

/** Measures, and throws if what it has read is not what was sent. */
export type Contestant = (size: Size) => Promise<Figures>;

/** One question, and those who answer it. Each contestant runs in a process of its own, in turn with the others. */
export type Bench = {
  readonly question: string;
  /** The contestant that the others are compared with. */
  readonly baseline: string;
  /** How often each contestant is run; the median counts. */
  readonly rounds: number;
  /** How long one run of one contestant may take before it is ended and has failed. @defaultValue 120_000 */
  readonly timeoutMs?: number;
  readonly contestants: { readonly [name: string]: Contestant };
  /** What the figures are to be. */
  readonly targets: readonly Target[];
};

/** What one figure of one contestant is to be. */
export type Target = {
  readonly figure: string;
  readonly contestant: string;
  readonly bound: Bound;
};

/** Of several limits the widest counts. */
export type Bound =
  | { readonly type: "at least"; readonly limits: readonly Limit[] }
  | { readonly type: "at most"; readonly limits: readonly Limit[] };

/** A figure by itself, or beside the same figure of another contestant in the same run. */
export type Limit =
  | { readonly type: "value"; readonly value: number }
  | { readonly type: "times"; readonly times: number; readonly of: string }
  | { readonly type: "plus"; readonly plus: number; readonly of: string };

/** Rates are to be high; all else is a cost. */
export function isMoreBetter(figure: string): boolean {
  return figure.endsWith("/s");
}

export function atLeast(...limits: readonly Limit[]): Bound {
  return { type: "at least", limits };
}

export function atMost(...limits: readonly Limit[]): Bound {
  return { type: "at most", limits };
}

export function value(value: number): Limit {
  return { type: "value", value };
}

export function times(times: number, of: string): Limit {
  return { type: "times", times, of };
}

export function plus(plus: number, of: string): Limit {
  return { type: "plus", plus, of };
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

export function percentile(values: ArrayLike<number>, percent: number): number {
  const sorted = Float64Array.from(values).sort();
  const place = Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100));
  return sorted[place] ?? Number.NaN;
}

/** CPU seconds of the whole process, all threads, since `from`. */
export function cpuSeconds(from: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1e6;
}

/** What it takes the process, all its threads, to let `read` read so many chunks. */
export async function perChunk(chunks: number, read: () => Promise<unknown>): Promise<Figures> {
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  await read();
  const seconds = (performance.now() - startMs) / 1_000;
  return { "chunks/s": chunks / seconds, "CPU µs/chunk": (cpuSeconds(cpu) * 1e6) / chunks };
}
