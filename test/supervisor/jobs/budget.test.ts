import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Usage } from "../../../src/protocol/model.ts";
import type { Entry } from "../../../src/supervisor/jobs/budget.ts";
import { Ledger } from "../../../src/supervisor/jobs/budget.ts";

const NOTHING: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
const tokens = (inputTokens: number, outputTokens: number): Usage => ({
  inputTokens,
  outputTokens,
  totalTokens: inputTokens + outputTokens,
});
const estimated = (inputTokens: number, outputTokens: number): Usage => ({
  ...tokens(inputTokens, outputTokens),
  estimated: true,
});

/** A request under way, of which bytes arrive as the test says. */
function open(ledger: Ledger, inputTokens: number): { entry: Entry; receive(bytes: number): void } {
  let received = 0;
  const entry = ledger.open(inputTokens, () => received);
  const receive = (bytes: number) => {
    received += bytes;
    if (ledger.isBounded) entry.settle();
  };
  return { entry, receive };
}

describe("Ledger.usage", () => {
  test("is an estimate while a request is under way: its input, and a token for every 4 bytes begun", () => {
    const ledger = new Ledger();
    expect(ledger.usage).toEqual(NOTHING);
    const { receive } = open(ledger, 10);
    expect(ledger.usage).toEqual(estimated(10, 0));
    receive(1);
    expect(ledger.usage).toEqual(estimated(10, 1));
    receive(3);
    expect(ledger.usage).toEqual(estimated(10, 1));
    receive(1);
    expect(ledger.usage).toEqual(estimated(10, 2));
  });

  test("is what the server says in the end, also if that is less", () => {
    const ledger = new Ledger();
    const { entry, receive } = open(ledger, 10);
    receive(400);
    entry.said(tokens(3, 2));
    expect(ledger.usage).toEqual(tokens(3, 2));
  });

  test("stays an estimate, and says so, where the server says nothing", () => {
    const ledger = new Ledger();
    const { entry, receive } = open(ledger, 10);
    receive(8);
    entry.said(NOTHING);
    open(ledger, 1).entry.said(tokens(5, 5));
    expect(ledger.usage).toEqual(estimated(15, 7));
  });

  test("is nothing of a request that has taken nothing", () => {
    const ledger = new Ledger();
    const { entry, receive } = open(ledger, 10);
    receive(9);
    entry.remove();
    expect(ledger.usage).toEqual(NOTHING);
  });

  test("has optional counts as soon as one response has them", () => {
    const ledger = new Ledger();
    open(ledger, 1).entry.said(tokens(3, 2));
    expect(ledger.usage).toEqual(tokens(3, 2));
    open(ledger, 1).entry.said({ ...tokens(3, 2), cachedInputTokens: 1, cacheWriteInputTokens: 4 });
    open(ledger, 1).entry.said({ ...tokens(3, 2), cachedInputTokens: 2, reasoningTokens: 7 });
    expect(ledger.usage).toEqual({
      ...tokens(9, 6),
      cachedInputTokens: 3,
      cacheWriteInputTokens: 4,
      reasoningTokens: 7,
    });
  });

  test("keeps its sum above when it is closed, and adds nothing there any more", () => {
    const session = new Ledger();
    const job = new Ledger({ above: [session] });
    open(job, 4).entry.said(tokens(3, 2));
    job.close();
    open(job, 4);
    expect(session.usage).toEqual(tokens(3, 2));
    expect(job.usage).toEqual(estimated(7, 2));
  });
});

describe("Ledger.lacking()", () => {
  test.each([
    ["a request that fits exactly", 100, 60, 40, undefined],
    ["one token too many", 100, 60, 41, "BUDGET_TOKENS"],
    ["nothing left, however small it is", 100, 100, 0, "BUDGET_TOKENS"],
    ["no limit", undefined, 60, 1e15, undefined],
  ])("%s", (_, maxTotalTokens, used, needed, code) => {
    const budget = maxTotalTokens === undefined ? {} : { maxTotalTokens };
    const ledger = new Ledger({ budget });
    open(ledger, 1).entry.said(tokens(used, 0));
    const expected = code && { ledger, code, limit: maxTotalTokens, used, needed };
    expect(ledger.lacking(needed)).toEqual(expected);
  });

  test("names the nearest budget", () => {
    const session = new Ledger({ scope: "session", budget: { maxTotalTokens: 10 } });
    const parent = new Ledger({ budget: { maxTotalTokens: 20 }, above: [session] });
    const child = new Ledger({ budget: { maxTotalTokens: 30 }, above: [parent] });
    expect(child.lacking(10)).toBeUndefined();
    expect(child.lacking(11)?.ledger).toBe(session);
    expect(child.lacking(21)?.ledger).toBe(parent);
    expect(child.lacking(31)?.ledger).toBe(child);
  });
});

describe("Ledger.overruns()", () => {
  test("are the budgets with no token left, the nearest first", () => {
    const session = new Ledger({ scope: "session", budget: { maxTotalTokens: 20 } });
    const parent = new Ledger({ budget: { maxTotalTokens: 10 }, above: [session] });
    const child = new Ledger({ above: [parent] });
    open(child, 1).entry.said(tokens(9, 0));
    expect(child.overruns()).toEqual([]);
    open(child, 1).entry.said(tokens(1, 0));
    expect(child.isPast).toBe(false);
    expect(child.overruns().map(({ ledger }) => ledger)).toEqual([parent]);
    open(child, 1).entry.said(tokens(10, 1));
    expect(child.isPast).toBe(true);
    expect(child.overruns()).toEqual([
      { ledger: parent, code: "BUDGET_TOKENS", limit: 10, used: 21 },
      { ledger: session, code: "BUDGET_TOKENS", limit: 20, used: 21 },
    ]);
  });

  test("are those that allow fewer tool calls than were asked for", () => {
    const parent = new Ledger({ budget: { maxToolCalls: 3 } });
    const child = new Ledger({ budget: { maxToolCalls: 0 }, above: [parent] });
    expect(child.overruns()).toEqual([]);
    parent.ask(2);
    child.ask(1);
    expect(child.overruns().map(({ ledger }) => ledger)).toEqual([child]);
    child.ask(1);
    expect(child.overruns()).toEqual([
      { ledger: child, code: "BUDGET_TOOL_CALLS", limit: 0, used: 2 },
      { ledger: parent, code: "BUDGET_TOOL_CALLS", limit: 3, used: 4 },
    ]);
  });
});

/** What happens in a tree of ledgers: `at` says in which ledger, or to which of the open requests. */
type Step =
  | { readonly type: "open"; readonly at: number; readonly inputTokens: number }
  | { readonly type: "received"; readonly at: number; readonly bytes: number }
  | { readonly type: "said"; readonly at: number; readonly usage: Usage }
  | { readonly type: "removed" | "cut off"; readonly at: number }
  | { readonly type: "asked"; readonly at: number; readonly count: number };

const at = fc.nat(99);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant("open" as const), at, inputTokens: fc.nat(50) }),
  fc.record({ type: fc.constant("received" as const), at, bytes: fc.nat(99) }),
  fc.record({
    type: fc.constant("said" as const),
    at,
    usage: fc
      .tuple(fc.nat(60), fc.nat(60), fc.boolean())
      .map(([input, output, isEstimated]) =>
        isEstimated ? estimated(input, output) : tokens(input, output),
      ),
  }),
  fc.record({ type: fc.constantFrom("removed" as const, "cut off" as const), at }),
  fc.record({ type: fc.constant("asked" as const), at, count: fc.nat(4) }),
);

/** One request as a plain list of what it should have come to. */
type Model = ReturnType<typeof open> & { readonly ledger: number; usage: Usage; bytes: number };

/** Ledger `i` is below `parents[i]`, ledger 0 below none. Each has a limit. */
class Tree {
  readonly ledgers: Ledger[] = [];
  readonly requests: Model[] = [];
  readonly #open: Model[] = [];
  readonly #asked: number[];
  readonly #parents: readonly number[];
  readonly #limits: readonly number[];

  constructor(parents: readonly number[], limits: readonly number[]) {
    this.#parents = parents;
    this.#limits = limits;
    this.#asked = parents.map(() => 0);
    for (const [i, parent] of parents.entries()) {
      const above = i === 0 ? [] : [this.ledgers[parent] as Ledger];
      const budget = { maxTotalTokens: limits[i] as number };
      this.ledgers.push(new Ledger({ budget, above }));
    }
  }

  perform(step: Step): void {
    if (step.type === "open") this.#begin(step.at % this.ledgers.length, step.inputTokens);
    else if (step.type === "asked") this.#ask(step.at % this.ledgers.length, step.count);
    else this.#change(step);
  }

  /** 1. What a ledger has counted is the sum of its own requests and those of all ledgers below it. */
  check(): void {
    for (const [i, ledger] of this.ledgers.entries()) {
      const parts = this.requests.filter((request) => this.#isWithin(request.ledger, i));
      const input = parts.reduce((sum, { usage }) => sum + usage.inputTokens, 0);
      const output = parts.reduce((sum, { usage }) => sum + usage.outputTokens, 0);
      const isEstimated = parts.some(({ usage }) => usage.estimated);
      expect(ledger.usage).toEqual(isEstimated ? estimated(input, output) : tokens(input, output));
      const asked = this.#asked.filter((_, below) => this.#isWithin(below, i));
      expect(ledger.toolCalls).toBe(asked.reduce((sum, count) => sum + count, 0));
    }
  }

  /** 2. A request begins only if it fits into every budget above; and it is refused only if there is one that it does not fit into. */
  #begin(at: number, inputTokens: number): void {
    const ledger = this.ledgers[at] as Ledger;
    const fits = this.ledgers.every(({ usage }, i) => {
      const limit = this.#limits[i] as number;
      const hasRoom = usage.totalTokens < limit && usage.totalTokens + inputTokens <= limit;
      return hasRoom || !this.#isWithin(at, i);
    });
    expect(ledger.lacking(inputTokens) === undefined).toBe(fits);
    if (!fits) return;
    const request = open(ledger, inputTokens);
    const model = { ledger: at, usage: estimated(inputTokens, 0), bytes: 0, ...request };
    this.requests.push(model);
    this.#open.push(model);
  }

  #ask(at: number, count: number): void {
    (this.ledgers[at] as Ledger).ask(count);
    this.#asked[at] = (this.#asked[at] as number) + count;
  }

  #change(step: Exclude<Step, { type: "open" | "asked" }>): void {
    const model = this.#open[step.at % this.#open.length];
    if (!model) return;
    const { entry, usage } = model;
    if (step.type === "received") {
      model.receive(step.bytes);
      model.bytes += step.bytes;
      model.usage = estimated(usage.inputTokens, Math.ceil(model.bytes / 4));
      return;
    }
    this.#open.splice(this.#open.indexOf(model), 1);
    if (step.type === "removed") {
      entry.remove();
      model.usage = NOTHING;
    } else if (step.type === "said") {
      entry.said(step.usage);
      if (step.usage.totalTokens > 0) model.usage = step.usage;
    }
  }

  #isWithin(index: number, ancestor: number): boolean {
    if (index === ancestor) return true;
    return index > 0 && this.#isWithin(this.#parents[index] as number, ancestor);
  }
}

describe("a tree of ledgers", () => {
  test("has in each the sum of its parts, and begins no request past a limit, whatever happens", () => {
    const anyTree = fc
      .integer({ min: 1, max: 6 })
      .chain((size) =>
        fc.tuple(
          fc.tuple(...Array.from({ length: size }, (_, i) => fc.nat(Math.max(0, i - 1)))),
          fc.array(fc.integer({ min: 1, max: 400 }), { minLength: size, maxLength: size }),
        ),
      );
    fc.assert(
      fc.property(anyTree, fc.array(anyStep, { maxLength: 60 }), ([parents, limits], steps) => {
        const tree = new Tree(parents, limits);
        for (const step of steps) {
          tree.perform(step);
          tree.check();
        }
      }),
    );
  });
});
