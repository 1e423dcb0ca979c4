/** The beginning of `heddle chat --help`. */
export const CHAT_HEAD = `heddle chat: talks with one agent in a terminal.

Usage:
  heddle chat [options]
  heddle chat --agents agents.js --agent researcher
  heddle chat --tools heddle/tools/fs='{"roots":["."]}' --grant fs-read=. --resume chat.json
  printf 'My name is Ada.\\nWhat is my name?\\n' | heddle chat > answers.txt`;

/** Its end. */
export const CHAT_TAIL = `The answer comes as it is written, on standard output; tool calls and all else are told on standard
error. At the prompt, /help shows a few commands. Lines that are pasted at once are one prompt.

A tool that needs approval waits for you. You see its name and the exact arguments: whatever in them
could hide or deceive (control characters, escape sequences, marks of direction, zero-width
characters) is shown as \\uXXXX. Approve it, deny it with a reason for the model, edit the arguments
(in VISUAL or EDITOR, else as a line of JSON), or approve this tool always, until the command ends.
What was typed before the question was there is no answer to it.

Ctrl-C cancels the answer that comes, and what was said is kept; once more before that is done ends
at once. At an idle prompt it empties the line, or leaves. Ctrl-D leaves.

Where standard input is no terminal, each of its lines is a prompt, answered before the next is
read; calls that need approval are denied, unless --confirm allow is given.

The FILE of --resume is JSON with a version. It is replaced as a whole, never written in place.

Exit codes:
  0    left by Ctrl-D, or at the end of the input with all prompts answered
  1    a prompt from a pipe was not answered, or the conversation could not be kept
  2    bad usage, unreadable files
  130  left by Ctrl-C or SIGINT, 143 by SIGTERM

Environment: as for heddle run; heddle --help names the variables.`;
