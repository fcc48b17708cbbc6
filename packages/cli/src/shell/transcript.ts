import { createWriteStream } from "node:fs";
import { once } from "node:events";
import type { Terminal } from "../terminal.ts";

/** A file that has all that was said in a shell, with its times. */
export interface Transcript extends AsyncDisposable {
  readonly path: string;
  /** Says what the terminal says, and writes it down. */
  readonly terminal: Terminal;
  /** Writes down what the person said. */
  readonly note: (line: string) => void;
}

/** Only its owner reads it; one that is there is not replaced. Rejects where it cannot be written. */
export async function openTranscript(path: string, terminal: Terminal): Promise<Transcript> {
  const file = createWriteStream(path, { flags: "wx", mode: 0o600 });
  await once(file, "open");
  let isLost = false;
  file.on("error", (error) => {
    if (!isLost) terminal.err(`the transcript is not whole: ${error.message}`);
    isLost = true;
  });
  const write = (mark: string, line: string): void => {
    file.write(`${new Date(terminal.now()).toISOString()} ${mark} ${line}\n`);
  };
  return {
    path,
    note: (line) => write(">", line),
    terminal: {
      ...terminal,
      out(line) {
        write(" ", line);
        terminal.out(line);
      },
      err(line) {
        write("!", line);
        terminal.err(line);
      },
    },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => file.end(resolve));
    },
  };
}
