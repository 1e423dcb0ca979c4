import { AsyncLocalStorage } from "node:async_hooks";
import type { ElicitRequest, ElicitResult } from "@modelcontextprotocol/client";
import { HeddleError } from "../../errors.ts";
import type { Elicitation } from "../../protocol/tool.ts";
import type { ToolContext } from "../../tools/tool.ts";
import type { ElicitAnswer } from "./elicit.ts";

/** What the context of a call is that is carried out beside the supervisor: somebody can be asked something in it. */
export type ElicitingContext = ToolContext & {
  readonly elicit?: (elicitation: Elicitation) => Promise<ElicitAnswer>;
};

/** A call whose server may ask something. */
export type ElicitingCall = Pick<ElicitingContext, "jobId" | "elicit">;

/**
 * Finds the call in which a server asks something: the protocol does not say.
 *
 * 1. Over HTTP a question comes on the stream of its call, so it is handled in what the call has set going.
 * 2. Elsewhere it is that of the only job which has calls under way.
 * 3. Where several have, nobody is asked: one job's question is not for the people of another.
 */
export class ElicitingCalls {
  readonly #server: string;
  readonly #context = new AsyncLocalStorage<ElicitingCall>();
  readonly #open = new Set<ElicitingCall>();

  constructor(server: string) {
    this.#server = server;
  }

  /** Carries a call out: what its server asks meanwhile is asked in it. */
  async during<T>(call: ElicitingCall, work: () => Promise<T>): Promise<T> {
    this.#open.add(call);
    try {
      return await this.#context.run(call, work);
    } finally {
      this.#open.delete(call);
    }
  }

  /** @throws {HeddleError} `INVALID_INPUT` where it cannot be known who is to be asked: the server is told. */
  readonly asked = async ({ params }: ElicitRequest): Promise<ElicitResult> => {
    const call = this.#context.getStore() ?? this.#onlyOne();
    if (!("requestedSchema" in params)) {
      throw new HeddleError("INVALID_INPUT", "only elicitation by form is supported");
    }
    const { message, requestedSchema: schema } = params;
    if (!call.elicit) return { action: "decline" };
    const answer = await call.elicit({ server: this.#server, message, schema: { ...schema } });
    return answer as ElicitResult;
  };

  #onlyOne(): ElicitingCall {
    const last = [...this.#open].at(-1);
    if (last && new Set([...this.#open].map(({ jobId }) => jobId)).size === 1) return last;
    const why = last ? "calls of several jobs are" : "no call is";
    const message = `nobody can be asked: ${why} under way, and the question belongs to none of them`;
    throw new HeddleError("INVALID_INPUT", message);
  }
}
