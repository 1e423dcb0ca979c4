import { defineTool } from "./define-tool.ts";
import { listDirectory } from "./fs/list-directory.ts";
import type { ReadArguments } from "./fs/read-file.ts";
import { readFile } from "./fs/read-file.ts";
import type { SearchArguments } from "./fs/search-files.ts";
import { searchFiles } from "./fs/search-files.ts";
import type { FsOptions, FsSettings } from "./fs/settings.ts";
import { fsSettings } from "./fs/settings.ts";
import type { WriteArguments } from "./fs/write-file.ts";
import { writeFile } from "./fs/write-file.ts";
import type { JsonSchema, Tool } from "./tool.ts";

export type { FsOptions } from "./fs/settings.ts";

/**
 * Files, for agents: `read_file`, `list_directory`, `search_files`, and with `write` also `write_file`, which needs approval.
 *
 * Nothing outside `roots` is read or written, by whatever path: `..`, symbolic links and files that are none (devices, pipes, sockets) are refused. Files are checked once
 * more when they are open, so that one which is replaced by a link meanwhile is not read. Hard links cannot be told from files. Who can write in the roots beside the
 * agent, at the very moment at which a new file is put in its place, can have it put elsewhere.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names the field.
 */
export function tools(options: FsOptions): readonly Tool<JsonSchema>[] {
  const settings = fsSettings(options);
  const reading = [readTool(settings), listTool(settings), searchTool(settings)];
  return settings.write ? [...reading, writeTool(settings)] : reading;
}

function readTool(settings: FsSettings): Tool<JsonSchema> {
  return defineTool({
    name: "read_file",
    description:
      `Reads a text file, at most ${settings.maxReadBytes} bytes of it in one call. Where there is more, the result has "next": ` +
      `call it again with the offset and unit that it gives. Of a binary file only the size is given.`,
    parameters: object(["path"], {
      path: PATH,
      offset: integer(0, "How many lines, or bytes, to skip. Default 0"),
      limit: integer(1, "How many lines, or bytes, to read. Default: as many as one call reads"),
      unit: { type: "string", enum: ["lines", "bytes"], description: 'Default "lines"' },
    }),
    idempotent: true,
    execute: (args, ctx) => readFile(settings, args as ReadArguments, ctx),
  });
}

function listTool(settings: FsSettings): Tool<JsonSchema> {
  return defineTool({
    name: "list_directory",
    description: `Lists what is in a directory, ${settings.maxResults} entries at most, by name.`,
    parameters: object([], { path: { ...PATH, description: `${PATH.description}. Default "."` } }),
    idempotent: true,
    execute: (args, ctx) => listDirectory(settings, args as { path?: string }, ctx),
  });
}

function searchTool(settings: FsSettings): Tool<JsonSchema> {
  return defineTool({
    name: "search_files",
    description:
      `Finds files below a directory by name, by a text in them, or both; ${settings.maxResults} matches at most. Symbolic links and binary files are passed by. ` +
      `With a text, each line that has it is a match; line n is at offset n - 1 of read_file.`,
    parameters: object([], {
      path: { ...PATH, description: `Where to begin. ${PATH.description}. Default "."` },
      name: {
        type: "string",
        minLength: 1,
        maxLength: 1_000,
        description:
          'A pattern: "*.ts" for names, "src/**/*.ts" for paths below where it begins. * is any characters, ? one, ** any directories',
      },
      text: { type: "string", minLength: 1, maxLength: 1_000, description: "As it is, no pattern" },
      ignoreCase: {
        type: "boolean",
        description: "Whether case of the text is ignored. Default false",
      },
    }),
    idempotent: true,
    execute: (args, ctx) => searchFiles(settings, args as SearchArguments, ctx),
  });
}

function writeTool(settings: FsSettings): Tool<JsonSchema> {
  return defineTool({
    name: "write_file",
    description: `Writes a text file, ${settings.maxWriteBytes} bytes at most, in place of what is there. Directories that lead to it are made.`,
    parameters: object(["path", "content"], {
      path: PATH,
      content: { type: "string", description: "All of the file's text" },
    }),
    needsApproval: true,
    idempotent: true,
    execute: (args, ctx) => writeFile(settings, args as WriteArguments, ctx),
  });
}

const PATH = {
  type: "string",
  minLength: 1,
  maxLength: 4_096,
  description:
    "Relative to the first of the directories that may be used, or absolute in one of them",
} as const;

function integer(minimum: number, description: string): JsonSchema {
  return { type: "integer", minimum, maximum: Number.MAX_SAFE_INTEGER, description };
}

function object(required: readonly string[], properties: JsonSchema): JsonSchema {
  return { type: "object", properties, required, additionalProperties: false };
}
