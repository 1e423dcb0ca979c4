import type { ChatInit, UIMessage } from "ai";
import { lastAssistantMessageIsCompleteWithApprovalResponses } from "ai";
import { expect, vi } from "vitest";
import type { ScriptedResponse, Session } from "../../src/index.ts";
import { defineTool } from "../../src/index.ts";
import type { ServedApp } from "./server-app.ts";
import { serveApp } from "./server-app.ts";
import { startScripted } from "./supervisors.ts";
import { guarded } from "./tools.ts";
import type { UIChat } from "./ui-chat.ts";
import { gate, UIClient } from "./ui-chat.ts";

export const SEND = { name: "send", args: { to: "bob" } };
export const AUTOMATIC = {
  id: "a",
  sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
} satisfies Omit<ChatInit<UIMessage>, "transport">;

export type Served = ServedApp & {
  readonly supervisor: Awaited<ReturnType<typeof startScripted>>["supervisor"];
  /** What the tool was called with. */
  readonly called: unknown[];
  /** Of alice, once she was here. */
  readonly session: () => Session;
  /** Opens the gate. */
  readonly open: () => void;
};

/** An app whose agent has `send`, which needs approval, and `look` and the `gate`, which do not. */
export async function serveGuarded(
  responses: readonly ScriptedResponse[] = [
    { text: "I will send it.", toolCalls: [SEND] },
    { text: "It was sent." },
  ],
): Promise<Served> {
  const called: unknown[] = [];
  const { supervisor } = await startScripted(responses);
  const opened = vi.spyOn(supervisor, "openSession");
  const look = defineTool({
    name: "look",
    parameters: { type: "object" },
    execute: () => "seen",
  });
  const { tool, open } = gate();
  const hostTools = [...(guarded(called).hostTools ?? []), look, tool];
  const served = await serveApp({ supervisor, agents: { helper: { hostTools } } });
  const session = () => opened.mock.results[0]?.value as Session;
  return { ...served, supervisor, called, session, open };
}

/** The approvals that the last message asks for. */
export function asked({ lastParts }: UIChat): string[] {
  return lastParts.flatMap((part) =>
    part.type === "dynamic-tool" && part.state === "approval-requested" ? [part.approval.id] : [],
  );
}

export async function settled(chat: UIChat, text: string): Promise<void> {
  await vi.waitFor(
    () => {
      expect(chat.text).toContain(text);
      expect(chat.status).toBe("ready");
    },
    { timeout: 30_000 },
  );
}

/** A client at the question. */
export async function chatThatAsks(served: Served): Promise<UIChat> {
  const chat = new UIClient(served).chat(AUTOMATIC);
  await chat.sendMessage({ text: "send it" });
  expect(asked(chat)).toHaveLength(1);
  return chat;
}
