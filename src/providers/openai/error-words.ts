import type { ErrorCode } from "../../protocol/error.ts";

/*
 * What servers say where they name no code. Each rule holds for the words of several; the tests name the servers.
 */

type Rule = { readonly code: ErrorCode; readonly words: readonly RegExp[] };

const CONTEXT_LENGTH: readonly RegExp[] = [
  /maximum context length|maximum model length|max(imum)? prompt length|prompt length is \d+/i,
  /context[ _](length|window|size)s?.{0,80}(exceed|limit|overflow|too (long|small))/i,
  /exceed\w*.{0,80}\bcontext([ _](length|window|size|limit))?\b/i,
  /(longer|greater|larger) than the (model'?s )?(maximum )?(context|model) length/i,
  /(prompt|input|request|conversation) (is |was )?too (long|large) (for|:|;|to)|(prompt|input) (is )?too long|too large for model with \d+/i,
  /exceed\w* (the )?model('s)? token limit|model_max_prompt_tokens_exceeded/i,
  /input (token count|tokens?|length).{0,60}(exceed|maximum|limit)/i,
  /token count.{0,40}exceeds the (limit|maximum)/i,
  /reduce the length of (the|your) (messages|prompt|input|conversation)/i,
  /too many (input )?tokens:? .{0,20}(size )?limit exceeded|shorter or fewer inputs/i,
  /range of input length should be|prompt exceeds max length|prompt 超长|输入.{0,20}(过长|超长|超过)/i,
  /`?inputs`?( tokens)? (\+ `?max_new_tokens`? )?must (be <=|have less than)/i,
  /overflows?\b.{0,80}context length|tokens to keep from the initial prompt/i,
  /total tokens of .{0,40}exceed max message tokens/i,
];

const QUOTA: readonly RegExp[] = [
  /insufficient[ _](account )?(balance|quota|credits?|funds)|(credit|account) balance is too low/i,
  /(out of|no( remaining)?|used all( available)?|exhausted.{0,20}|not enough) credits|spending limit/i,
  /(account|billing).{0,40}(overdue|in arrears|suspended|not active|past due)|arrearage/i,
  /余额不足|欠费|充值/,
];

const AUTH: readonly RegExp[] = [
  /(api|access|subscription|auth\w*)[ _-]?(key|token).{0,40}(not valid|invalid|incorrect|expired|not found|missing|required|revoked|disabled)/i,
  /(invalid|incorrect|expired|wrong|missing|no|bad|unknown) (api|access|subscription|authenti\w+)[ _-]?(key|token)/i,
  /login fail|authentication (failed|error|required)|not authenticated|unauthori[sz]ed|invalid credentials/i,
];

const NOT_FOUND: readonly RegExp[] = [
  /\bmodels?\b.{0,120}(not (be )?found|does(n't| not) exist|not exist|is not available|no longer available|has been (retired|deprecated|decommissioned))/i,
  /(unknown|no such|invalid|unsupported|not found the) model\b(?! (output|parameter))|not a valid model/i,
  /模型不存在/,
];

/** In the order in which they are asked: the more certain first. */
const RULES: readonly Rule[] = [
  { code: "PROVIDER_CONTEXT_LENGTH", words: CONTEXT_LENGTH },
  { code: "PROVIDER_QUOTA", words: QUOTA },
  { code: "PROVIDER_AUTH", words: AUTH },
  { code: "PROVIDER_NOT_FOUND", words: NOT_FOUND },
];

/** Too many of `max_tokens` is a wrong request, whatever else is said of tokens. */
const NOT_THE_PROMPT =
  /^\W*(max_tokens|max_completion_tokens|max_output_tokens)\W.{0,40}(too large|must be|at most|less than)/i;

/** What an error's words stand for, of `codes`; undefined if for none of them. */
export function codeOfWords(message: string, codes: readonly ErrorCode[]): ErrorCode | undefined {
  const isSaid = ({ code, words }: Rule): boolean =>
    codes.includes(code) && words.some((word) => word.test(message));
  const rule = RULES.find(isSaid);
  if (rule?.code === "PROVIDER_CONTEXT_LENGTH" && NOT_THE_PROMPT.test(message)) return undefined;
  return rule?.code;
}
