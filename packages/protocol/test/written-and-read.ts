import assert from "node:assert/strict";
import {
  CWMP_1_0,
  decodeEnvelope,
  defaultLimits,
  encodeAnswer,
  encodeRequest,
  type AcsAnswer,
  type AcsRequest,
  type DeviceAnswer,
  type DeviceRequest,
  type Role,
} from "../src/index.ts";

const FRAME = { id: "1", namespace: CWMP_1_0 };

/** A request is written with exactly this in its Body, and read back as the same by `reader`, who is asked. */
export function requestIs(body: string, request: DeviceRequest | AcsRequest, reader: Role): void {
  const text = encodeRequest({ ...FRAME, request });
  assert.equal(bodyOf(text), body);
  assert.deepEqual(read(text, reader), plain({ kind: "request", ...request }));
}

/** An answer is written with exactly this in its Body, and read back as the same by `reader`, who asked. */
export function answerIs(body: string, answer: DeviceAnswer | AcsAnswer, reader: Role): void {
  const text = encodeAnswer({ ...FRAME, ...answer });
  assert.equal(bodyOf(text), body);
  assert.deepEqual(read(text, reader), plain({ kind: "answer", ...answer }));
}

function bodyOf(text: string): string {
  return /<soap-env:Body>(.*)<\/soap-env:Body>/s.exec(text)?.[1] ?? "";
}

function read(text: string, role: Role): unknown {
  const envelope = decodeEnvelope(text, { role, limits: defaultLimits });
  assert.ok(envelope.ok);
  return plain(envelope.value.body);
}

/** Without prototypes, as JSON has it. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
