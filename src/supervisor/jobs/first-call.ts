import type { Message } from "../../protocol/model.ts";
import type { ActorThread } from "../threads/actor-thread.ts";
import type { Steering } from "../workers/steering.ts";
import type { Job } from "./job.ts";
import type { ModelSteps } from "./model-steps.ts";

export type FirstCallOptions = {
  readonly job: Job;
  readonly model: ModelSteps;
  readonly steering: Steering;
  /** The actor's. */
  readonly thread: ActorThread;
  /** What came before the job, and its input. */
  readonly question: readonly Message[];
};

/**
 * Makes the first model call of a job in its actor's place, which sleeps until the model wants something of it. That spares the job two wakes
 * of a thread, and the conversation the way there and back.
 *
 * Resolves when the response is there and checked, or the job was stopped. A call that is left, because of a stop or because the thread
 * has ended, goes on by itself: the job does not settle before its end (`ModelSteps.idle`).
 *
 * @throws {HeddleError} why there is no response; what the thread has ended with before there was one.
 */
export async function askFirst(options: FirstCallOptions): Promise<void> {
  const { job, thread } = options;
  const stopped = Promise.withResolvers<void>();
  job.onStopped(stopped.resolve);
  await Promise.race([thread.alongside(() => ask(options)), stopped.promise]);
}

/** As the actor's loop would: what the user has said before is in it. */
async function ask({ job, model, steering, question }: FirstCallOptions): Promise<void> {
  const said = [...steering.waiting];
  const spoken = said.map((content): Message => ({ role: "user", content }));
  const messages = [...question, ...job.tally.completed(), ...spoken];
  await model.ask({ jobId: job.id, messages, steered: said.length });
}
