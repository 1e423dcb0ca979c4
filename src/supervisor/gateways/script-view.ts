import { HeddleError } from "../../errors.ts";
import type { ModelRequest } from "../../protocol/model.ts";
import type { Gateway } from "./gateway.ts";

/** A model call that a scripted provider has had. */
export type ScriptedCall = ModelRequest["origin"] & {
  readonly request: ModelRequest;
  /** When it came to the provider: Unix time in ms, with fractions. */
  readonly atMs: number;
};

type ScriptReport = { readonly calls: readonly ScriptedCall[]; readonly responses: number };

/** What a scripted provider was asked, for tests. */
export class ScriptView {
  readonly #name: string;
  readonly #gateways: readonly Gateway[];

  constructor(name: string, gateways: readonly Gateway[]) {
    this.#name = name;
    this.#gateways = gateways;
  }

  /**
   * The calls so far: the last 10,000 of each gateway, those of one worker in order. A gateway that was lost has forgotten its own.
   *
   * @throws {HeddleError} `NOT_SCRIPTED`.
   */
  async calls(): Promise<readonly ScriptedCall[]> {
    return (await this.#reports()).flatMap((report) => report.calls);
  }

  /**
   * Resolves when the script was played to its end: by every worker that has begun it, and by one at least.
   *
   * @throws {HeddleError} `SCRIPT_INCOMPLETE` that names a worker and how far it came; `NOT_SCRIPTED`.
   */
  async assertComplete(): Promise<void> {
    const reports = await this.#reports();
    const responses = reports[0]?.responses ?? 0;
    const played = new Map<string, number>();
    for (const { workerName, callIndex } of reports.flatMap((report) => report.calls)) {
      played.set(workerName, Math.max(played.get(workerName) ?? 0, callIndex + 1));
    }
    if (played.size === 0) throw this.#incomplete("nobody has played it", 0, responses);
    for (const [worker, count] of played) {
      if (count < responses) throw this.#incomplete(`by worker "${worker}"`, count, responses);
    }
  }

  async #reports(): Promise<readonly ScriptReport[]> {
    const reports = this.#gateways.map((gateway) => gateway.scriptReport(this.#name));
    // One whose thread is lost at this moment has none.
    return (await Promise.all(reports)).filter((report) => report !== undefined) as ScriptReport[];
  }

  #incomplete(who: string, played: number, responses: number): HeddleError {
    return new HeddleError(
      "SCRIPT_INCOMPLETE",
      `the script of "${this.#name}" was not played to its end: ${played} of ${responses} responses, ${who}`,
      { details: { played, responses } },
    );
  }
}
