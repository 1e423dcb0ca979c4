import type { OpenAPIHono } from "@hono/zod-openapi";
import { createRoute, z } from "@hono/zod-openapi";
import type { ToolDecision } from "../../index.ts";
import { HeddleError } from "../../index.ts";
import type { AppEnv } from "../app-env.ts";
import { json, jsonBody, refused } from "../app-env.ts";
import { given } from "../given.ts";
import { IdParam } from "./inputs.ts";

const KINDS = ["approve", "deny", "edit", "accept", "cancel"] as const;

const Elicitation = z
  .object({
    server: z.string(),
    message: z.string(),
    schema: z.record(z.string(), z.unknown()).openapi({
      description: "The fields of the answer, as a JSON Schema of a flat object.",
    }),
  })
  .openapi("Elicitation", {
    description: "What the call's MCP server asks. It is the server's word, and nobody else's.",
  });

const Confirmation = z
  .object({
    elicitation: Elicitation.optional().openapi({
      description:
        "The call is under way, and its server asks this. Left out: whether it may be carried out is asked.",
    }),
    confirmationId: z.string(),
    jobId: z.string(),
    parentId: z.string().optional(),
    workerId: z.string(),
    workerName: z.string(),
    toolCallId: z.string(),
    toolName: z.string(),
    args: z.unknown().openapi({ description: "Exactly what it is to be called with." }),
    expiresAtMs: z.number().optional().openapi({
      description: "Unix time in ms. Left out: it can wait for ever.",
    }),
  })
  .openapi("Confirmation");

const Decision = z
  .strictObject({
    approve: z.literal(true).optional(),
    deny: z.string().min(1).max(4_096).optional().openapi({ description: "Why, for the model." }),
    edit: z.unknown().optional().openapi({
      description:
        "To be carried out with these arguments in place of the model's, if the tool takes them.",
    }),
    accept: z.record(z.string(), z.unknown()).optional().openapi({
      description:
        "Of an elicitation: the answer. A field that is left out has its default. `approve` is the same as an answer of defaults.",
    }),
    cancel: z.literal(true).optional().openapi({
      description:
        "Of an elicitation: it is closed without an answer. `deny` says that there will be none.",
    }),
    remember: z.literal("session").optional().openapi({
      description:
        "Calls of the same tool by workers of the same name are decided alike: those that wait already, and later ones. An edit is never remembered.",
    }),
  })
  .openapi("Decision", { oneOf: KINDS.map((kind) => ({ required: [kind] })) });

const listConfirmations = createRoute({
  method: "get",
  path: "/api/confirmations",
  summary:
    "The tool calls of the tenant that wait for a decision or for an answer, the oldest first.",
  responses: {
    200: json("The calls.", z.object({ confirmations: z.array(Confirmation) })),
    ...refused,
  },
});

const decide = createRoute({
  method: "post",
  path: "/api/confirmations/{id}",
  summary:
    "Decides on a tool call that waits: exactly one of `approve`, `deny` and `edit`; on an elicitation one of `accept`, `deny` and `cancel`.",
  request: { params: IdParam, ...jsonBody(Decision) },
  responses: {
    204: {
      description: "It is decided. The first decision counts; later ones are answered with 404.",
    },
    ...refused,
  },
});

export function confirmationRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(listConfirmations, (c) => {
    const confirmations = c.get("desk").confirmations.map((request) => ({
      ...request,
      args: request.args,
    }));
    return c.json({ confirmations }, 200);
  });
  app.openapi(decide, (c) => {
    const { remember, ...decision } = c.req.valid("json");
    const { id } = c.req.valid("param");
    c.get("desk").session.decide(id, decisionOf(decision), given({ remember }));
    return c.body(null, 204);
  });
}

/** @throws {HeddleError} `INVALID_INPUT` for none, and for more than one. */
function decisionOf(given: Partial<Record<(typeof KINDS)[number], unknown>>): ToolDecision {
  const [kind, ...more] = KINDS.filter((name) => Object.hasOwn(given, name));
  if (kind === undefined || more.length > 0) {
    const message = "the body must have exactly one of approve, deny, edit, accept and cancel";
    throw new HeddleError("INVALID_INPUT", message, { details: { field: more[0] ?? "approve" } });
  }
  return { [kind]: given[kind] } as unknown as ToolDecision;
}
