import type { SpanAttributes } from "../../ports/index.ts";
import { subjectKind } from "../subject-kind.ts";

/** Of what the bus carries, as much as spans tell: keys, ids and names of methods, and never what parameters hold. */
export function attributesOf(subject: string, message: unknown): SpanAttributes {
  const device = textIn(message, "device") ?? deviceIn(subject);
  const operations = operationsIn(message);
  const methods = operations.length === 0 ? present(methodOf(callIn(message))) : methodsIn(message);
  return {
    "messaging.system": "heliograph",
    "messaging.destination.name": subjectKind(subject),
    ...(device === undefined ? {} : { "heliograph.device": device }),
    ...(operations.length === 0 ? {} : { "heliograph.operations": operations.slice(0, MOST_TOLD) }),
    ...(methods.length === 0 ? {} : { "heliograph.methods": methods.slice(0, MOST_TOLD) }),
  };
}

/** A call on its way to a gateway, or the one that it is told to make. */
export interface KnownCall {
  readonly callId: string;
  readonly method: string;
  readonly traceparent?: string;
}

export function callIn(message: unknown): KnownCall | undefined {
  return isCalling(message) ? message.call : undefined;
}

export function isCalling(message: unknown): message is { readonly call: KnownCall } {
  return isRecord(message) && isKnownCall(message["call"]);
}

/** How a call ended, as whoever made it says. */
export interface KnownEnd {
  readonly callId: string;
  readonly failure?: string;
}

export function endIn(message: unknown): KnownEnd | undefined {
  const ended = isRecord(message) ? message["ended"] : undefined;
  const callId = textIn(ended, "callId");
  if (callId === undefined || !isRecord(ended)) return undefined;
  const failure = failureOf(ended["outcome"]);
  return { callId, ...(failure === undefined ? {} : { failure }) };
}

/** Why a call has no result, in one word; undefined where it has one. */
export function failureOf(outcome: unknown): string | undefined {
  const type = textIn(outcome, "type");
  if (type !== "answered") return type;
  const answer = isRecord(outcome) ? outcome["outcome"] : undefined;
  const fault = isRecord(answer) ? answer["fault"] : undefined;
  return isRecord(fault) ? `fault ${String(fault["code"])}` : undefined;
}

/** The operations that are asked for. */
export function operationsIn(message: unknown): readonly string[] {
  if (!isRecord(message)) return [];
  const { operations } = message;
  if (Array.isArray(operations)) return operations.flatMap((each: unknown) => operationsIn(each));
  return Array.isArray(message["rpcs"]) ? present(textIn(message, "id")) : [];
}

export function textIn(message: unknown, name: string): string | undefined {
  const value = isRecord(message) ? message[name] : undefined;
  return typeof value === "string" ? value : undefined;
}

const MOST_TOLD = 10;

function methodsIn(message: unknown): readonly string[] {
  if (!isRecord(message)) return [];
  const { operations, rpcs } = message;
  if (Array.isArray(operations)) return operations.flatMap((each: unknown) => methodsIn(each));
  return Array.isArray(rpcs) ? rpcs.flatMap((each: unknown) => present(textIn(each, "method"))) : [];
}

function methodOf(call: KnownCall | undefined): string | undefined {
  return call?.method;
}

function deviceIn(subject: string): string | undefined {
  return /[.]device[.]([^.]+)[.]/.exec(subject)?.[1];
}

function present(text: string | undefined): readonly string[] {
  return text === undefined ? [] : [text];
}

function isKnownCall(value: unknown): value is KnownCall {
  return textIn(value, "callId") !== undefined && textIn(value, "method") !== undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
