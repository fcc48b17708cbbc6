import type { CallOutcome, Device, Fault, JsonObject, Operation, OperationState } from "@heliograph/api";
import { connectionRequestSentence } from "./connection-request-words.ts";
import { paint, printable, showTable, type Cell, type Tone } from "./output.ts";
import { entriesOf, readValue } from "./parameter-value.ts";
import { lackLines, progressSentence } from "./refresh-words.ts";
import type { Terminal } from "./terminal.ts";
import { relativeTime } from "./time-words.ts";
import { reportLine, transferSentence } from "./transfer-words.ts";

const STATE_TONES: Readonly<Record<OperationState, Tone>> = {
  queued: "unsure",
  running: "unsure",
  transferring: "unsure",
  done: "good",
  faulted: "bad",
  expired: "bad",
  cancelled: "quiet",
  "outcome-unknown": "bad",
};

export const operationStates: readonly string[] = Object.keys(STATE_TONES);

export function isOperationState(text: string): text is OperationState {
  return Object.hasOwn(STATE_TONES, text);
}

/** Whether the operation may still change. */
export function isOpen({ state }: Operation): boolean {
  return state === "queued" || state === "running" || state === "transferring";
}

export function stateCell({ state }: Operation): Cell {
  return { text: state, tone: STATE_TONES[state] };
}

export function stateTone(state: OperationState): Tone {
  return STATE_TONES[state];
}

/** `Reboot`, or `AddObject, SetParameterValues` of a sequence. */
export function methodsOf({ rpcs }: Operation): string {
  return rpcs.map(({ method }) => method).join(", ");
}

/** Id, state, age and RPCs: an operation among others. */
export function operationRow(operation: Operation, now: number): readonly Cell[] {
  const { id, created } = operation;
  return [id, stateCell(operation), relativeTime(created, now), methodsOf(operation)];
}

/** Shows what the device answered: results on standard output, faults and other ends on standard error. */
export function showAnswers(terminal: Terminal, operation: Operation): void {
  const outcomes = outcomesOf(operation);
  for (const [index, outcome] of outcomes.entries()) {
    const method = operation.rpcs[index]?.method ?? "";
    if (operation.rpcs.length > 1) terminal.out(paint(terminal, { text: method, tone: "strong" }));
    if ("fault" in outcome) for (const line of faultLines(method, outcome.fault)) terminal.err(line);
    else showResult(terminal, method, outcome.result);
  }
  if (operation.refresh !== undefined) {
    terminal.out(progressSentence(operation.refresh));
    for (const line of lackLines(operation)) terminal.err(line);
  }
  const told = reportLine(operation);
  if (told !== undefined) terminal.out(told);
  if (!isOpen(operation) && operation.state !== "done" && operation.state !== "faulted") {
    terminal.err(endSentence(operation));
  }
}

/** What a device refused, with every parameter it names. */
export function faultLines(method: string, { code, message, data }: Fault): readonly string[] {
  const parameters = data?.SetParameterValuesFault ?? [];
  return [
    `${method}: the device faulted with ${code}: ${message}`,
    ...parameters.map(
      ({ ParameterName, FaultCode, FaultString }) => `  ${ParameterName}: ${FaultCode} ${FaultString}`,
    ),
  ].map(printable);
}

/** Why an operation has not ended. */
export function openSentence(operation: Operation, device: Device, now: number): string {
  const { state, transfer } = operation;
  if (state === "transferring") return transferSentence(transfer);
  if (state === "running") return "it was sent to the device, which has not answered yet";
  const request = connectionRequestSentence(device, now);
  if (device.reachability === "connected") return "the device is connected, and does other work first";
  return printable(`the device has not come yet; connection request: ${request}`);
}

function endSentence({ id, state, reason }: Operation): string {
  return printable(`operation ${id} ended as ${state}${reason === undefined ? "" : `: ${reason}`}`);
}

function outcomesOf({ result, fault, results }: Operation): readonly CallOutcome[] {
  if (results !== undefined) return results;
  if (result !== undefined) return [{ result }];
  return fault === undefined ? [] : [{ fault }];
}

function showResult(terminal: Terminal, method: string, result: JsonObject): void {
  const parameters = entriesOf(result["ParameterList"]);
  if (parameters.length > 0) {
    showTable(terminal, { rows: parameters.map(([path, value]) => [path, ...valueCells(readValue(value))]) });
    return;
  }
  if (method === "SetParameterValues") {
    terminal.out(result["Status"] === 1 ? "set; the device applies it later" : "set");
    return;
  }
  const isEmpty = Object.keys(result).length === 0;
  terminal.out(isEmpty ? `${method}: done` : printableJson(result));
}

function valueCells({ text, type }: ReturnType<typeof readValue>): readonly Cell[] {
  return type === undefined ? [text] : [text, { text: type, tone: "quiet" }];
}

/** JSON escapes what is below a space, not what else may steer a terminal. */
function printableJson(value: JsonObject): string {
  return JSON.stringify(value, undefined, 2).split("\n").map(printable).join("\n");
}
