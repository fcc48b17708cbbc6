import type { Operation } from "@heliograph/api";
import { awaitEnd, waitOf } from "../carry-out.ts";
import { command, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { exitCodes } from "../exit-code.ts";
import { isOpen, methodsOf, openSentence, showAnswers, stateCell } from "../operation-words.ts";
import { paint, showJson, showTable, type Cell } from "../output.ts";
import type { Terminal } from "../terminal.ts";
import { relativeAndClock } from "../time-words.ts";

export const operation = command({
  name: "operation",
  section: "What happens",
  summary: "Show an operation, or follow it to its end",
  arguments: [{ name: "id", help: "32 hexadecimal digits, as the commands that make operations print" }],
  flags: [
    { name: "wait", value: "seconds", help: "wait for its end, and answer as the command that made it" },
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [
    { line: "operation 3f0c2d5e8a9b4c1d9e7f6a5b4c3d2e1f", shows: "how it stands" },
    { line: "operation 3f0c2d5e8a9b4c1d9e7f6a5b4c3d2e1f --wait 60", shows: "what becomes of it" },
  ],
  async run(given, terminal) {
    const waitMs = waitOf(given);
    const client = connect(given, terminal);
    const found = await client.operations.get(given.one("id"));
    if (waitMs > 0) {
      using interruption = terminal.interruption();
      return await awaitEnd(
        { client, operation: found, waitMs, signal: interruption.signal },
        given,
        terminal,
      );
    }
    if (given.isOn("json")) {
      showJson(terminal, found);
      return exitCodes.done;
    }
    showOperation(terminal, found);
    if (!isOpen(found)) return exitCodes.done;
    const device = await client.devices.get(found.device);
    terminal.out(openSentence(found, device, terminal.now()));
    return exitCodes.done;
  },
});

function showOperation(terminal: Terminal, found: Operation): void {
  const now = terminal.now();
  const { id, device, created, expires, ended, attempts, reason } = found;
  const rows: readonly (readonly [string, Cell | undefined])[] = [
    ["device", device],
    ["RPCs", methodsOf(found)],
    ["state", stateCell(found)],
    ["why", reason],
    ["made", relativeAndClock(created, now)],
    ["expires", isOpen(found) ? relativeAndClock(expires, now) : undefined],
    ["sent", isOpen(found) ? `${attempts} times` : undefined],
    ["ended", ended === undefined ? undefined : relativeAndClock(ended, now)],
  ];
  terminal.out(paint(terminal, { text: id, tone: "strong" }));
  showTable(terminal, {
    rows: rows.flatMap(([name, cell]) =>
      cell === undefined ? [] : [["", { text: name, tone: "quiet" } as const, cell]],
    ),
  });
  showAnswers(terminal, found);
}
