import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import type { McpStdioServer } from "../../tools/mcp/descriptor.ts";
import { happensWithin } from "../../transport/aborted.ts";
import type { Clock } from "../../transport/clock.ts";

/** How long a server may take to end when its input has ended, and again when it was told to by SIGTERM. */
const GRACE_MS = 1_000;
/** How long a process may take to die of SIGKILL, or its output to end after it. */
const KILL_MS = 2_000;
const TAIL_CHARACTERS = 4_096;
const TAIL_LINES = 10;

/** Where programs and files are, who the user is, the locale; how to reach the network. Under Windows names are not case-sensitive. */
const INHERITED: RegExp = new RegExp(
  `^(?:${[
    "PATH|HOME|USER|LOGNAME|SHELL|TERM|TZ",
    "LANG|LANGUAGE|LC_[A-Z]+",
    "TMPDIR|TEMP|TMP|XDG_(?:CACHE|CONFIG|DATA|STATE)_HOME|XDG_RUNTIME_DIR",
    "HTTP_PROXY|HTTPS_PROXY|ALL_PROXY|NO_PROXY|NODE_USE_ENV_PROXY",
    "NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE",
    "SYSTEMROOT|SYSTEMDRIVE|WINDIR|PATHEXT|COMSPEC|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES|USERPROFILE|USERNAME",
  ].join("|")})$`,
  "i",
);

/** Processes that are there, so that none outlives this one. */
const living = new Set<ServerProcess>();

const killAll = (): void => {
  for (const server of living) server.kill("SIGKILL");
};

/**
 * A server's process, leader of a group of its own.
 *
 * It has no more of this process's environment than `INHERITED` names. It does not keep this process alive, and is killed when this
 * process ends by itself; if this process is killed, the server sees the end of its input. What of its group is left when it has ended, is killed.
 */
export class ServerProcess {
  /** Resolves when it has ended and its output was read. */
  readonly ended: Promise<void>;
  readonly child: ChildProcessWithoutNullStreams;
  readonly #clock: Clock;
  readonly #exited: Promise<void>;
  #stderr = "";

  private constructor(child: ChildProcessWithoutNullStreams, clock: Clock) {
    this.child = child;
    this.#clock = clock;
    child.unref();
    for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as Socket).unref();
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-TAIL_CHARACTERS);
    });
    // A write to a process that has ended is told by its exit; that it could not be started, by `start`.
    child.stdin.on("error", () => {});
    child.on("error", () => {});
    const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
    this.#exited = new Promise((resolve) => child.once("exit", () => resolve()));
    this.ended = this.#exited.then(() => this.#bury(closed));
  }

  /** Rejects with the system's error if it cannot be started. */
  static async start(
    { command, args = [], env, cwd }: McpStdioServer,
    clock: Clock,
  ): Promise<ServerProcess> {
    const child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...inheritedEnvironment(), ...env },
      detached: true,
      windowsHide: true,
    });
    const server: ServerProcess = new ServerProcess(child, clock);
    await once(child, "spawn");
    if (living.size === 0) process.on("exit", killAll);
    living.add(server);
    return server;
  }

  /** The last lines that it has written to its standard error. */
  get lastLines(): string {
    return this.#stderr.trim().split("\n").slice(-TAIL_LINES).join("\n");
  }

  /** Signals the group: what the server has started, too. */
  kill(signal: NodeJS.Signals): void {
    const { pid } = this.child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // No group has this id: all have ended, or the system has no groups.
      this.child.kill(signal);
    }
  }

  /** Ends it: by the end of its input, then SIGTERM, then SIGKILL. Keeps this process alive until then. */
  async stop(): Promise<void> {
    this.child.ref();
    this.child.stdin.end();
    if (await happensWithin(this.#clock, GRACE_MS, this.#exited)) return await this.ended;
    this.kill("SIGTERM");
    if (await happensWithin(this.#clock, GRACE_MS, this.#exited)) return await this.ended;
    this.kill("SIGKILL");
    await happensWithin(this.#clock, KILL_MS, this.ended);
  }

  /** Somebody else may have its output: then that never ends. */
  async #bury(closed: Promise<void>): Promise<void> {
    this.kill("SIGKILL");
    living.delete(this);
    if (living.size === 0) process.off("exit", killAll);
    await happensWithin(this.#clock, KILL_MS, closed);
    this.child.stdout.destroy();
    this.child.stderr.destroy();
  }
}

/** What a server is to have of this process's environment: nothing that holds a key by custom. */
function inheritedEnvironment(): { readonly [name: string]: string } {
  const known = Object.entries(process.env).filter(([name]) => INHERITED.test(name));
  return Object.fromEntries(known) as { readonly [name: string]: string };
}
