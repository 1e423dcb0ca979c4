/** The beginning of `heddle stress --help`. */
export const STRESS_HEAD = `heddle stress: runs many agents at once, breaks some of them, and checks every promise.

Usage:
  heddle stress [options]
  heddle stress --agents 500 --fault crash=0.01,cancel=0.05,stall=0.01 --json > report.json`;

/** Its end. */
export const STRESS_TAIL = `No model is asked, and no network is used: the scripted provider streams numbered chunks from a
gateway thread, each agent has a thread of its own, and readers check each chunk and each seq.
First all agents get their threads, with one small job each. Then all stream at once, their
beginnings spread over one interval between chunks.

Faults, each in the middle of an agent's stream; who has one, and where, comes from the seed:
  crash   half of them: the model's answer breaks off with an error (status 503), and the job must
          fail with PROVIDER_UNAVAILABLE. The others: the agent's thread is terminated by
          worker.terminate(), and the job must be cancelled
  cancel  job.cancel(): the job must be cancelled
  stall   the model falls silent. Half of them must fail with CHUNK_TIMEOUT, by the deadline between
          two chunks; the others are cancelled by job.cancel()

Measured:
  outcomes       by status and error code
  throughput     chunks a second over all agents, from the first beginning to the last chunk
  chunk latency  from when a chunk was due by the rate, counted from when the call came to the
                 provider, to when a reader had it; of a sample of at most a million chunks. Without
                 a rate (0) no chunk is due, and it is not measured
  first chunk    from session.run() to the first chunk with the agent's first reader
  loop delay     how late timers of the host's thread were while agents streamed
  memory         what the process (RSS) had grown by for each agent when all were ready

A promise is broken, and the exit code 1, when a job has no terminal event or two, when a seq is
missing, when its text is not the script's up to there, when its readers or wait() and outcome
disagree, when it ends in a way that its fault does not allow, or not within a generous deadline.

Ctrl-C or SIGTERM cancels all, and what was measured until then is reported; a second signal ends
at once.

Exit codes:
  0    all promises kept
  1    a promise was broken
  2    bad usage
  130  interrupted by SIGINT (Ctrl-C), 143 by SIGTERM`;
