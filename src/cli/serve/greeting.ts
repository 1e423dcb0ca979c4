import { visible } from "../confirm/visible.ts";
import { describeChoice } from "../provider-choice.ts";
import type { Colors } from "../terminal.ts";
import { isLoopback } from "./arguments.ts";
import type { PreparedServe } from "./prepare-serve.ts";

/** What whoever has started the server is told: where it is, who is there, and how to try it. */
export function greeting(prepared: PreparedServe, url: string, colors: Colors): string {
  const { access, agents, choice } = prepared;
  const told = access.type === "token" && access.isNew;
  const rows = [
    ["model", describeChoice(choice)],
    ["agents", Object.keys(agents).map(visible).join(", ")],
    [
      "token",
      told ? `${access.token} (until it ends; HEDDLE_TOKEN sets one)` : tokenWords(prepared),
    ],
    ["docs", `${url}/api/openapi.json`],
    ...unknownNames(prepared).map((words) => ["hosts", words]),
  ];
  const lines = rows.map(([name = "", text]) => `  ${colors.dim(name.padEnd(8))}${text}`);
  const head = `heddle: listening on ${colors.bold(url)}`;
  return `${[head, ...lines, "", `  ${curlLine(prepared, url)}`, ""].join("\n")}\n`;
}

/** The same for a program. A token that was given is not told. */
export function greetingJson(prepared: PreparedServe, url: string): string {
  const { access, agents } = prepared;
  const token = access.type === "token" && access.isNew ? { token: access.token } : {};
  const docs = `${url}/api/openapi.json`;
  const curl = curlLine(prepared, url);
  return `${JSON.stringify({ url, agents: Object.keys(agents), ...token, docs, curl })}\n`;
}

/** A line for a POSIX shell that asks the first agent and shows the answer as it comes. */
function curlLine({ access, agents }: PreparedServe, url: string): string {
  const [model = "default"] = Object.keys(agents);
  const body = JSON.stringify({
    model,
    stream: true,
    messages: [{ role: "user", content: "Who are you?" }],
  });
  const token =
    access.type === "open"
      ? ""
      : ` -H ${access.isNew ? quoted(`authorization: Bearer ${access.token}`) : '"authorization: Bearer $HEDDLE_TOKEN"'}`;
  return `curl -N ${url}/v1/chat/completions${token} -H 'content-type: application/json' -d ${quoted(body)}`;
}

function tokenWords({ access }: PreparedServe): string {
  return access.type === "open" ? "none is needed" : "that of HEDDLE_TOKEN";
}

/** Whoever calls the server by a name that it does not know is refused. */
function unknownNames({ options: { host, allowHosts } }: PreparedServe): string[] {
  if (isLoopback(host) || allowHosts.length > 0) return [];
  return [
    "only localhost, 127.0.0.1 and [::1]: requests to any other name are refused, see --allow-host",
  ];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
