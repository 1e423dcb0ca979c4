import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";

/** A model server in a process of its own. */
export type ForkedServer = AsyncDisposable & {
  readonly url: string;
  tell(message: { readonly [name: string]: unknown }): void;
  /** The next thing that the server says by that name. */
  hears(name: string): Promise<number>;
};

/** Starts `module`, a file of this directory. */
export async function forkServer(module: string): Promise<ForkedServer> {
  const server = fork(new URL(`./${module}.ts`, import.meta.url));
  const port = await hears(server, "port");
  return {
    url: `http://127.0.0.1:${port}`,
    tell: (message) => void server.send(message),
    hears: (name) => hears(server, name),
    [Symbol.asyncDispose]: async () => {
      const exit = once(server, "exit");
      server.disconnect();
      await exit;
    },
  };
}

/** Fails when the server ends before. */
function hears(server: ChildProcess, name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const look = (message: unknown): void => {
      const figure = (message as { readonly [name: string]: number })[name];
      if (figure === undefined) return;
      forget();
      resolve(figure);
    };
    const fail = (): void => {
      forget();
      reject(new Error(`the model server has ended before it said "${name}"`));
    };
    const forget = (): void => {
      server.off("message", look).off("exit", fail);
    };
    server.on("message", look).on("exit", fail);
  });
}
