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
/** `isForAll`: what was learned on the way to it holds for all requests to the model. */
export type Attempt = { readonly form: RequestForm; readonly isForAll: boolean };
type Asked = Content & { readonly isFormatChosen: boolean };

const STATUSES: ReadonlySet<unknown> = new Set([400, 404, 415, 422, 500, 501]);
const LESSONS: readonly Lesson[] = [
  {
    words: /stream_options|include_usage/i,
    without: (form) => (form.includeUsage ? { ...form, includeUsage: false } : undefined),
  },
  {
    words:
      /(reasoning(_content|_details|_text|_opaque)?|thinking_blocks|extra_content|thought[_ ]signature)\b.{0,80}(unsupported|not supported|not permitted|not allowed|extra|unexpected|unknown|unrecognized)|encrypted[_ ]content.{0,40}could not be (verified|decrypted)|extra_forbidden.{0,200}reasoning|invalid_encrypted_content/i,
    without: (form, { hasState }) =>
      hasState && form.withState ? { ...form, withState: false } : undefined,
  },
  {
    words:
      /encrypted[_ ]content.{0,40}(not supported|unsupported|not available|not allowed)|(parameter|field|value|property).{0,20}\binclude\b|['"`]include\b/i,
    without: (form) => (form.includeReasoning ? { ...form, includeReasoning: false } : undefined),
  },
  {
    words:
      /response[_ ]?format|json[_ ]?(schema|object|mode)|structured[_ ]?outputs?|text\.format|(output|response)[_ ]?(format|schema)|guided|grammar/i,
    without: (form, { hasOutput, isFormatChosen }) => {
      const format = hasOutput && !isFormatChosen ? NEXT_FORMAT[form.format] : undefined;
      return format === undefined ? undefined : { ...form, format };
    },
  },
];
const NO_USAGE = "the model server does not take stream_options: it was not asked for its usage";
const NO_STATE =
  "the model server refuses what it has sent with earlier responses (thoughts, signatures): it was left out";
/** The schema of this one output was refused, not the format of all; or the thoughts of this one conversation, made with another key. */
const THIS_ONE =
  /invalid (json )?schema|schema is (invalid|not valid)|not (permitted|supported|allowed) in .*schema|could not be (verified|decrypted)|invalid_encrypted_content/i;
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

  /** The first attempt of a request to `model`. */
  attemptFor(model: string): Attempt {
    return { form: this.formFor(model), isForAll: true };
  }

  /** The form of the next request to `model`. */
  formFor(model: string): RequestForm {
    return this.#byModel.get(model) ?? this.#first;
  }

  /** What to try after `error`; undefined where the error is about something else. */
  learn(error: HeddleError, tried: Attempt, content: Content): Attempt | undefined {
    if (!STATUSES.has(error.details["status"])) return undefined;
    const asked = { ...content, isFormatChosen: this.#isFormatChosen };
    for (const { words, without } of LESSONS) {
      const form = words.test(error.message) ? without(tried.form, asked) : undefined;
      const isForAll = tried.isForAll && !THIS_ONE.test(error.message);
      if (form !== undefined) return { form, isForAll };
    }
    return undefined;
  }

  /** The server has taken `attempt`: only now it is sure that its form was the fault. */
  remember(model: string, { form, isForAll }: Attempt): void {
    if (!isForAll || form === this.formFor(model)) return;
    if (this.#byModel.size >= MAX_MODELS) this.#byModel.clear();
    this.#byModel.set(model, form);
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
}
