/** The beginning of `heddle serve --help`. */
export const SERVE_HEAD = `heddle serve: agents behind an HTTP server.

Usage:
  heddle serve [options]                       one agent, "default"
  heddle serve --agents agents.js --port 80 --host 0.0.0.0 --allow-host example.org
  heddle serve --provider scripted             a demonstration without a model`;

/** Its end. */
export const SERVE_TAIL = `Under /api is Heddle's own API (GET /api/openapi.json describes it), under /v1 OpenAI's chat
completions, under /api/chat the AI SDK's UI message stream; /healthz, /readyz and /metrics are for
whoever runs it. An agent's name is the model's name under /v1.

Clients send a token: that of HEDDLE_TOKEN, of 16 characters or more, or else one that is made at
each start. It is told once, on standard error, with a command line to try it. Whoever has it may
do all that the agents may do.

A tool that needs approval waits for a client to decide (--confirm allow approves all). Under /v1
nobody can be asked: there it is denied.

On standard output is the log, a JSON object on each line, without texts of conversations, tokens
and keys: requests, jobs, and what goes wrong. Whoever wants it pretty pipes it through pino-pretty.

SIGTERM or Ctrl-C: /readyz says 503, nothing new is begun (503, DRAINING), running jobs may end
within --drain and are cancelled then; each stream ends with the end of its job. A second signal
ends at once.

Needs the packages hono, @hono/node-server, @hono/zod-openapi, zod, pino and prom-client beside
heddle.

Exit codes:
  0    ended by a signal, in good order
  1    it cannot listen, or a package is missing
  2    bad usage, an agent that cannot be
  130  ended at once by a second SIGINT (Ctrl-C), 143 by SIGTERM

Environment:
  HEDDLE_TOKEN                       the token of its clients
  HEDDLE_STATE_KEY                   signs what clients keep for a model's provider: with the same
                                     key they go on with it after a restart. 32 characters or more
  OPENAI_API_KEY, OPENAI_BASE_URL    as for OpenAI's own client
  HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, NODE_EXTRA_CA_CERTS
                                     as for heddle run`;
