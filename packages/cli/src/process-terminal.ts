import { homedir } from "node:os";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { linePrompt } from "./line-prompt.ts";
import type { Interruption, Terminal } from "./terminal.ts";

const DEFAULT_COLUMNS = 80;
const CLEAR_LINE = "\r\u001b[K";
/** As shells count a process ended by SIGINT. */
const EXIT_INTERRUPTED = 130;

/** The terminal of this process. */
export function processTerminal(): Terminal {
  endWithReader();
  const { stdin, stdout, env } = process;
  const { say, status } = sayer();
  return {
    out: (line) => say(stdout, line),
    err: (line) => say(process.stderr, line),
    status,
    isWatched: process.stderr.isTTY,
    isColoured: stdout.isTTY && (env["NO_COLOR"] ?? "") === "",
    columns: stdout.isTTY ? stdout.columns : DEFAULT_COLUMNS,
    environment: env,
    home: homedir(),
    now: () => Date.now(),
    readInput: () => text(stdin),
    askSecret: (question) => (stdin.isTTY ? askUnseen(question) : firstLine(text(stdin))),
    prompt: linePrompt,
    interruption,
  };
}

interface Sayer {
  readonly say: (stream: NodeJS.WriteStream, line: string) => void;
  readonly status: (line: string) => void;
}

/** The status line stays the last one on the screen, until something else is said. */
function sayer(): Sayer {
  const { stderr } = process;
  let isShown = false;
  const say: Sayer["say"] = (stream, line) => {
    if (isShown) stderr.write(CLEAR_LINE);
    isShown = false;
    stream.write(`${line}\n`);
  };
  return {
    say,
    status(line) {
      if (!stderr.isTTY) {
        say(stderr, line);
        return;
      }
      stderr.write(CLEAR_LINE + line.slice(0, stderr.columns - 1));
      isShown = true;
    },
  };
}

/** Who reads the output may have enough of it, as `head` does. */
function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}

async function askUnseen(question: string): Promise<string> {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_piece, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  lines.once("SIGINT", () => {
    process.stderr.write("\n");
    process.exit(EXIT_INTERRUPTED);
  });
  try {
    return await lines.question("");
  } finally {
    lines.close();
    process.stderr.write("\n");
  }
}

async function firstLine(input: Promise<string>): Promise<string> {
  const [line = ""] = (await input).split(/\r?\n/);
  return line;
}

function interruption(): Interruption {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT_INTERRUPTED);
    controller.abort();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => void process.off("SIGINT", onSignal).off("SIGTERM", onSignal),
  };
}
