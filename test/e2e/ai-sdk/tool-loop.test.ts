import { describe, expect, test } from "vitest";
import type { JobEvent } from "../../../src/index.ts";
import { NATIVES, nativeProvider } from "../../support/ai-sdk.ts";
import { startSupervisor } from "../../support/supervisors.ts";
import { ThinkingServer } from "../../support/thinking-servers.ts";
import { add, turnsOf } from "../../support/thinking-turns.ts";

describe.for(NATIVES)("$name", (native) => {
  test("a tool loop of three steps: what a response came with goes back with it, verbatim, in its order", async () => {
    await using server = await ThinkingServer.start(native.dialect, turnsOf(native));
    const providers = { main: nativeProvider(native, server.url) };
    const session = (await startSupervisor({ providers })).openSession();
    const agent = session.createWorker({ hostTools: [add], model: native.thinking });
    const job = session.run(agent, { prompt: "Add them all." });
    const events: JobEvent[] = [];
    for await (const event of job.events()) events.push(event);
    expect(await job.wait()).toMatchObject({ text: "It is 21.", steps: 3, finishReason: "stop" });
    expect(events.filter(({ type }) => type === "warning")).toEqual([]);
    // The next job of the same worker, too.
    const next = await session.run(agent, { prompt: "Thanks." }).wait();
    expect(next.text).toBe("You are welcome.");
    expect(server.bodies).toHaveLength(4);
  });

  test("another provider's agent goes on with the conversation, and its own state stays at home", async () => {
    await using server = await ThinkingServer.start(native.dialect, turnsOf(native));
    const providers = {
      main: nativeProvider(native, server.url),
      other: nativeProvider(native, server.url),
    };
    const session = (await startSupervisor({ providers })).openSession();
    const agent = session.createWorker({
      provider: "main",
      hostTools: [add],
      model: native.thinking,
    });
    await session.run(agent, { prompt: "Add them all." }).wait();
    const heir = session.createWorker({
      provider: "other",
      transcript: agent.transcript,
      hostTools: [add],
      model: native.thinking,
    });
    // The server wants what it has made; to it this is somebody who has lost it.
    const error = await session
      .run(heir, { prompt: "Thanks." })
      .wait()
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "PROVIDER_BAD_REQUEST" });
    expect(JSON.stringify(server.bodies.at(-1))).not.toContain("SIG-");
    expect(JSON.stringify(server.bodies.at(-2))).toContain(
      native.name === "Mistral" ? "first" : "SIG-",
    );
  });
});
