/**
 * What the built-in modules, the globals and the members of `process` can do in a thread without a permission. A new one of a new Node
 * has no place here, and fails the test until somebody has looked at it.
 *
 * - `own`: it computes, or changes and shows what is the thread's own; also what tells about the machine and the process without
 *   secrets (`node:os`, `process.pid`).
 * - `refused`: by Node's permission model, or because it is a thread; tried for real.
 * - `removed`: by `restrictThread()` or the thread's flags; tried for real.
 * - `guarded`: it gives no more than the permissions allow; tried for real.
 * - `network`: refused where Node can refuse it; else `inspect().notEnforced` has "net".
 * - `open`: it reaches beyond the thread; `inspect().notEnforced` says so.
 */
export type Reach = "own" | "refused" | "removed" | "guarded" | "network" | "open";

type Table = { readonly [reach in Reach]?: string };

const MODULES: Table = {
  own: `assert assert/strict async_hooks buffer console constants diagnostics_channel domain events os path path/posix path/win32
    perf_hooks process punycode querystring readline readline/promises repl stream stream/consumers stream/promises stream/web
    string_decoder sys test test/reporters timers timers/promises url util util/types vm zlib _stream_duplex _stream_passthrough
    _stream_readable _stream_transform _stream_wrap _stream_writable`,
  refused: "child_process cluster ffi inspector inspector/promises sea trace_events wasi",
  removed: "sqlite",
  guarded: "crypto fs fs/promises module",
  network: `dgram dns dns/promises http http2 https net tls _http_agent _http_client _http_common _http_incoming _http_outgoing
    _http_server _tls_common _tls_wrap`,
  // Flags of V8; other threads; descriptors.
  open: "v8 worker_threads tty",
};

const GLOBALS: Table = {
  own: `Object Function Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Date Promise RegExp Error
    AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError globalThis JSON Math Intl ArrayBuffer Atomics
    Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array BigUint64Array BigInt64Array Uint8ClampedArray Float16Array
    Float32Array Float64Array DataView Map BigInt Set Iterator WeakMap WeakSet Proxy Reflect FinalizationRegistry WeakRef decodeURI
    decodeURIComponent encodeURI encodeURIComponent escape unescape eval isFinite isNaN console process global Buffer
    clearImmediate setImmediate URL URLSearchParams DOMException QuotaExceededError AbortController AbortSignal Event EventTarget
    CustomEvent TextEncoder TextDecoder TransformStream TransformStreamDefaultController WritableStream
    WritableStreamDefaultController WritableStreamDefaultWriter ReadableStream ReadableStreamDefaultReader ReadableStreamBYOBReader
    ReadableStreamBYOBRequest ReadableByteStreamController ReadableStreamDefaultController ByteLengthQueuingStrategy
    CountQueuingStrategy TextEncoderStream TextDecoderStream CompressionStream DecompressionStream clearInterval clearTimeout
    setInterval setTimeout queueMicrotask structuredClone atob btoa MessageChannel MessagePort Blob File Performance
    PerformanceEntry PerformanceMark PerformanceMeasure PerformanceObserver PerformanceObserverEntryList
    PerformanceResourceTiming performance URLPattern FormData Headers Request Response MessageEvent CloseEvent ErrorEvent crypto
    Crypto CryptoKey SubtleCrypto Temporal SuppressedError DisposableStack AsyncDisposableStack SharedArrayBuffer WebAssembly
    Storage sessionStorage`,
  refused: "localStorage",
  network: "fetch WebSocket",
  // Other threads.
  open: "BroadcastChannel Navigator navigator",
};

const PROCESS: Table = {
  own: `version versions arch platform release _rawDebug moduleLoadList _events _eventsCount _maxListeners domain _exiting exitCode
    config uptime _getActiveRequests _getActiveHandles getActiveResourcesInfo reallyExit cpuUsage threadCpuUsage resourceUsage
    memoryUsage constrainedMemory availableMemory exit ref unref finalization hrtime openStdin getuid geteuid getgid getegid
    getgroups allowedNodeEnvironmentFlags features _fatalException setUncaughtExceptionCaptureCallback
    addUncaughtExceptionCaptureCallback hasUncaughtExceptionCaptureCallback emitWarning nextTick _tickCallback sourceMapsEnabled
    setSourceMapsEnabled getBuiltinModule stdout stdin stderr cwd env title argv execArgv pid ppid execPath debugPort argv0
    _preload_modules permission _eval constructor emit mainModule`,
  refused: `binding _linkedBinding dlopen execve loadEnvFile abort umask chdir setuid initgroups setgroups setegid seteuid setgid`,
  removed: "report kill _kill _debugProcess _debugEnd",
};

export const TABLES: { readonly [place: string]: Table } = {
  modules: MODULES,
  globals: GLOBALS,
  process: PROCESS,
};

/** The names that the table of a place gives that reach; without one, all of its names. */
export function namesOf(place: string, reach?: Reach): readonly string[] {
  const table = TABLES[place] ?? {};
  const lists = reach === undefined ? Object.values(table) : [table[reach] ?? ""];
  return lists.flatMap((list) => list.split(/\s+/)).filter((name) => name !== "");
}
