/** A worker, as others speak of it. */
export type WorkerRef = { readonly id: string; readonly name: string };

/** The message to the handler `down` of whoever watches a worker that has ended. */
export type Down = WorkerRef & {
  /** `normal`, `stopped`, or the code of its failure. */
  readonly reason: string;
};

/** A behaviour of which only the shape is known: what its handlers take and give types those who call it. */
export type AnyBehavior = {
  readonly receive: {
    readonly [name: string]: (state: never, message: never, ctx: never) => unknown;
  };
};

/** A behaviour of which nothing is known. */
export type UntypedBehavior = {
  readonly receive: {
    readonly [name: string]: (state: unknown, message: unknown, ctx: unknown) => unknown;
  };
};

export type MessageName<B extends AnyBehavior> = keyof B["receive"] & string;

/** What handler `K` takes. */
export type MessageOf<B extends AnyBehavior, K extends MessageName<B>> = B["receive"][K] extends (
  state: never,
  message: infer M,
  ...rest: never[]
) => unknown
  ? M
  : never;

/** What handler `K` replies. */
export type ReplyOf<B extends AnyBehavior, K extends MessageName<B>> = ReplyIn<
  Awaited<ReturnType<B["receive"][K]>>
>;

type ReplyIn<D> = unknown extends D ? unknown : D extends { readonly reply: infer R } ? R : never;

/** The message and the options of a call; a handler that looks at no message needs none. */
export type MessageArguments<M, O> = unknown extends M
  ? [message?: unknown, options?: O]
  : [message: M, options?: O];

/** How a behaviour begins to run on a thread: anew, or where it was when it was parked. */
export type BehaviorStart = {
  readonly moduleUrl: string;
  readonly self: WorkerRef;
  readonly context: { readonly [name: string]: unknown };
  readonly parked?: { readonly state: unknown };
};

/** A message, as the actor gets it. */
export type Delivery = { readonly name: string; readonly message: unknown };

/** What a handler has decided. A handler that throws decides nothing: its actor has crashed. */
export type HandlerOutcome =
  | { readonly type: "unknown" }
  | { readonly type: "became"; readonly reply: Reply }
  | { readonly type: "stopped"; readonly reason: string; readonly reply: Reply };

/** A reply that cannot be cloned is told apart from one: its asker hears why. */
export type Reply = { readonly ok: true; readonly value: unknown } | { readonly ok: false };

/** What a parked behaviour goes on with; not `ok`: it cannot be cloned. */
export type Snapshot = { readonly ok: true; readonly state: unknown } | { readonly ok: false };

/** What the supervisor can call in the thread of a behaviour. */
export type BehaviorCalls = {
  /** Settles when the behaviour has begun. */
  load(start: BehaviorStart): Promise<void>;
  handle(delivery: Delivery): Promise<HandlerOutcome>;
  /** Only between two messages. */
  snapshot(): Promise<Snapshot>;
};

/** What a behaviour asks of its supervisor. A target is the id or the name of a worker in the session. */
export type ActorRequest =
  | ({ readonly type: "tell"; readonly to: string } & Delivery)
  | ({ readonly type: "ask"; readonly to: string; readonly timeoutMs?: number } & Delivery)
  | ({
      readonly type: "tell-after";
      readonly timer: number;
      readonly ms: number;
      readonly to: string;
    } & Delivery)
  | { readonly type: "cancel-timer"; readonly timer: number }
  | { readonly type: "spawn"; readonly options: { readonly behavior: string } }
  | { readonly type: "watch"; readonly to: string }
  /** Answered in a later turn: whoever waits for it does not flood. */
  | { readonly type: "sync" };
