import type { Usage } from "../../protocol/model.ts";
import type { Budget } from "../options.ts";

/*
 * What model calls take, counted where it belongs, as pure arithmetic.
 *
 * 1. What a ledger has counted is the sum of what was counted in it and in all ledgers below it.
 * 2. No model call begins that does not fit, with its input, into what is left of every budget that it counts in.
 * 3. Every call counts once in each ledger: those above a ledger are a tree, none is reached twice.
 */

const BYTES_PER_TOKEN = 4;

/** A budget that has no room for what is asked of it. `needed`: the input of a request that does not fit. */
export type Overrun = {
  readonly ledger: Ledger;
  readonly code: "BUDGET_TOKENS" | "BUDGET_TOOL_CALLS";
  readonly limit: number;
  readonly used: number;
  readonly needed?: number;
};

export type LedgerOptions = {
  /** Whose budget it keeps. @defaultValue "job" */
  readonly scope?: "job" | "session";
  /** @defaultValue none: it only counts */
  readonly budget?: Budget;
  /** Where all that counts here counts, too. */
  readonly above?: readonly Ledger[];
  /** Ends what runs on its budget, which was used up by what counts in it. */
  readonly onOver?: (overrun: Overrun) => void;
};

type Counts = {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  /** Undefined: nobody has said. */
  cachedInputTokens: number | undefined;
  cacheWriteInputTokens: number | undefined;
  reasoningTokens: number | undefined;
  /** How many of the parts are estimated. */
  estimates: number;
};

/** What model calls and tool calls have taken, and the budget that they are held to. */
export class Ledger {
  readonly scope: "job" | "session";
  readonly #budget: Budget;
  readonly #sum: Counts = countsOf(0, 0);
  /** Tokens are limited, here or above. */
  readonly #isBounded: boolean;
  /** Requests under way that count here. What has arrived of them is added when somebody looks, or as it arrives where tokens are limited. */
  readonly #open = new Set<Entry>();
  #above: readonly Ledger[];
  #onOver: (overrun: Overrun) => void;
  #toolCalls = 0;

  constructor({ scope = "job", budget = {}, above = [], onOver = () => {} }: LedgerOptions = {}) {
    this.scope = scope;
    this.#budget = budget;
    this.#above = above;
    this.#onOver = onOver;
    const isLimited = budget.maxTotalTokens !== undefined;
    this.#isBounded = isLimited || above.some((ledger) => ledger.#isBounded);
  }

  get usage(): Usage {
    for (const entry of this.#open) entry.settle();
    const { cachedInputTokens, cacheWriteInputTokens, reasoningTokens, estimates, ...tokens } =
      this.#sum;
    return {
      ...tokens,
      ...(cachedInputTokens === undefined ? {} : { cachedInputTokens }),
      ...(cacheWriteInputTokens === undefined ? {} : { cacheWriteInputTokens }),
      ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
      ...(estimates === 0 ? {} : { estimated: true }),
    };
  }

  get toolCalls(): number {
    return this.#toolCalls;
  }

  /** Whether tokens are limited here or above, so that what arrives is to be counted as it does. */
  get isBounded(): boolean {
    return this.#isBounded;
  }

  /**
   * A request with `inputTokens`, as they are estimated, is sent. `receivedBytes` says how much has come so far, of this request and of others
   * before it. Left out: nothing comes before its end.
   */
  open(inputTokens: number, receivedBytes: () => number = () => 0): Entry {
    const entry: Entry = new Entry(inputTokens, {
      receivedBytes,
      onChange: (change) => this.#add(change),
      onEnded: () => this.#track((open) => open.delete(entry)),
    });
    this.#track((open) => open.add(entry));
    return entry;
  }

  /** A response has asked for `count` tool calls. */
  ask(count: number): void {
    this.#toolCalls += count;
    for (const ledger of this.#above) ledger.ask(count);
  }

  /** The nearest budget that a request with `inputTokens` does not fit into. */
  lacking(inputTokens: number): Overrun | undefined {
    const { maxTotalTokens: limit = Number.POSITIVE_INFINITY } = this.#budget;
    const used = this.#sum.totalTokens;
    if (used >= limit || used + inputTokens > limit) {
      return { ledger: this, code: "BUDGET_TOKENS", limit, used, needed: inputTokens };
    }
    for (const ledger of this.#above) {
      const overrun = ledger.lacking(inputTokens);
      if (overrun) return overrun;
    }
    return undefined;
  }

  /** Whether more tokens were counted than one of the budgets allows. */
  get isPast(): boolean {
    if (!this.#isBounded) return false;
    const { maxTotalTokens } = this.#budget;
    if (maxTotalTokens !== undefined && this.#sum.totalTokens > maxTotalTokens) return true;
    return this.#above.some((ledger) => ledger.isPast);
  }

  /** The budget of this ledger alone that is used up: no token is left, or more tool calls were asked for than it allows. */
  get spent(): Overrun | undefined {
    const { maxTotalTokens, maxToolCalls } = this.#budget;
    const { totalTokens } = this.#sum;
    if (maxTotalTokens !== undefined && totalTokens >= maxTotalTokens) {
      return { ledger: this, code: "BUDGET_TOKENS", limit: maxTotalTokens, used: totalTokens };
    }
    const used = this.#toolCalls;
    if (maxToolCalls === undefined || used <= maxToolCalls) return undefined;
    return { ledger: this, code: "BUDGET_TOOL_CALLS", limit: maxToolCalls, used };
  }

  /** All budgets that are used up, the nearest first. */
  overruns(): readonly Overrun[] {
    const { spent } = this;
    const above = this.#above.flatMap((ledger) => ledger.overruns());
    return spent ? [spent, ...above] : above;
  }

  end(overrun: Overrun): void {
    this.#onOver(overrun);
  }

  /** All that counts here has been counted: those above keep their sums, and this one lets go of them. */
  close(): void {
    this.#above = [];
    this.#onOver = () => {};
  }

  #track(change: (open: Set<Entry>) => void): void {
    change(this.#open);
    for (const ledger of this.#above) ledger.#track(change);
  }

  #add(change: Counts): void {
    const sum = this.#sum;
    sum.inputTokens += change.inputTokens;
    sum.outputTokens += change.outputTokens;
    sum.totalTokens += change.totalTokens;
    sum.cachedInputTokens = added(sum.cachedInputTokens, change.cachedInputTokens);
    sum.cacheWriteInputTokens = added(sum.cacheWriteInputTokens, change.cacheWriteInputTokens);
    sum.reasoningTokens = added(sum.reasoningTokens, change.reasoningTokens);
    sum.estimates += change.estimates;
    for (const ledger of this.#above) ledger.#add(change);
  }
}

/**
 * What one request takes: an estimate that grows with what arrives, until its server has said what it was.
 *
 * The estimate: its input as given, and a token for every 4 bytes that have arrived, whatever they are.
 */
export class Entry {
  readonly #inputTokens: number;
  readonly #options: EntryOptions;
  /** What had come before it. */
  readonly #baseBytes: number;
  /** What of the estimate is counted. */
  #outputTokens = 0;

  constructor(inputTokens: number, options: EntryOptions) {
    this.#inputTokens = inputTokens;
    this.#options = options;
    this.#baseBytes = options.receivedBytes();
    options.onChange({ ...countsOf(inputTokens, 0), estimates: 1 });
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** Counts what has arrived. */
  settle(): void {
    const outputTokens = Math.ceil(this.#bytes / BYTES_PER_TOKEN);
    const more = outputTokens - this.#outputTokens;
    this.#outputTokens = outputTokens;
    if (more > 0) this.#options.onChange(countsOf(0, more));
  }

  /** The server has said what it took. If it has said nothing, all 0, the estimate stays. */
  said(usage: Usage): void {
    const { inputTokens, outputTokens, totalTokens } = usage;
    if (inputTokens === 0 && outputTokens === 0 && totalTokens === 0) {
      this.end();
      return;
    }
    this.remove();
    this.#options.onChange({
      inputTokens,
      outputTokens,
      totalTokens,
      cachedInputTokens: usage.cachedInputTokens,
      cacheWriteInputTokens: usage.cacheWriteInputTokens,
      reasoningTokens: usage.reasoningTokens,
      estimates: usage.estimated ? 1 : 0,
    });
  }

  /** Nobody will say what it took: the estimate stays. */
  end(): void {
    this.settle();
    this.#options.onEnded();
  }

  /** It has taken nothing. */
  remove(): void {
    this.#options.onEnded();
    this.#options.onChange({ ...countsOf(-this.#inputTokens, -this.#outputTokens), estimates: -1 });
  }

  get #bytes(): number {
    return this.#options.receivedBytes() - this.#baseBytes;
  }
}

type EntryOptions = {
  readonly receivedBytes: () => number;
  readonly onChange: (change: Counts) => void;
  readonly onEnded: () => void;
};

function countsOf(inputTokens: number, outputTokens: number): Counts {
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    cachedInputTokens: undefined,
    cacheWriteInputTokens: undefined,
    reasoningTokens: undefined,
    estimates: 0,
  };
}

function added(a: number | undefined, b: number | undefined): number | undefined {
  return b === undefined ? a : (a ?? 0) + b;
}
