import type { OpenAPIHono } from "@hono/zod-openapi";
import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { AppEnv, AppParts } from "../app-env.ts";
import { jsonBody, refused } from "../app-env.ts";
import type { AnswerOptions } from "./answer.ts";
import { Answer } from "./answer.ts";
import { ChunkEncoder } from "./chunk-encoder.ts";
import type { WireCompletion } from "./completion.ts";
import { completionOf } from "./completion.ts";
import { endingOf } from "./ending.ts";
import { modelRoutes } from "./models.ts";
import { refuseBody } from "./refuse.ts";
import { ChatRequestShape } from "./request-shape.ts";

const LEFT = "the client has left";

const createCompletion = createRoute({
  method: "post",
  path: "/v1/chat/completions",
  summary: "Has an agent answer a conversation, as OpenAI's API has a model answer it.",
  description:
    "Closing the connection cancels the answer. A stream is answered with 200 when there is something to show, or after 2 s: what fails before that has its own status.",
  request: jsonBody(ChatRequestShape),
  responses: {
    200: {
      description: "A `chat.completion`; with `stream`, `chat.completion.chunk`s and `[DONE]`.",
      content: {
        "application/json": { schema: z.looseObject({ id: z.string() }).openapi("ChatCompletion") },
        "text/event-stream": { schema: z.string() },
      },
    },
    ...refused,
  },
});

/** OpenAI's API: `/v1/chat/completions` and `/v1/models`. An agent's name is the model's. */
export function openaiRoutes(app: OpenAPIHono<AppEnv>, parts: AppParts): void {
  modelRoutes(app, parts);
  app.openapi(
    createCompletion,
    async (c) => {
      const request = c.req.valid("json");
      const desk = c.get("desk");
      const { signal } = c.req.raw;
      const options = { desk, request, signal, approvals: parts.openaiApprovals };
      if (request.stream) return await streamed(c, options, parts);
      return c.json(await whole(options), 200);
    },
    (result) => {
      if (!result.success) refuseBody(result.error.issues);
    },
  );
}

/** @throws {HeddleError} what the job has failed with. */
async function whole(options: AnswerOptions): Promise<WireCompletion> {
  const answer = new Answer(options);
  const outcome = await answer.job.outcome;
  return completionOf(answer, endingOf(outcome, answer));
}

/** @throws {HeddleError} `LIMIT_REACHED`; what the job has failed with before it had anything to show. */
async function streamed(
  c: Context<AppEnv>,
  options: AnswerOptions,
  { views }: AppParts,
): Promise<Response> {
  const { desk, request } = options;
  views.checkRoom(desk);
  const answer = new Answer(options);
  const { job } = answer;
  try {
    if (await answer.hasEndedUnseen()) endingOf(await job.outcome, answer);
    const encoder = new ChunkEncoder(answer, request.stream_options?.include_usage === true);
    return views.respond(c, { desk, job, encoder, onLeft: () => void job.cancel(LEFT) });
  } catch (error) {
    void job.cancel(LEFT);
    throw error;
  }
}
