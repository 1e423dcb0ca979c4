import type { OpenAPIHono } from "@hono/zod-openapi";
import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { WorkerJob } from "../../index.ts";
import { HeddleError } from "../../index.ts";
import type { AppEnv, AppParts } from "../app-env.ts";
import { events, jsonBody, refused } from "../app-env.ts";
import type { TenantDesk } from "../tenant-desk.ts";
import { answersOf } from "./approvals.ts";
import { Chats } from "./chats.ts";
import { toMessages } from "./to-messages.ts";
import { UIEncoder } from "./ui-encoder.ts";
import { invalid, UIMessageShape } from "./ui-message.ts";

const HEADERS = { "x-vercel-ai-ui-message-stream": "v1" };

const ChatId = z.string().min(1).max(256);
const Params = z.object({ id: ChatId });

const postChat = createRoute({
  method: "post",
  path: "/api/chat",
  summary:
    "Answers a conversation of the AI SDK, or goes on with a turn that has waited for approvals.",
  request: jsonBody(
    z.looseObject({
      id: ChatId,
      messages: z.array(UIMessageShape).min(1),
      trigger: z.enum(["submit-message", "regenerate-message"]).optional(),
      messageId: z.string().nullish(),
      agent: z.string().optional(),
    }),
  ),
  responses: {
    200: events("A UI message stream. A client that leaves it cancels nothing."),
    ...refused,
  },
});

const getStream = createRoute({
  method: "get",
  path: "/api/chat/{id}/stream",
  summary: "The answer that is being given, from its beginning.",
  request: { params: Params },
  responses: {
    200: events("A UI message stream."),
    204: { description: "Nothing is going on that a client does not know of." },
    ...refused,
  },
});

const cancelTurn = createRoute({
  method: "post",
  path: "/api/chat/{id}/cancel",
  summary: "Stops the turn that runs. Answers when nothing of it runs any more.",
  request: { params: Params },
  responses: { 204: { description: "Nothing runs." }, ...refused },
});

/** The AI SDK's UI message stream, under `/api/chat`. */
export function uiRoutes(app: OpenAPIHono<AppEnv>, { views, agents }: AppParts): void {
  const chatsOf = chatsByDesk();

  /** `answered`: the client knows what was before it was asked for these approvals. */
  function respond(
    c: Context<AppEnv>,
    id: string,
    job: WorkerJob,
    answered: readonly string[] = [],
  ) {
    const desk = c.get("desk");
    const chats = chatsOf(desk);
    const isPending = (approvalId: string) => chats.isPending(approvalId);
    const { states } = desk;
    const encoder = new UIEncoder({ job, states, isPending, answered });
    const onDelivered = () => chats.told(id, job, encoder.waiting);
    return views.respond(c, { desk, job, encoder, headers: HEADERS, onDelivered });
  }

  app.openapi(postChat, (c) => {
    const { id, messages, agent } = c.req.valid("json");
    const desk = c.get("desk");
    const chats = chatsOf(desk);
    const answers = answersOf(messages);
    if (answers) {
      views.checkRoom(desk);
      const answered = answers.map(({ approvalId }) => approvalId);
      return respond(c, id, chats.answer(id, answers), answered);
    }
    const name = agent ?? onlyOne(agents);
    const conversation = toMessages(messages, desk.states);
    views.checkRoom(desk);
    return respond(c, id, chats.begin(id, name, conversation));
  });

  app.openapi(getStream, (c) => {
    const { id } = c.req.valid("param");
    const job = chatsOf(c.get("desk")).untold(id);
    return job ? respond(c, id, job) : c.body(null, 204);
  });

  app.openapi(cancelTurn, async (c) => {
    const job = chatsOf(c.get("desk")).turn(c.req.valid("param").id);
    if (!job) throw new HeddleError("NOT_FOUND", "no such chat, or none with a turn that is kept");
    await job.cancel("cancelled by the client");
    return c.body(null, 204);
  });
}

function chatsByDesk(): (desk: TenantDesk) => Chats {
  const known = new WeakMap<TenantDesk, Chats>();
  return (desk) => {
    const chats = known.get(desk) ?? new Chats(desk);
    known.set(desk, chats);
    return chats;
  };
}

/** @throws {HeddleError} `INVALID_INPUT` where there are several. */
function onlyOne(agents: AppParts["agents"]): string {
  const names = [...agents.keys()];
  const [name] = names;
  if (name !== undefined && names.length === 1) return name;
  throw invalid("agent", `must be one of ${names.map((one) => `"${one}"`).join(", ")}`);
}
