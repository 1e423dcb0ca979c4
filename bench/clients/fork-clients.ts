import { fork } from "node:child_process";
import { once } from "node:events";

/** Clients in a process of their own: they are given one task, and have one answer, which is checked there. */
export async function runClients<Task extends object, Answer>(
  module: string,
  task: Task,
): Promise<Answer> {
  const clients = fork(new URL(`./${module}.ts`, import.meta.url), { serialization: "advanced" });
  const exit = once(clients, "exit");
  const answer = once(clients, "message");
  clients.send(task);
  const ended = exit.then(([code]) => {
    throw new Error(`the clients have ended with ${code} before they answered`);
  });
  const [message] = await Promise.race([answer, ended]);
  clients.disconnect();
  await exit;
  return message as Answer;
}

/** In the clients' process: does what it was forked for, and ends when the answer was taken. */
export function serveTask<Task, Answer>(perform: (task: Task) => Promise<Answer>): void {
  process.once("message", async (task: Task) => {
    process.send?.(await perform(task));
  });
  process.once("disconnect", () => process.exit(0));
}
