import type { ExitCode } from "./exit-code.ts";

/** The command was not written as its help says. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code = "E_USAGE";
}

/** The command cannot do what it was asked; the message is a sentence for the person who asked. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly code = "E_COMMAND";
  readonly exitCode: ExitCode;
  /** Lines below the sentence. */
  readonly details: readonly string[];

  constructor(message: string, exitCode: ExitCode, details: readonly string[] = []) {
    super(message);
    this.exitCode = exitCode;
    this.details = details;
  }
}
