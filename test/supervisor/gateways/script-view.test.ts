import { describe, expect, test } from "vitest";
import type { Gateway } from "../../../src/supervisor/gateways/gateway.ts";
import { ScriptView } from "../../../src/supervisor/gateways/script-view.ts";

const gatewayThatSays = (report: unknown) =>
  ({ scriptReport: async () => report }) as unknown as Gateway;
const call = { workerId: "w", workerName: "w", jobId: "j", callIndex: 0 };
const played = gatewayThatSays({ calls: [call], responses: 1 });
const lost = gatewayThatSays(undefined);

describe("ScriptView", () => {
  test("a gateway without a thread has forgotten its calls; those of the others are there", async () => {
    expect(await new ScriptView("main", [lost, played]).calls()).toEqual([call]);
    expect(await new ScriptView("main", [lost]).calls()).toEqual([]);
  });

  test("what only a lost gateway was asked has been played by nobody", async () => {
    await expect(new ScriptView("main", [lost]).assertComplete()).rejects.toMatchObject({
      code: "SCRIPT_INCOMPLETE",
    });
    await new ScriptView("main", [lost, played]).assertComplete();
  });
});
