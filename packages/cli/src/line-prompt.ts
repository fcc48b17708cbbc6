import { createInterface } from "node:readline";
import type { Interruption, Prompt, Prompting } from "./terminal.ts";

/** Lines of standard input, with a history and completion where a person types. */
export function linePrompt({ complete }: Prompting): Prompt {
  const { stdin, stderr } = process;
  const isTyped = stdin.isTTY;
  const lines = createInterface({
    input: stdin,
    output: stderr,
    terminal: isTyped,
    completer: (line: string) => {
      const [candidates, word] = complete(line);
      return [[...candidates], word];
    },
  });
  const waiting: string[] = [];
  let isClosed = false;
  let interrupted = (): void => lines.close();
  let wake = (): void => undefined;
  lines.on("line", (line) => {
    waiting.push(line);
    wake();
  });
  lines.on("SIGINT", () => interrupted());
  lines.on("close", () => {
    isClosed = true;
    wake();
  });
  return {
    async next(question, signal) {
      if (isTyped) {
        lines.setPrompt(question);
        lines.prompt();
      }
      while (waiting.length === 0 && !isClosed && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<undefined>();
        wake = () => resolve(undefined);
        signal.addEventListener("abort", wake, { once: true });
        await promise;
        signal.removeEventListener("abort", wake);
      }
      return signal.aborted ? undefined : waiting.shift();
    },

    interruption(): Interruption {
      const controller = new AbortController();
      const before = interrupted;
      interrupted = () => controller.abort();
      return { signal: controller.signal, [Symbol.dispose]: () => void (interrupted = before) };
    },

    [Symbol.dispose]: () => lines.close(),
  };
}
