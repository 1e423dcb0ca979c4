import { HeddleError, toWireError } from "../errors.ts";
import type { GatewayCommand, GatewayReport } from "../protocol/gateway-messages.ts";
import type { ProviderSpec } from "../protocol/provider.ts";
import type { CallMessage } from "../transport/calls.ts";
import { exposeMethods } from "../transport/calls.ts";
import { systemClock } from "../transport/clock.ts";
import { takeOwnPort } from "../transport/own-port.ts";
import { GatewayRequest } from "./gateway-request.ts";
import { loadProvider } from "./load-provider.ts";
import type { ModelProvider } from "./model-provider.ts";
import { Outbox } from "./outbox.ts";
import type { ScriptReport } from "./scripted/report.ts";
import { reportOf } from "./scripted/report.ts";

/** What the supervisor can call in a gateway thread. */
export type GatewayMethods = {
  /** Loads the providers, all of them or none. Called once, before any request. */
  load(specs: readonly ProviderSpec[]): Promise<void>;
  scriptReport(provider: string): ScriptReport;
  /** Lets the providers close what they hold. */
  close(): Promise<void>;
};

type LoadedProvider = { readonly provider: ModelProvider; readonly spec: ProviderSpec };

const port = takeOwnPort();
const providers = new Map<string, LoadedProvider>();
const requests = new Map<number, GatewayRequest>();
const outbox = new Outbox(systemClock, (frame) => post({ type: "frame", ...frame }));
const methods: GatewayMethods = { load, scriptReport, close };
const onCall = exposeMethods(methods, post);

port.on("message", (message: GatewayCommand | CallMessage) => {
  switch (message.type) {
    case "call":
      onCall(message.body);
      break;
    case "reply":
      break;
    case "request":
      void serve(message);
      break;
    case "retry":
      requests.get(message.requestId)?.retry();
      break;
    case "cancel":
      requests.get(message.requestId)?.cancel(new HeddleError("JOB_CANCELLED", message.reason));
      break;
    case "demand":
      for (const [i, requestId] of message.requestIds.entries()) {
        requests.get(requestId)?.demand(message.bytes[i] ?? 0);
      }
      break;
    case "ping":
      post({ type: "pong" });
      break;
    case "acknowledge":
      outbox.acknowledge(message.frames);
      break;
    default:
      message satisfies never;
  }
});

function post(message: GatewayReport | CallMessage): void {
  port.postMessage(message);
}

async function load(specs: readonly ProviderSpec[]): Promise<void> {
  for (const spec of specs) {
    providers.set(spec.name, { provider: await loadProvider(spec), spec });
  }
}

/** Every request is answered exactly once, after its last chunk. */
async function serve(command: Extract<GatewayCommand, { type: "request" }>): Promise<void> {
  const { requestId } = command;
  let request: GatewayRequest | undefined;
  try {
    const loaded = providers.get(command.provider);
    if (!loaded) throw new HeddleError("UNKNOWN_PROVIDER", `no provider "${command.provider}"`);
    request = new GatewayRequest({
      ...command,
      provider: loaded.provider,
      owner: {
        provider: command.provider,
        model: command.request.settings.name ?? loaded.provider.defaultModel ?? "",
      },
      retry: loaded.spec.retry,
      outbox,
      clock: systemClock,
      onWaiting: (error, delayMs) =>
        post({ type: "waiting", requestId, delayMs, error: toWireError(error) }),
      onExpired: (error) => post({ type: "expired", requestId, error: toWireError(error) }),
    });
    requests.set(requestId, request);
    const response = await request.run();
    outbox.flush();
    post({ type: "responded", requestId, response });
  } catch (error) {
    outbox.flush();
    const { stepLeftMs } = request ?? {};
    const left = stepLeftMs === undefined ? {} : { stepLeftMs };
    post({ type: "failed", requestId, error: toWireError(error, "PROVIDER_FAILED"), ...left });
  } finally {
    requests.delete(requestId);
  }
}

function scriptReport(name: string): ScriptReport {
  return reportOf(providers.get(name)?.provider, name);
}

async function close(): Promise<void> {
  await Promise.allSettled([...providers.values()].map(async ({ provider }) => provider.close?.()));
}
