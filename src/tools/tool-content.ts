import type { ContentPart } from "../protocol/model.ts";

/** What a tool has given that is more than words: `words` say what there is, `parts` are the same with its images and files. */
export class ToolContent {
  readonly words: string;
  readonly parts: readonly ContentPart[];

  constructor(words: string, parts: readonly ContentPart[]) {
    this.words = words;
    this.parts = parts;
  }
}
