/** What one contestant measured in one process. All figures of a bench have the same names and units. */
export type Figures = { readonly [figure: string]: number };

/** One question, and those who answer it. Each contestant runs in a process of its own, in turn with the others. */
export type Bench = {
  readonly question: string;
  /** The contestant that the others are compared with. */
  readonly baseline: string;
  /** How often each contestant is run; the median counts. */
  readonly rounds: number;
  readonly contestants: { readonly [name: string]: () => Promise<Figures> };
};

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100));
  return sorted[place] ?? Number.NaN;
}

/** CPU seconds of the whole process, all threads, since `from`. */
export function cpuSeconds(from: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1e6;
}
