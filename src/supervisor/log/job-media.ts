import { createHash } from "node:crypto";
import type { JobEventBody } from "../../protocol/job.ts";
import type { ContentPart, ResponsePart } from "../../protocol/model.ts";

/** The bytes of an image or a file: base64. */
export type Media = { readonly mediaType: string; readonly data: string };

type Part = ContentPart | ResponsePart;

/**
 * The images and files of a job's log. An event names them by `ref`, so that readers and stores of the log do not carry their bytes.
 * What comes twice is kept once. They live as long as the log.
 */
export class JobMedia {
  /** Made when it is needed: most jobs have none. */
  #byRef: Map<string, Media> | undefined;

  get(ref: string): Media | undefined {
    return this.#byRef?.get(ref);
  }

  /** `body` as it is logged: itself, where it holds no bytes. */
  logged<B extends JobEventBody>(body: B): B {
    if (body.type === "tool-finished" && body.content?.some(isInline)) {
      return { ...body, content: body.content.map((part) => this.#keep(part)) };
    }
    if (body.type === "response" && body.response.parts?.some(isInline)) {
      const parts = body.response.parts.map((part) => this.#keep(part));
      return { ...body, response: { ...body.response, parts } };
    }
    return body;
  }

  #keep<P extends Part>(part: P): P {
    if (!isInline(part)) return part;
    const { data, mediaType, ...rest } = part;
    const ref = `sha256:${createHash("sha256").update(data).digest("hex")}`;
    this.#byRef ??= new Map();
    this.#byRef.set(ref, { mediaType, data });
    return {
      ...rest,
      ref,
      mediaType,
      sizeBytes: Buffer.byteLength(data, "base64"),
    } as unknown as P;
  }
}

function isInline(part: Part): part is Part & Media {
  return "data" in part && part.data !== undefined;
}
