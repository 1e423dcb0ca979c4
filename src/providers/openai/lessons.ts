import type { HeddleError } from "../../errors.ts";
import type { OutputFormat } from "./output-format.ts";
import { formatWarning, NEXT_FORMAT } from "./output-format.ts";

/** What a request asks for that some servers refuse. */
export type RequestForm = {
  readonly format: OutputFormat;
  /** Chat: whether the stream is to report its usage. */
  readonly includeUsage: boolean;
  /** Responses: whether thoughts are to come encrypted, so that they can go back. */
  readonly includeReasoning: boolean;
  /** Whether thoughts and signatures of earlier responses go back. */
  readonly withState: boolean;
};

type Lesson = {
  /** What the server says of it, in its error. */
  readonly words: RegExp;
  /** The form to try instead; undefined where the request did not ask for it. */
  readonly without: (form: RequestForm, asked: Asked) => RequestForm | undefined;
};
/** What of a request's form matters to it. */
export type Content = { readonly hasOutput: boolean; readonly hasState: boolean };
type Asked = Content & { readonly isFormatChosen: boolean };

const STATUSES: ReadonlySet<unknown> = new Set([400, 404, 415, 422, 501]);
const LESSONS: readonly Lesson[] = [
  {
    words: /stream_options|include_usage/i,
    without: (form) => (form.includeUsage ? { ...form, includeUsage: false } : undefined),
  },
  {
    words:
      /(reasoning(_content|_details|_text|_opaque)?|thinking_blocks|extra_content|encrypted[_ ]content|thought[_ ]signature)\b.{0,80}(unsupported|not supported|not permitted|not allowed|extra|unexpected|unknown|unrecognized|could not be (verified|decrypted))|extra_forbidden.{0,200}reasoning|invalid_encrypted_content/i,
    without: (form, { hasState }) =>
      hasState && form.withState ? { ...form, withState: false } : undefined,
  },
  {
    words:
      /encrypted[_ ]content|(parameter|field|value|property).{0,20}\binclude\b|['"`]include\b/i,
    without: (form) => (form.includeReasoning ? { ...form, includeReasoning: false } : undefined),
  },
  {
    words:
      /response[_ ]?format|json[_ ]?(schema|object|mode)|structured[_ ]?outputs?|text\.format|output[_ ]?format|guided|grammar/i,
    without: (form, { hasOutput, isFormatChosen }) => {
      const format = hasOutput && !isFormatChosen ? NEXT_FORMAT[form.format] : undefined;
      return format === undefined ? undefined : { ...form, format };
    },
  },
];
const NO_USAGE = "the model server does not take stream_options: it was not asked for its usage";
const NO_STATE =
  "the model server refuses what it has sent with earlier responses (thoughts, signatures): it was left out";
/** The schema of this one output was refused, not the format of all. */
const ONE_SCHEMA =
  /invalid (json )?schema|schema is (invalid|not valid)|not (permitted|supported|allowed) in .*schema/i;
/** A client may name any model. */
const MAX_MODELS = 1_000;

/** What the models of one server were found to refuse. It is asked for once, and not again as long as the provider lives. */
export class Lessons {
  readonly #first: RequestForm;
  readonly #isFormatChosen: boolean;
  readonly #byModel = new Map<string, RequestForm>();

  constructor(first: RequestForm, isFormatChosen: boolean) {
    this.#first = first;
    this.#isFormatChosen = isFormatChosen;
  }

  /** The form of the next request to `model`. */
  formFor(model: string): RequestForm {
    return this.#byModel.get(model) ?? this.#first;
  }

  /** The form to try after `error`; undefined where the error is about something else. */
  learn(
    error: HeddleError,
    model: string,
    form: RequestForm,
    content: Content,
  ): RequestForm | undefined {
    if (!STATUSES.has(error.details["status"])) return undefined;
    const asked = { ...content, isFormatChosen: this.#isFormatChosen };
    for (const { words, without } of LESSONS) {
      const next = words.test(error.message) ? without(form, asked) : undefined;
      if (next === undefined) continue;
      if (!ONE_SCHEMA.test(error.message)) this.#remember(model, next);
      return next;
    }
    return undefined;
  }

  /** What of `form` its reader must know. */
  warnings(form: RequestForm, { hasOutput, hasState }: Content): readonly string[] {
    const first = this.#first;
    const isNewFormat = hasOutput && form.format !== first.format;
    return [
      ...(form.includeUsage === first.includeUsage ? [] : [NO_USAGE]),
      ...(hasState && !form.withState ? [NO_STATE] : []),
      ...(isNewFormat ? [formatWarning(form.format)] : []),
    ];
  }

  #remember(model: string, form: RequestForm): void {
    if (this.#byModel.size >= MAX_MODELS) this.#byModel.clear();
    this.#byModel.set(model, form);
  }
}
