import { extname, isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { hostProxies } from "../../network/proxies.ts";
import type { ToolModule } from "../../protocol/tool.ts";
import { checkTool } from "../../tools/check-tool.ts";
import { checkedMcpSource, isMcpSource } from "../../tools/mcp/check.ts";
import type { McpSource } from "../../tools/mcp/descriptor.ts";
import type { AnyTool } from "../../tools/tool.ts";
import { repeatedName } from "../../tools/toolbox.ts";
import { readableFor, resolveUserModule } from "../behaviors/user-module.ts";
import { checkFields, clonePlain, refuse } from "../check.ts";

/** A module of tools, and plain data for its function of them. */
type ModuleSource = { readonly module: URL | string; readonly options?: unknown };

/** Where tools come from. */
export type ToolSource = URL | string | ModuleSource | McpSource;

/** A worker's tools. */
export type ToolSettings = {
  readonly modules: readonly ToolModule[];
  readonly hostTools: readonly AnyTool[];
  readonly mcp: readonly McpSource[];
  /** What the worker's thread must be able to read to load the modules. */
  readonly readable: readonly string[];
};

const NO_TOOLS: ToolSettings = { modules: [], hostTools: [], mcp: [], readable: [] };
const OWN = "heddle/tools/";
const OWN_MODULES = ["fs", "shell", "http"];

export function toolSettings(
  sources: readonly ToolSource[] = [],
  hostTools: readonly AnyTool[] = [],
): ToolSettings {
  // One for all workers that have none: there may be a hundred thousand.
  if (sources.length === 0 && hostTools.length === 0) return NO_TOOLS;
  const modules = sources.filter(isModule).map(moduleOf);
  const foreign = modules.filter(({ moduleUrl }) => !moduleUrl.startsWith(ownUrl("")));
  return {
    modules,
    hostTools,
    mcp: sources.filter(isMcpSource),
    readable: [...new Set(foreign.flatMap(({ moduleUrl }) => readableFor(moduleUrl)))],
  };
}

/** @throws {HeddleError} `INVALID_OPTION` that names the field. */
export function checkToolSources(field: string, sources: readonly ToolSource[] | undefined): void {
  if (sources === undefined) return;
  if (!Array.isArray(sources)) refuse(field, "an array of modules, or of what mcp() returns");
  for (const [i, source] of sources.entries()) checkSource(`${field}[${i}]`, source);
}

/** @throws {HeddleError} `INVALID_OPTION` that names the field. */
export function checkHostTools(field: string, tools: readonly AnyTool[] | undefined): void {
  if (tools === undefined) return;
  if (!Array.isArray(tools)) refuse(field, "an array of tools, as defineTool() returns them");
  for (const [i, tool] of tools.entries()) checkTool(`${field}[${i}]`, tool);
  const twice = repeatedName(tools);
  if (twice !== undefined) refuse(field, `tools of different names; "${twice}" is there twice`);
}

function checkSource(field: string, source: unknown): void {
  if (isMcpSource(source)) {
    checkedMcpSource(field, source);
    return;
  }
  const isBare = source instanceof URL || typeof source === "string";
  if (!isBare) checkFields(field, source ?? null, ["module", "options"]);
  if (urlOf(isBare ? source : (source as ModuleSource).module) === undefined) {
    const own = OWN_MODULES.map((name) => `"${OWN}${name}"`).join(", ");
    refuse(isBare ? field : `${field}.module`, `a file: URL, an absolute path, or one of ${own}`);
  }
}

function isModule(source: ToolSource): source is Exclude<ToolSource, McpSource> {
  return !isMcpSource(source);
}

function moduleOf(source: Exclude<ToolSource, McpSource>): ToolModule {
  const isBare = source instanceof URL || typeof source === "string";
  const { module, options } = isBare ? { module: source, options: undefined } : source;
  const moduleUrl = resolveUserModule(urlOf(module) as URL);
  const plain = clonePlain("tools.options", options);
  return { moduleUrl, options: moduleUrl === ownUrl("http") ? withHostProxies(plain) : plain };
}

/** A worker's thread has an empty environment: which proxies the host has, only this module is told. */
function withHostProxies(options: unknown): unknown {
  if (typeof options !== "object" || options === null) return options;
  const { network = {} } = options as { readonly network?: unknown };
  if (typeof network !== "object" || network === null) return options;
  return { ...options, network: { env: hostProxies(process.env), ...network } };
}

/** Undefined: it names no module. */
function urlOf(module: unknown): URL | undefined {
  if (module instanceof URL) return module.protocol === "file:" ? module : undefined;
  if (typeof module !== "string") return undefined;
  if (module.startsWith(OWN)) {
    const name = module.slice(OWN.length);
    return OWN_MODULES.includes(name) ? new URL(ownUrl(name)) : undefined;
  }
  if (isAbsolute(module)) return pathToFileURL(module);
  return module.startsWith("file:") && URL.canParse(module) ? new URL(module) : undefined;
}

/** Where Heddle's own module of tools is; without a name, where all of them are. */
function ownUrl(name: string): string {
  const file = name === "" ? "" : `${name}${extname(import.meta.filename)}`;
  return new URL(`../../tools/${file}`, import.meta.url).href;
}
