import process from "node:process";
import type { ConfirmationRequest, Session } from "../../index.ts";
import { LineReader } from "../line-reader.ts";
import type { Streams } from "../output.ts";
import { colorsFor } from "../terminal.ts";
import type { Ask } from "./confirmer.ts";
import { Confirmer } from "./confirmer.ts";
import { terminalAsker } from "./terminal-asker.ts";
import { visible } from "./visible.ts";

type Env = { readonly [name: string]: string | undefined };

export type ConfirmParts = {
  readonly streams: Streams;
  readonly env: Env;
  /** Whether standard input is free for answers. */
  readonly canAsk: boolean;
  /** Who wants to make a call, as a person knows them. */
  readonly nameOf: (request: ConfirmationRequest) => string;
  readonly note: (text: string) => void;
  /** Takes away whatever redraws itself. */
  readonly onHold: () => void;
  readonly onInterrupt: () => void;
};

/** Whether a person can be asked. */
export function isInteractive({ stderr }: Streams): boolean {
  return process.stdin.isTTY && stderr.isTerminal;
}

/** Has the session's tool calls decided on: by a person at the terminal; where there is none, they are denied. */
export function openConfirmer(session: Session, parts: ConfirmParts): void {
  const { streams, env, canAsk, note } = parts;
  const ask =
    canAsk && isInteractive(streams)
      ? terminalAsker({
          ...parts,
          reader: new LineReader(process.stdin, process.stderr),
          colors: colorsFor(streams.stderr, env),
          editor: filled(env["VISUAL"]) ?? filled(env["EDITOR"]),
        })
      : denyAll(note);
  new Confirmer(session, ask).watch();
}

/** Denies each call, and says once of each tool how it could be allowed. */
export function denyAll(note: (text: string) => void): Ask {
  const told = new Set<string>();
  return async ({ toolName, elicitation }) => {
    if (elicitation) {
      note(`${visible(elicitation.server)} asks something, and nobody is at a terminal to answer`);
      return { type: "decided", decision: { deny: NOBODY }, always: false };
    }
    if (!told.has(toolName)) {
      note(`${visible(toolName)} is denied: it needs approval, and ${NO_TERMINAL}`);
      told.add(toolName);
    }
    return { type: "decided", decision: { deny: NO_TERMINAL }, always: false };
  };
}

const NOBODY = "nobody is at a terminal to answer";
const NO_TERMINAL = "there is no terminal to ask on; --confirm allow approves without asking";

function filled(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === "" ? undefined : text;
}
