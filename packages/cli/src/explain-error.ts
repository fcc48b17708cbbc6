import { ApiError, NoAnswerError } from "@heliograph/api/client";
import { SettingError } from "@heliograph/server/settings";
import { CommandError, UsageError } from "./command-error.ts";
import { exitCodes, type ExitCode } from "./exit-code.ts";

/** What is said of an error, and how the command ends with it. */
export interface Explanation {
  readonly lines: readonly string[];
  readonly exitCode: ExitCode;
}

/** Puts an error into a sentence. What it does not know is a bug, and is shown with its stack. */
export function explainError(error: unknown): Explanation {
  if (error instanceof UsageError) return { lines: [error.message], exitCode: exitCodes.refused };
  if (error instanceof SettingError) return { lines: [error.message], exitCode: exitCodes.refused };
  if (error instanceof CommandError) {
    return { lines: [error.message, ...error.details], exitCode: error.exitCode };
  }
  if (error instanceof ApiError) return explainRefusal(error);
  if (error instanceof NoAnswerError) {
    return {
      lines: [
        `the ACS cannot be reached: ${rootMessage(error)}`,
        "is it running? `heliograph serve` starts one here; --url says where another one is",
      ],
      exitCode: exitCodes.unreachable,
    };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { lines: ["failed, which is a bug", ...stack.split("\n")], exitCode: exitCodes.failed };
}

/** What lies at the bottom of an error: the sentence of whoever first saw it fail. */
export function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return rootMessage(error.cause);
  if (error instanceof AggregateError) return error.errors.map(rootMessage).join("; ");
  return error.message;
}

function explainRefusal(error: ApiError): Explanation {
  const { problem, status } = error;
  const refusal = `the ACS refused (${status}, ${problem.title}): ${error.message}`;
  if (status === 401 || status === 403) {
    return {
      lines: [refusal, "`heliograph login <url>` takes another token"],
      exitCode: exitCodes.unauthorised,
    };
  }
  const isAway = status >= 500 && error.reason !== "store-full";
  return { lines: [refusal], exitCode: isAway ? exitCodes.unreachable : exitCodes.refused };
}
